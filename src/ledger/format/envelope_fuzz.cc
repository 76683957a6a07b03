// Envelopes: any bytes give a value or an error; a value is written and read back the same.
#include <cstdint>
#include <cstdlib>

#include "ledger/format/envelope.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  const auto envelope = ledger::decode_envelope(ByteView(data, size));
  if (!envelope) return 0;
  const auto text = ledger::encode_envelope(*envelope);
  // Ours may be longer: an absent keyid is written, and some characters are escaped.
  if (!text) return text.error().code() == ErrorCode::kLimit ? 0 : (std::abort(), 0);
  const auto again = ledger::decode_envelope(as_bytes(*text));
  if (!again || *again != *envelope) std::abort();
  return 0;
}
