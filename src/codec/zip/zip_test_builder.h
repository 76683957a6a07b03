// A ZIP writer for tests that can lie in every field. Tests and fuzz seeds only.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "codec/decompress/crc32.h"

namespace saiph::codec::testing {

inline void put(Bytes& out, std::uint64_t value, int bytes) {
  for (int i = 0; i < bytes; ++i) out.push_back(static_cast<std::uint8_t>(value >> (8 * i)));
}
inline void put(Bytes& out, std::string_view text) {
  for (const char c : text) out.push_back(static_cast<std::uint8_t>(c));
}

/// One member; the optional fields override what the local header (or the directory) says.
struct Member {
  std::string name{};
  std::string data{};  ///< as stored
  std::uint16_t method = 0;
  std::optional<std::uint32_t> size{};
  std::optional<std::string> local_name{};
  std::optional<std::uint16_t> local_method{};
  std::uint16_t flags = 0;
  std::optional<std::uint16_t> local_flags{};
  std::optional<std::uint32_t> crc{};
  std::optional<std::uint32_t> local_crc{};
  std::optional<std::uint32_t> local_size{};
  std::optional<std::uint32_t> header_offset{};
  std::string local_extra{};
  std::string extra{};
  std::string descriptor{};  ///< bytes after the data
  std::string gap_before{};  ///< bytes before the local header
  bool in_directory = true;
  bool in_file = true;
  std::uint32_t external = 0;
};

struct Archive {
  std::string prefix{};
  std::vector<Member> members{};
  std::string comment{};
  std::string suffix{};
  bool end_record = true;
  std::optional<std::uint16_t> count{};
  std::int64_t offset_error = 0;
};

inline Bytes build(const Archive& archive) {
  Bytes out;
  put(out, archive.prefix);
  std::vector<std::uint32_t> offsets;
  for (const Member& m : archive.members) {
    put(out, m.gap_before);
    offsets.push_back(static_cast<std::uint32_t>(out.size()));
    if (!m.in_file) continue;
    const std::uint32_t crc = m.crc.value_or(crc32(as_bytes(m.data)));
    const auto size = static_cast<std::uint32_t>(m.data.size());
    const std::string& name = m.local_name ? *m.local_name : m.name;
    put(out, "PK\x03\x04");
    put(out, 20, 2);
    put(out, m.local_flags.value_or(m.flags), 2);
    put(out, m.local_method.value_or(m.method), 2);
    put(out, 0, 4);
    put(out, m.local_crc.value_or(crc), 4);
    put(out, m.local_size.value_or(size), 4);
    put(out, m.local_size.value_or(m.size.value_or(size)), 4);
    put(out, name.size(), 2);
    put(out, m.local_extra.size(), 2);
    put(out, name);
    put(out, m.local_extra);
    put(out, m.data);
    put(out, m.descriptor);
  }
  const std::size_t directory = out.size();
  std::uint16_t count = 0;
  for (std::size_t i = 0; i < archive.members.size(); ++i) {
    const Member& m = archive.members[i];
    if (!m.in_directory) continue;
    ++count;
    const auto size = static_cast<std::uint32_t>(m.data.size());
    put(out, "PK\x01\x02");
    put(out, 0x0314, 2);
    put(out, 20, 2);
    put(out, m.flags, 2);
    put(out, m.method, 2);
    put(out, 0, 4);
    put(out, m.crc.value_or(crc32(as_bytes(m.data))), 4);
    put(out, size, 4);
    put(out, m.size.value_or(size), 4);
    put(out, m.name.size(), 2);
    put(out, m.extra.size(), 2);
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, 0, 2);
    put(out, m.external, 4);
    put(out, m.header_offset.value_or(offsets[i]), 4);
    put(out, m.name);
    put(out, m.extra);
  }
  const std::size_t end = out.size();
  if (archive.end_record) {
    put(out, "PK\x05\x06");
    put(out, 0, 4);
    put(out, archive.count.value_or(count), 2);
    put(out, archive.count.value_or(count), 2);
    put(out, end - directory, 4);
    put(out,
        static_cast<std::uint64_t>(static_cast<std::int64_t>(directory) + archive.offset_error), 4);
    put(out, archive.comment.size(), 2);
    put(out, archive.comment);
  }
  put(out, archive.suffix);
  return out;
}

}  // namespace saiph::codec::testing
