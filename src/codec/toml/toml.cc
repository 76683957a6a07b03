#include "codec/toml/toml.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/escape.h"

// The library states some of its own error cases ("[[[[a") as assertions before it handles them,
// and turns those into compiler assumptions in release builds. Both are switched off, so that what
// follows the assertion is what runs, in every build.
#undef NDEBUG
#define TOML_ASSERT(expression) static_assert(true)
// It recurses per nested value; ours is the smaller limit, checked again below.
#define TOML_HEADER_ONLY 1
#define TOML_EXCEPTIONS 0
#define TOML_MAX_NESTED_VALUES 16
#define TOML_ENABLE_FORMATTERS 0
#include <toml++/toml.h>

namespace saiph::codec {

namespace {

constexpr unsigned kMaxDepth = 16;
// A dotted key nests one table a dot, and the library frees tables recursively.
constexpr unsigned kMaxDotsPerLine = 128;

TomlPosition position_of(const toml::source_region& region) {
  return {region.begin.line, region.begin.column};
}

Status check_lines(ByteView bytes, std::string_view name) {
  TomlPosition position{1, 0};
  unsigned dots = 0;
  for (const std::uint8_t byte : bytes) {
    ++position.column;
    if (byte == '\n') {
      position = {position.line + 1, 0};
      dots = 0;
    } else if (byte == '.' && ++dots > kMaxDotsPerLine) {
      return Error(ErrorCode::kLimit,
                   toml_error(name, position, "too many dots in one line").message());
    }
  }
  return {};
}

Status convert(const toml::node& node, TomlValue& out, std::string_view name, unsigned depth) {
  out.position = position_of(node.source());
  if (depth > kMaxDepth) {
    return Error(ErrorCode::kLimit,
                 toml_error(name, out.position, "nested deeper than 16 levels").message());
  }
  switch (node.type()) {
    case toml::node_type::table: {
      out.kind = TomlKind::kTable;
      for (const auto& [key, value] : *node.as_table()) {
        TomlMember& member = out.members.emplace_back();
        member.key = std::string(key.str());
        member.key_position = position_of(key.source());
        SAIPH_CHECK(convert(value, member.value, name, depth + 1));
      }
      std::sort(out.members.begin(), out.members.end(),
                [](const TomlMember& a, const TomlMember& b) { return a.key < b.key; });
      return {};
    }
    case toml::node_type::array:
      out.kind = TomlKind::kArray;
      for (const toml::node& item : *node.as_array()) {
        SAIPH_CHECK(convert(item, out.items.emplace_back(), name, depth + 1));
      }
      return {};
    case toml::node_type::string:
      out.kind = TomlKind::kString;
      out.string = node.as_string()->get();
      return {};
    case toml::node_type::integer:
      out.kind = TomlKind::kInteger;
      out.integer = node.as_integer()->get();
      return {};
    case toml::node_type::floating_point:
      out.kind = TomlKind::kReal;
      out.real = node.as_floating_point()->get();
      return {};
    case toml::node_type::boolean:
      out.kind = TomlKind::kBoolean;
      out.boolean = node.as_boolean()->get();
      return {};
    case toml::node_type::date: {
      out.kind = TomlKind::kDate;
      const toml::date& date = node.as_date()->get();
      out.date = std::chrono::year(date.year) / date.month / date.day;
      if (!out.date.ok()) return toml_error(name, out.position, "there is no such date");
      return {};
    }
    default:
      out.kind = TomlKind::kTime;
      return {};
  }
}

}  // namespace

std::string_view toml_kind_name(TomlKind kind) {
  switch (kind) {
    case TomlKind::kTable:
      return "a table";
    case TomlKind::kArray:
      return "an array";
    case TomlKind::kString:
      return "a string";
    case TomlKind::kInteger:
      return "a whole number";
    case TomlKind::kReal:
      return "a number with a point";
    case TomlKind::kBoolean:
      return "true or false";
    case TomlKind::kDate:
      return "a date";
    case TomlKind::kTime:
      break;
  }
  return "a time";
}

const TomlMember* TomlValue::find(std::string_view key) const {
  const auto it =
      std::lower_bound(members.begin(), members.end(), key,
                       [](const TomlMember& member, std::string_view k) { return member.key < k; });
  return it != members.end() && it->key == key ? &*it : nullptr;
}

Error toml_error(std::string_view name, TomlPosition position, std::string_view what) {
  return Error(ErrorCode::kMalformed, fmt::format("{}:{}:{}: {}", escape_terminal(name),
                                                  position.line, position.column, what));
}

Result<TomlValue> parse_toml(ByteView bytes, std::string_view name) {
  if (bytes.size() > kTomlMaxBytes) {
    return Error(ErrorCode::kLimit, fmt::format("{}: larger than 4 MiB", escape_terminal(name)));
  }
  SAIPH_CHECK(check_lines(bytes, name));
  const toml::parse_result parsed = toml::parse(as_text(bytes));
  if (!parsed) {
    const toml::parse_error& error = parsed.error();
    return toml_error(name, position_of(error.source()),
                      "not valid TOML: " + escape_terminal(error.description()));
  }
  TomlValue root;
  SAIPH_CHECK(convert(parsed.table(), root, name, 0));
  return root;
}

}  // namespace saiph::codec
