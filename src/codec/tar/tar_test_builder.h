// A tar writer for tests. Tests only.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/bytes.h"

namespace saiph::codec::testing {

struct TarMember {
  std::string name;
  std::string data{};
  char type = '0';
  std::string link{};
  std::string magic = std::string("ustar\00000", 8);
  std::string size_field{};  ///< overrides the 12 bytes of the size
  bool bad_checksum = false;
};

inline void put_field(std::string& block, std::size_t at, std::string_view text) {
  block.replace(at, text.size(), text);
}

inline std::string octal(std::uint64_t value, int digits) {
  std::string text(static_cast<std::size_t>(digits), '0');
  for (auto it = text.rbegin(); it != text.rend(); ++it, value >>= 3)
    *it = static_cast<char>('0' + (value & 7));
  return text;
}

inline std::string tar_member(const TarMember& m) {
  std::string block(512, '\0');
  put_field(block, 0, std::string_view(m.name).substr(0, 100));
  put_field(block, 100, "0000644");
  put_field(block, 108, "0000000");
  put_field(block, 116, "0000000");
  put_field(block, 124, m.size_field.empty() ? octal(m.data.size(), 11) : m.size_field);
  put_field(block, 136, "00000000000");
  put_field(block, 148, "        ");
  block[156] = m.type;
  put_field(block, 157, m.link);
  put_field(block, 257, m.magic);
  std::uint64_t sum = m.bad_checksum ? 1 : 0;
  for (const char c : block) sum += static_cast<std::uint8_t>(c);
  put_field(block, 148, octal(sum, 6) + std::string("\0 ", 2));
  block += m.data;
  block.resize((block.size() + 511) / 512 * 512, '\0');
  return block;
}

inline std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t body = key.size() + value.size() + 3;
  std::size_t length = body + 1;
  while (std::to_string(length).size() + body != length) ++length;
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

inline std::string tar_end() {
  return std::string(1024, '\0');
}

inline Bytes to_bytes(std::string_view text) {
  return Bytes(text.begin(), text.end());
}

}  // namespace saiph::codec::testing
