// Pages of a list: a piece at a time, steady while rows are added and removed.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace saiph::control {

inline constexpr std::size_t kMaxPageItems = 200;
inline constexpr std::size_t kDefaultPageItems = 50;

/// `cursor` is empty for the first page, else the `next` of the page before, with the same filters.
/// A list walked to its end gives every row that stood in it throughout exactly once.
struct PageRequest {
  std::size_t limit = kDefaultPageItems;  ///< 1 to kMaxPageItems, else kInvalidArgument
  std::string cursor = {};
};

template <typename T>
struct Page {
  std::vector<T> items;
  std::string next;  ///< empty: that was the last page
};

/// Where a page begins: the sort key of the last row before it. `list` names the list and its
/// filters, so that a cursor of another one is refused. Text form: base64url, no padding.
struct Cursor {
  std::int64_t number = 0;  ///< first sort key (a time or an index)
  std::string text;         ///< second sort key (an id), or empty

  std::string encode(std::string_view list) const;
  /// Errors: kInvalidArgument unless `encode(list)` made it. Any thread.
  static Result<Cursor> decode(std::string_view text, std::string_view list);
};

/// The cursor of a request, nothing for the first page. Errors: kInvalidArgument (limit, cursor).
Result<std::optional<Cursor>> open_page(const PageRequest& request, std::string_view list);

}  // namespace saiph::control
