#include "control/page.h"

#include <algorithm>
#include <charconv>

#include "codec/base64/base64.h"
#include "crypto/sha256.h"

namespace saiph::control {

namespace {

/// Enough to tell lists apart; a cursor is no secret and grants nothing.
constexpr std::size_t kListBytes = 6;
constexpr std::size_t kMaxCursorCharacters = 512;

std::string name_of_list(std::string_view list) {
  crypto::Sha256 hash;
  hash.update(as_bytes(list));
  const Digest digest = hash.finish();
  return std::string(as_text(ByteView(digest.bytes).first(kListBytes)));
}

}  // namespace

std::string Cursor::encode(std::string_view list) const {
  return codec::encode_base64_url(
      as_bytes(name_of_list(list) + std::to_string(number) + ":" + text));
}

Result<Cursor> Cursor::decode(std::string_view text, std::string_view list) {
  const Error wrong(ErrorCode::kInvalidArgument, "the cursor is not one of this list");
  if (text.size() > kMaxCursorCharacters) return wrong;
  const auto bytes = codec::decode_base64_url_exact(text);
  if (!bytes) return wrong;
  std::string_view rest = as_text(*bytes);
  if (!rest.starts_with(name_of_list(list))) return wrong;
  rest.remove_prefix(kListBytes);
  const std::size_t colon = rest.find(':');
  if (colon == std::string_view::npos) return wrong;
  Cursor cursor;
  const std::string_view number = rest.substr(0, colon);
  const auto parsed = std::from_chars(number.begin(), number.end(), cursor.number);
  if (parsed.ec != std::errc() || parsed.ptr != number.end()) return wrong;
  cursor.text = rest.substr(colon + 1);
  if (cursor.encode(list) != text) return wrong;
  return cursor;
}

Result<std::optional<Cursor>> open_page(const PageRequest& request, std::string_view list) {
  if (request.limit == 0 || request.limit > kMaxPageItems) {
    return Error(ErrorCode::kInvalidArgument, "a page has 1 to 200 items");
  }
  if (request.cursor.empty()) return std::optional<Cursor>();
  SAIPH_TRY(Cursor cursor, Cursor::decode(request.cursor, list));
  return std::optional<Cursor>(std::move(cursor));
}

}  // namespace saiph::control
