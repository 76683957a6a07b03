// What each expression of a template is made of, computed once from the leaves to the root.
#pragma once

#include <cstdint>
#include <set>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "formats/jinja/jinja.h"

namespace saiph::detect {

struct TemplateFact {
  bool constant = false;   ///< a text that is known whole; `text` holds it
  bool built = false;      ///< put together from pieces
  bool disguised = false;  ///< by formatting, joining or replacing, or from pieces with underscores
  bool content = false;    ///< comes from what people wrote in the conversation
  bool trigger = false;    ///< compares that with a fixed text
  std::string text;        ///< of a constant; at most 64 KiB
  std::string trigger_text;
};

/// Facts of one expression tree at a time; variables carry over between statements.
class TemplateFacts {
 public:
  explicit TemplateFacts(const formats::JinjaTemplate& parsed)
      : parsed_(parsed), facts_(parsed.nodes.size()) {}

  /// Computes the facts of all nodes up to and including `root`.
  const TemplateFact& evaluate(formats::JinjaIndex root);
  const TemplateFact& of(formats::JinjaIndex index) const { return facts_[index]; }
  void set_variable(std::string_view name, const TemplateFact& fact);
  /// More variables are set than are followed: what they hold is not known.
  bool overflowed() const { return overflowed_; }

 private:
  void compute(formats::JinjaIndex index);
  void sequence(formats::JinjaIndex index, TemplateFact& fact);
  void filter(formats::JinjaIndex index, TemplateFact& fact);

  const formats::JinjaTemplate& parsed_;
  std::vector<TemplateFact> facts_;
  formats::JinjaIndex done_ = 0;
  std::unordered_map<std::string, TemplateFact> variables_;
  std::size_t folded_ = 0;
  bool overflowed_ = false;
};

/// Format markers such as "<|im_start|>", "[INST]" or "</think>" and short role words: what
/// templates compare with and insert all the time.
bool is_marker(std::string_view text);
/// Fixed text that speaks to the model or the reader: why, or "" when it does not.
std::string_view directive_in(std::string_view text);
/// An address or active markup: why, or "".
std::string_view address_in(std::string_view text);

}  // namespace saiph::detect
