// Reading a page of rows; only control's sources include this.
#pragma once

#include <cstdint>
#include <string_view>
#include <utility>

#include "control/page.h"
#include "store/database.h"

namespace saiph::control {

/// Binds a page of a list that goes by (created, id), newest first: ?1 and ?2 are the place to go
/// on from, ?3 is how many rows read_page() may want to see.
inline void bind_newest_first(store::Statement& select, const std::optional<Cursor>& cursor,
                              const PageRequest& page) {
  select.bind(1, cursor ? cursor->number : INT64_MAX);
  select.bind(2, cursor ? cursor->text : std::string());
  select.bind(3, static_cast<std::int64_t>(page.limit) + 1);
}

/// The rows of `select`, which gives one more than the page holds where more follow. `read` makes
/// an item of the present row (a Result), `place` says where its next page would begin (a Cursor).
template <typename Item, typename Read, typename Place>
Result<Page<Item>> read_page(store::Statement& select, std::size_t limit, std::string_view list,
                             const Read& read, const Place& place) {
  Page<Item> found;
  Cursor last;
  while (true) {
    SAIPH_TRY(const bool row, select.step());
    if (!row) break;
    if (found.items.size() == limit) {
      found.next = last.encode(list);
      break;
    }
    SAIPH_TRY(Item item, read(select));
    last = place(item);
    found.items.push_back(std::move(item));
  }
  return found;
}

/// The same of a list that goes by (created, id).
template <typename Item, typename Read>
Result<Page<Item>> read_newest_first(store::Statement& select, std::size_t limit,
                                     std::string_view list, const Read& read) {
  return read_page<Item>(select, limit, list, read,
                         [](const Item& item) { return Cursor{item.created, item.id}; });
}

}  // namespace saiph::control
