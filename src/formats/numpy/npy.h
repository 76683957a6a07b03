// NumPy's .npy format, versions 1.0 to 3.0 (NumPy Enhancement Proposal 1): header only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/byte_source.h"
#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

struct NpyHeader {
  std::uint8_t major = 0;
  std::uint8_t minor = 0;
  std::string text;  ///< the Python literal, as stored
  std::vector<std::uint64_t> shape;
  bool fortran_order = false;
  bool has_objects = false;  ///< the data is a pickle
  std::uint64_t item_bytes = 0;
  std::uint64_t data_offset = 0;
  std::uint64_t data_bytes = 0;  ///< shape times item_bytes; 0 for objects
};

/// Outcome of a parse: not this format, malformed (what was read so far stays), or parsed.
struct NpyOutcome {
  enum class Kind : std::uint8_t { kNotThisFormat, kMalformed, kParsed };
  Kind kind = Kind::kNotThisFormat;
  NpyHeader header;
  /// Of kMalformed: kMalformed, kLimit or kUnavailable with offset and reason.
  std::optional<Error> error;
  /// The header is no literal of the three known keys: an evaluating reader could run it.
  bool not_literal = false;
};

/// Reads the header that begins at `offset`. Never evaluates it: the literal has its own small
/// grammar. Cost: one read of the header (at most 1 MiB).
NpyOutcome parse_npy(const ByteSource& source, std::uint64_t offset, Budget& budget);

/// The bytes of one item of a dtype string ("<f8", "|O"), and whether it is an object. Nothing for
/// any other text.
struct NpyItem {
  std::uint64_t bytes = 0;
  bool object = false;
};
std::optional<NpyItem> parse_npy_item(std::string_view dtype);

}  // namespace saiph::formats
