// Walks any bytes as protobuf, entering whatever the input's first byte says, and checks that the
// walker never yields a range outside the message that holds it.
#include <cstddef>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "codec/protobuf/wire_walker.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace saiph;
  if (size == 0) return 0;
  const std::uint32_t mask = data[0];
  const ViewSource source(ByteView(data + 1, size - 1));
  Budget budget(Limits::strict());
  codec::WireWalker walker(source, budget);
  codec::WireField field;
  while (true) {
    const auto step = walker.next(field);
    if (step == codec::WireWalker::Step::kFailed) break;
    if (step == codec::WireWalker::Step::kEnd) {
      if (walker.depth() == 0 && walker.remaining() == 0) break;
      continue;
    }
    if (field.type == codec::WireType::kBytes) {
      if (field.payload + field.length > source.size()) std::abort();
      if (walker.text(64).size() > field.length) std::abort();
      std::uint64_t value = 0;
      if ((field.number & 7U) == 5 && walker.packed_varint(value)) continue;
      if (((mask >> (field.number & 7U)) & 1U) != 0 && !walker.enter()) break;
    }
  }
  return 0;
}
