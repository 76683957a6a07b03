// The part of PythonEvaluator that knows what lists, tuples and mappings hold.
#include <algorithm>
#include <array>
#include <utility>

#include "base/text.h"
#include "formats/python/python_evaluator.h"

namespace saiph::formats {

namespace {

using Kind = PythonValueKind;

constexpr std::size_t kMaxColumns = 8;
constexpr std::size_t kMaxPatternDepth = 16;
// A named list or mapping of more items is not copied when one of them is assigned.
constexpr std::size_t kMaxChangedItems = 64;

constexpr auto kMappingMethods = std::to_array<std::string_view>(
    {"__getitem__", "copy", "get", "items", "keys", "pop", "setdefault", "values"});
constexpr auto kListMethods = std::to_array<std::string_view>({"__getitem__", "copy", "pop"});
constexpr auto kMutators = std::to_array<std::string_view>(
    {"__setitem__", "append", "clear", "extend", "insert", "pop", "popitem", "remove", "reverse",
     "setdefault", "sort", "update"});

bool same_constant(const PythonValue& a, const PythonValue& b) {
  return a.kind == b.kind && a.is_constant() &&
         (a.is(Kind::kNumber) ? a.number == b.number : a.text() == b.text());
}

bool opens(const PythonToken& token) {
  return token.op("(") || token.op("[");
}
bool closes(const PythonToken& token) {
  return token.op(")") || token.op("]");
}

// Brackets around a whole target say nothing, but for [f] = ..., which takes one item.
std::span<const PythonToken> without_brackets(std::span<const PythonToken> target,
                                              bool& is_sequence) {
  while (target.size() >= 2 && opens(target.front()) && closes(target.back())) {
    std::size_t depth = 0;
    for (std::size_t i = 0; i + 1 < target.size(); ++i) {
      if (opens(target[i])) ++depth;
      if (!closes(target[i]) || depth == 0) continue;
      --depth;
      if (depth == 0) return target;
    }
    is_sequence |= target.front().op("[");
    target = target.subspan(1, target.size() - 2);
    if (is_sequence) break;
  }
  return target;
}

// One value that stands for several: a name that matters first, else the texts one below the other.
class Summary {
 public:
  explicit Summary(const PythonHandler& handler) : handler_(handler) {}

  void add(const PythonValue& item) {
    origins_ |= item.origins;
    const int rank = rank_of(item);
    if (rank > rank_) {
      best_ = item;
      rank_ = rank;
    }
    if (item.is(Kind::kText) && text_.size() + item.text().size() < 4096)
      text_.append(item.text()).push_back('\n');
  }

  PythonValue value(PythonOrigins origins) && {
    if (rank_ > 0) return std::move(best_);
    if (text_.empty()) return PythonValue::unknown(origins | origins_);
    return PythonValue::of_text(std::move(text_), false, origins);
  }

 private:
  int rank_of(const PythonValue& item) const {
    if (item.is(Kind::kPath)) return handler_.is_notable(item.text()) ? 4 : 3;
    if (item.is(Kind::kFunction) || item.is(Kind::kClass)) return 2;
    return item.is(Kind::kList) ? 1 : 0;
  }

  const PythonHandler& handler_;
  PythonValue best_;
  int rank_ = 0;
  PythonOrigins origins_ = 0;
  std::string text_;
};

}  // namespace

bool PythonEvaluator::may_scan(std::size_t items) {
  if (items > scan_left_) {
    scan_overflowed_ = true;
    return false;
  }
  scan_left_ -= items;
  return true;
}

PythonValue PythonEvaluator::new_list(std::vector<PythonValue> items, PythonOrigins origins) {
  if (items.size() > items_left_) return PythonValue::unknown(origins);
  items_left_ -= items.size();
  return PythonValue::of_list(std::move(items), origins);
}

PythonValue PythonEvaluator::item_of(const PythonValue& values) {
  if (!values.is(Kind::kList) || values.items_ptr->empty() || !may_scan(values.items_ptr->size()))
    return PythonValue::unknown(values.origins);
  const std::vector<PythonValue>& items = *values.items_ptr;
  const std::size_t step = values.is_mapping ? 2 : 1;
  std::size_t columns = 0;
  for (std::size_t i = 0; i < items.size(); i += step) {
    if (!items[i].is(Kind::kList) || items[i].is_mapping) {
      columns = 0;
      break;
    }
    columns = std::max(columns, std::min(items[i].items_ptr->size(), kMaxColumns));
  }
  if (columns == 0) {
    Summary summary(*handler_);
    for (std::size_t i = 0; i < items.size(); i += step) summary.add(items[i]);
    return std::move(summary).value(values.origins);
  }
  // Rows: each column has its own summary, so that (name, function) pairs stay apart.
  if (!may_scan(items.size() * columns)) return PythonValue::unknown(values.origins);
  std::vector<PythonValue> row;
  for (std::size_t column = 0; column < columns; ++column) {
    Summary summary(*handler_);
    for (const PythonValue& item : items) {
      if (item.is(Kind::kList) && column < item.items_ptr->size())
        summary.add((*item.items_ptr)[column]);
    }
    row.push_back(std::move(summary).value(values.origins));
  }
  return new_list(std::move(row), values.origins);
}

PythonValue PythonEvaluator::notable_of(const PythonValue& values, PythonOrigins origins) {
  origins |= values.origins;
  if (!values.is(Kind::kList) || !may_scan(values.items_ptr->size()))
    return PythonValue::unknown(origins);
  for (const PythonValue& item : *values.items_ptr) {
    if (item.is(Kind::kPath) && handler_->is_notable(item.text())) return item;
  }
  return PythonValue::unknown(origins);
}

PythonValue PythonEvaluator::item_at(const PythonValue& base, const PythonValue& index) {
  const auto origins = static_cast<PythonOrigins>(base.origins | index.origins);
  if (!base.is_mapping) {
    if (index.is(Kind::kNumber)) return folder_.subscript(base, index, false);
    return notable_of(base, origins);
  }
  if (!index.is_constant()) return notable_of(base, origins);
  const std::vector<PythonValue>& items = *base.items_ptr;
  if (!may_scan(items.size())) return PythonValue::unknown(origins);
  // The last one wins; behind a key that is not known, nothing is.
  for (std::size_t i = items.size() / 2; i-- > 0;) {
    if (!items[2 * i].is_constant()) return notable_of(base, origins);
    if (!same_constant(items[2 * i], index)) continue;
    PythonValue value = items[2 * i + 1];
    value.origins |= origins;
    return value;
  }
  return PythonValue::unknown(origins);
}

std::vector<PythonBinding> PythonEvaluator::destructure(std::span<const PythonToken> target,
                                                        const PythonValue& value) {
  std::vector<PythonBinding> bindings;
  bool is_sequence = false;
  target = without_brackets(target, is_sequence);
  std::size_t depth = 0;
  for (const PythonToken& token : target) {
    if (opens(token)) ++depth;
    if (closes(token) && depth > 0) --depth;
    is_sequence |= depth == 0 && token.op(",");
  }
  if (!is_sequence) {
    for (const PythonToken& token : target) {
      if (token.kind == PythonTokenKind::kName)
        bindings.push_back({token.text, target.size() == 1 ? value : PythonValue::unknown()});
    }
    return bindings;
  }
  struct Level {
    PythonValue value;
    std::size_t index = 0;
    bool starred = false;
  };
  std::vector<Level> levels{{value, 0, false}};
  std::size_t ignored = 0;
  const auto current = [&]() -> PythonValue {
    const Level& level = levels.back();
    if (ignored > 0 || !level.value.is(Kind::kList) || level.value.is_mapping)
      return PythonValue::unknown(level.value.origins);
    if (level.starred) return notable_of(level.value, 0);
    if (level.index >= level.value.items_ptr->size())
      return PythonValue::unknown(level.value.origins);
    return (*level.value.items_ptr)[level.index];
  };
  bool star = false;
  for (const PythonToken& token : target) {
    if (opens(token)) {
      if (levels.size() < kMaxPatternDepth) {
        levels.push_back({current(), 0, false});
      } else {
        ++ignored;
      }
    } else if (closes(token)) {
      if (ignored > 0) {
        --ignored;
      } else if (levels.size() > 1) {
        levels.pop_back();
      }
    } else if (token.op(",")) {
      ++levels.back().index;
    } else if (token.op("*")) {
      star = true;
    } else if (token.kind == PythonTokenKind::kName) {
      if (star) levels.back().starred = true;
      // A starred name has some of the items: which, matters little.
      bindings.push_back({token.text, star ? levels.back().value : current()});
      star = false;
    }
  }
  return bindings;
}

bool PythonEvaluator::has_method(const PythonValue& list, std::string_view name) {
  return list.is_mapping ? one_of(kMappingMethods, name) : one_of(kListMethods, name);
}

PythonValue PythonEvaluator::list_method(const PythonValue& bound,
                                         const std::vector<PythonArgument>& arguments) {
  PythonValue list = bound;
  list.kind = Kind::kList;
  list.name_ptr.reset();
  const std::string_view name = bound.name();
  const std::vector<PythonValue>& items = *list.items_ptr;
  if (name == "copy") return list;
  if (name == "items" || name == "keys" || name == "values") {
    if (!may_scan(items.size())) return PythonValue::unknown(list.origins);
    std::vector<PythonValue> out;
    for (std::size_t i = 0; i + 1 < items.size(); i += 2) {
      out.push_back(name == "keys"     ? items[i]
                    : name == "values" ? items[i + 1]
                                       : new_list({items[i], items[i + 1]}, list.origins));
    }
    return new_list(std::move(out), list.origins);
  }
  if (!arguments.empty()) return item_at(list, arguments[0].value);
  return items.empty() || list.is_mapping ? PythonValue::unknown(list.origins) : items.back();
}

std::optional<PythonValue> PythonEvaluator::call_on_items(
    std::string_view name, const std::vector<PythonArgument>& arguments) {
  if (arguments.empty()) return std::nullopt;
  const PythonOrigins origins = origins_of(arguments);
  const PythonValue& first = arguments[0].value;
  if (name == "dict") {
    std::vector<PythonValue> items;
    for (const PythonArgument& argument : arguments) {
      if (argument.keyword.empty()) return std::nullopt;
      items.push_back(PythonValue::of_text(std::string(argument.keyword)));
      items.push_back(argument.value);
    }
    PythonValue mapping = new_list(std::move(items), origins);
    mapping.is_mapping = mapping.is(Kind::kList);
    return mapping;
  }
  if (!first.is(Kind::kList)) return std::nullopt;
  if (name == "iter" || name == "sorted" || name == "set" || name == "frozenset") return first;
  if (name == "next") return item_of(first);
  if (name == "enumerate") {
    if (!may_scan(first.items_ptr->size())) return std::nullopt;
    std::vector<PythonValue> rows;
    for (const PythonValue& item : *first.items_ptr)
      rows.push_back(new_list({PythonValue::unknown(), item}, origins));
    return new_list(std::move(rows), origins);
  }
  if (name == "zip") {
    std::size_t length = first.items_ptr->size();
    for (const PythonArgument& argument : arguments) {
      if (argument.value.is(Kind::kList))
        length = std::min(length, argument.value.items_ptr->size());
    }
    if (!may_scan(length * arguments.size())) return std::nullopt;
    std::vector<PythonValue> rows;
    for (std::size_t i = 0; i < length; ++i) {
      std::vector<PythonValue> row;
      row.reserve(arguments.size());
      for (const PythonArgument& argument : arguments) {
        row.push_back(argument.value.is(Kind::kList) ? (*argument.value.items_ptr)[i]
                                                     : PythonValue::unknown());
      }
      rows.push_back(new_list(std::move(row), origins));
    }
    return new_list(std::move(rows), origins);
  }
  return std::nullopt;
}

void PythonEvaluator::assign_item(std::string_view name, const PythonValue& index,
                                  const PythonValue& value) {
  const PythonValue old = look_up(name);
  const auto origins = static_cast<PythonOrigins>(old.origins | value.origins);
  const bool notable = value.is(Kind::kPath) && handler_->is_notable(value.text());
  if (!old.is(Kind::kList)) {
    if (!old.is(Kind::kUnknown) || !notable) return;
    PythonValue mapping = new_list({index, value}, origins);
    mapping.is_mapping = mapping.is(Kind::kList);
    bind(name, std::move(mapping));
    return;
  }
  if (old.items_ptr->size() > kMaxChangedItems || (!old.is_mapping && !index.is(Kind::kNumber))) {
    bind(name, notable ? new_list({value}, origins) : changed(old, value.origins));
    return;
  }
  std::vector<PythonValue> items = *old.items_ptr;
  if (old.is_mapping) {
    items.push_back(index);
    items.push_back(value);
  } else {
    const auto size = static_cast<std::int64_t>(items.size());
    const std::int64_t at = index.number < 0 ? index.number + size : index.number;
    if (at < 0 || at >= size) return;
    items[static_cast<std::size_t>(at)] = value;
  }
  PythonValue list = new_list(std::move(items), origins);
  list.is_mapping = old.is_mapping && list.is(Kind::kList);
  bind(name, std::move(list));
}

PythonValue PythonEvaluator::changed(const PythonValue& list, PythonOrigins origins) {
  PythonValue kept = notable_of(list, origins);
  if (!kept.is(Kind::kPath)) return kept;
  return list;
}

// A list that was changed in a way that is not followed: its texts still say what it is for (the
// words of a command), but none stands where it stood for sure.
PythonValue PythonEvaluator::changed_list(const PythonValue& list, std::string_view method) {
  if (list.items_ptr->size() > kMaxChangedItems) return changed(list, 0);
  std::vector<PythonValue> items = *list.items_ptr;
  if (method == "append" || method == "extend") {
    items.emplace_back();
  } else if (method == "insert") {
    items.insert(items.begin(), PythonValue::unknown());
  } else {
    for (PythonValue& item : items) {
      if (item.is(Kind::kText)) item.origins |= kOriginPartial;
    }
  }
  return new_list(std::move(items), list.origins);
}

void PythonEvaluator::note_change(std::string_view name, const PythonValue& value,
                                  std::string_view method) {
  if (!value.is(Kind::kList) || name.empty() || !one_of(kMutators, method)) return;
  bind(name, value.is_mapping ? changed(value, 0) : changed_list(value, method));
}

}  // namespace saiph::formats
