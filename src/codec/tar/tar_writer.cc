#include "codec/tar/tar_writer.h"

#include <algorithm>
#include <array>
#include <vector>

namespace saiph::codec {

namespace {

constexpr std::size_t kBlock = 512;
constexpr std::size_t kPiece = 64U << 10;
constexpr std::size_t kNameBytes = 100;
constexpr std::size_t kMaxName = 4096;
/// Eleven octal digits; larger sizes stand in a pax header.
constexpr std::uint64_t kMaxOctalSize = (std::uint64_t{1} << 33) - 1;

bool is_good_name(std::string_view name) {
  if (name.empty() || name.size() > kMaxName || name.front() == '/') return false;
  if (name.find('\0') != std::string_view::npos) return false;
  for (std::size_t begin = 0; begin <= name.size();) {
    const std::size_t end = std::min(name.find('/', begin), name.size());
    if (name.substr(begin, end - begin) == "..") return false;
    begin = end + 1;
  }
  return true;
}

void put(std::string& block, std::size_t offset, std::string_view text) {
  block.replace(offset, text.size(), text);
}

/// `digits` octal digits and a NUL.
void put_octal(std::string& block, std::size_t offset, std::size_t digits, std::uint64_t value) {
  for (std::size_t i = digits; i-- > 0; value >>= 3U) {
    block[offset + i] = static_cast<char>('0' + (value & 7U));
  }
}

/// "LENGTH key=value\n", where LENGTH counts itself too.
std::string pax_record(std::string_view key, std::string_view value) {
  const std::size_t rest = key.size() + value.size() + 3;  // space, '=', line end
  std::size_t length = rest + std::to_string(rest).size();
  length = rest + std::to_string(length).size();
  return std::to_string(length) + " " + std::string(key) + "=" + std::string(value) + "\n";
}

}  // namespace

Status TarWriter::header(std::string_view name, std::uint64_t size, std::int64_t unix_seconds,
                         char type) {
  std::string block(kBlock, '\0');
  put(block, 0, name.substr(0, kNameBytes));
  put_octal(block, 100, 7, 0644);
  put_octal(block, 108, 7, 0);
  put_octal(block, 116, 7, 0);
  put_octal(block, 124, 11, std::min(size, kMaxOctalSize));
  put_octal(block, 136, 11, static_cast<std::uint64_t>(std::max<std::int64_t>(unix_seconds, 0)));
  put(block, 148, "        ");
  block[156] = type;
  put(block, 257, std::string_view("ustar\00000", 8));
  put_octal(block, 329, 7, 0);
  put_octal(block, 337, 7, 0);
  std::uint64_t sum = 0;
  for (const char c : block) sum += static_cast<unsigned char>(c);
  put_octal(block, 148, 6, sum);
  block[154] = '\0';
  return write_(block);
}

Status TarWriter::pad(std::uint64_t size) {
  const auto rest = static_cast<std::size_t>(size % kBlock);
  return rest == 0 ? Status() : write_(std::string(kBlock - rest, '\0'));
}

Status TarWriter::file(std::string_view name, const ByteSource& content,
                       std::int64_t unix_seconds) {
  if (!is_good_name(name)) {
    return Error(ErrorCode::kInvalidArgument, "no name for a file of an archive");
  }
  const std::uint64_t size = content.size();
  std::string pax;
  if (name.size() > kNameBytes) pax += pax_record("path", name);
  if (size > kMaxOctalSize) pax += pax_record("size", std::to_string(size));
  if (!pax.empty()) {
    SAIPH_CHECK(header("pax", pax.size(), unix_seconds, 'x'));
    SAIPH_CHECK(write_(pax));
    SAIPH_CHECK(pad(pax.size()));
  }
  SAIPH_CHECK(header(name, size, unix_seconds, '0'));
  Bytes piece(static_cast<std::size_t>(std::min<std::uint64_t>(size, kPiece)));
  for (std::uint64_t done = 0; done < size;) {
    const auto want = static_cast<std::size_t>(std::min<std::uint64_t>(size - done, kPiece));
    SAIPH_TRY(const std::size_t got, content.read_at(done, MutableByteView(piece).first(want)));
    if (got != want) return Error(ErrorCode::kUnavailable, "the file got shorter");
    SAIPH_CHECK(write_(as_text(ByteView(piece).first(want))));
    done += want;
  }
  return pad(size);
}

Status TarWriter::finish() {
  return write_(std::string(2 * kBlock, '\0'));
}

}  // namespace saiph::codec
