// Statements: any bytes give a value or an error; a value is written and read back the same. The
// bytes are also tried as a predicate: nothing may break out of its place.
#include <cstdint>
#include <cstdlib>

#include "ledger/format/statement.h"

namespace {

void round_trip(const saiph::ledger::Statement& statement) {
  using namespace saiph;
  const auto text = ledger::encode_statement(statement);
  if (!text) {
    if (text.error().code() == ErrorCode::kLimit) return;
    std::abort();
  }
  const auto again = ledger::decode_statement(as_bytes(*text));
  if (!again || *again != statement) std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const ByteView bytes(data, size);
  if (const auto statement = ledger::decode_statement(bytes)) round_trip(*statement);
  ledger::Statement own;
  own.subjects.push_back(ledger::Subject::of("name", Digest()));
  own.predicate_type = "urn:x";
  own.predicate = as_text(bytes);
  if (const auto text = ledger::encode_statement(own)) {
    const auto again = ledger::decode_statement(as_bytes(*text));
    if (!again || again->predicate_type != "urn:x" || again->subjects != own.subjects ||
        own.predicate.find(again->predicate) == std::string::npos) {
      std::abort();
    }
  }
  return 0;
}
