// What a single value of a data set can carry: a formula, a pickle, a program, words to a model.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "detect/contract/inspection.h"
#include "match/literals/literal_set.h"

namespace saiph::detect {

enum class FormulaKind : std::uint8_t { kNone, kPlain, kExternal };

/// Whether a spreadsheet would take the text for a formula with a function: kExternal when it
/// starts a program or fetches data. Numbers, dates, dashes and phone numbers are none. Any thread;
/// constant cost.
FormulaKind formula_kind(std::string_view cell);

/// Looks at the values of one artefact. Copies at most kHeldBytes of them for members.
class CellInspector {
 public:
  static constexpr std::uint64_t kHeldBytes = 4U << 20;
  explicit CellInspector(Inspection& inspection) : inspection_(inspection) {}

  /// `part` is called only when something is found. `text`: the value is text (else bytes, which
  /// are looked at for pickles and programs only).
  template <typename Part>
  void look(std::string_view value, bool text, std::uint64_t offset, const Part& part) {
    if (value.size() < 4 || !inspection_.budget().take_work(1 + value.size() / 64)) return;
    if (interesting(value, text)) examine(value, text, offset, part());
  }

 private:
  /// The cheap half: false for nearly all values.
  bool interesting(std::string_view value, bool text);
  void examine(std::string_view value, bool text, std::uint64_t offset, std::string part);
  void examine_binary(ByteView value, std::uint64_t offset, const std::string& part,
                      std::string_view how);

  Inspection& inspection_;
  std::vector<match::LiteralMatch> matches_;
  std::uint64_t held_ = 0;
  bool held_stated_ = false;
};

}  // namespace saiph::detect
