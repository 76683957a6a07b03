// Segments as an attacker may hand them over in a copy: header, records, commits.
#include <algorithm>
#include <cstdlib>

#include "ledger/storage/segment.h"

using namespace saiph;          // NOLINT(google-build-using-namespace)
using namespace saiph::ledger;  // NOLINT(google-build-using-namespace)

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  if (const auto header = parse_segment_header(bytes)) {
    const Bytes again = encode_segment_header(*header);
    if (!std::equal(again.begin(), again.end(), data)) std::abort();
  }
  if (const auto commit = parse_commit(bytes)) {
    const Bytes again = encode_commit(*commit);
    if (!std::equal(again.begin(), again.end(), data, data + size)) std::abort();
  }
  // Records of the fuzzer's own, made whole so that what is behind the check value is reached too.
  Bytes made;
  append_record(made, RecordType::kEntry, bytes.first(std::min<std::size_t>(size, 100)));
  made.insert(made.end(), data, data + size);
  append_record(made, RecordType::kCommit, bytes);
  for (const ByteView input : {bytes, ByteView(made)}) {
    const ViewSource source(input);
    RecordReader reader(source, 0);
    std::uint64_t last = 0;
    bool first = true;
    while (true) {
      Record record;
      const auto outcome = reader.next(record);
      if (!outcome) std::abort();
      if (*outcome == ReadOutcome::kRecord) {
        if (!first && record.offset <= last) std::abort();
        last = record.offset;
        first = false;
        if (record.type == RecordType::kCommit)
          static_cast<void>(parse_commit(record.payload).has_value());
        continue;
      }
      const auto more = reader.find_next();
      if (!more) std::abort();
      if (!*more) break;
    }
  }
  return 0;
}
