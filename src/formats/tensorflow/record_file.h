// TFRecord files: records with checksummed lengths.
#pragma once

#include <cstdint>
#include <optional>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// True when the first length of the file carries its own checksum: no other format does by chance.
bool probe_record_file(ByteView head);

/// Follows the records from length to length, checking each length's CRC-32C; their data is not
/// read. Answers the number of records. Errors: kMalformed ("truncated ..." or a wrong checksum)
/// with offset, kLimit (budget), kUnavailable. One thread at a time. Cost: one small read a record.
/// Source: tensorflow/core/lib/io/record_writer.h ("Format of a single record").
Result<std::uint64_t> walk_records(const ByteSource& source, Budget& budget);

}  // namespace saiph::formats
