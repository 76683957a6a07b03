// Jinja templates as a syntax tree: what a chat template contains, without rendering it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/limits.h"
#include "base/result.h"

namespace saiph::formats {

/// Index of a node; children always stand before their parent. 0 is "none".
using JinjaIndex = std::uint32_t;

enum class JinjaKind : std::uint8_t {
  kNone,
  kName,
  kString,  ///< text: the value, escapes resolved
  kNumber,
  kAttribute,  ///< base.text
  kSubscript,  ///< base[others...]
  kCall,       ///< base(others...)
  kFilter,     ///< base|text(others...)
  kTest,       ///< base is text
  kKeyword,    ///< text=child
  kOperator,   ///< text; stands between the operands of a sequence
  kSequence,   ///< operands and operators in order; precedence is not kept
  kList,       ///< [..], (..), {..}: items in order
};

struct JinjaNode {
  JinjaKind kind = JinjaKind::kNone;
  JinjaIndex first_child = 0;
  JinjaIndex next_sibling = 0;
  std::uint32_t text = 0;  ///< index into JinjaTemplate::texts, 0 for none
  std::uint32_t offset = 0;
};

struct JinjaStatement {
  enum class Kind : std::uint8_t { kText, kOutput, kTag };
  Kind kind = Kind::kText;
  std::string_view text;      ///< kText: the data; kTag: the tag's name
  JinjaIndex expression = 0;  ///< of an output, or what follows the tag's name
  std::uint32_t offset = 0;
  std::uint32_t line = 0;
};

struct JinjaTemplate {
  std::vector<JinjaStatement> statements;
  std::vector<JinjaNode> nodes;    ///< [0] is none
  std::vector<std::string> texts;  ///< [0] is empty
  /// The first break of the grammar, "" when there is none, and its offset.
  std::string problem;
  std::uint64_t problem_offset = 0;

  std::string_view text_of(JinjaIndex index) const { return texts[nodes[index].text]; }
};

/// Longest template that is read; real ones have some 10 KiB.
inline constexpr std::size_t kMaxJinjaBytes = 2U << 20;

/// Parses a template with the default delimiters. Broken grammar is not an error: what was read
/// stays and `problem` says where it broke. Comments are left out, raw blocks are text.
/// Errors: kLimit (size, nodes, work). Linear time; memory about 25 times the tags' text.
/// The views point into `source`. Source: Jinja 3.1 template designer documentation.
Result<JinjaTemplate> parse_jinja(std::string_view source, Budget& budget);

/// True for a template's name, or for text that begins with a tag and speaks of messages. Linear in
/// `head`.
bool looks_like_jinja(std::string_view head, std::string_view name);

}  // namespace saiph::formats
