// Checks on what a model answers: ways out for data, dangerous code, unknown packages, echoes of
// the system prompt or of protected texts, and statements without support in the given passages.
//
// Sources: w-shingling (Broder 1997) for echoes, winnowing (Schleimer, Wilkerson, Aiken 2003) for
// protected texts.
#pragma once

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "domain/text.h"

namespace saiph::detect {

/// Hashes of all runs of five words of a text (case and punctuation do not count), sorted. Texts
/// under five words give one run. Made with a key of the process, so that a stored print says
/// nothing about the text. Any thread may read.
class ShinglePrint {
 public:
  static constexpr std::size_t kWords = 5;
  /// Linear (and a sort). At most `kMaxShingles` runs are kept, evenly spread.
  static constexpr std::size_t kMaxShingles = std::size_t{1} << 16;
  explicit ShinglePrint(std::string_view text);
  bool contains(std::uint64_t hash) const;
  std::size_t size() const { return hashes_.size(); }

 private:
  std::vector<std::uint64_t> hashes_;
};

/// Winnowed prints of documents that must not be quoted: any quote of `kGuarantee` letters and
/// digits or more is noticed, one under `kGram` never. Build with add(), then only read.
class ProtectedTexts {
 public:
  static constexpr std::size_t kGram = 24;       ///< letters and digits in one hashed group
  static constexpr std::size_t kGuarantee = 48;  ///< any copy this long shares a print
  struct Print {
    std::uint64_t hash;
    std::uint32_t document;
    auto operator<=>(const Print&) const = default;
  };

  /// `name` stands in findings. Linear; about one print in 13 letters is kept (16 bytes each).
  void add(std::string_view name, std::string_view text);
  /// After the last add().
  void finish();
  const Print* find(std::uint64_t hash) const;
  const std::string& name(std::uint32_t document) const { return names_[document]; }
  bool empty() const { return prints_.empty(); }

 private:
  std::vector<std::string> names_;
  std::vector<Print> prints_;
};

/// What an answer is held against. Everything is optional; what is not given is not checked.
/// Everything pointed to must outlive the call.
struct OutputContext {
  std::span<const std::string> canaries;  ///< tokens that must never appear in an answer
  const ShinglePrint* system_prompt = nullptr;
  const ProtectedTexts* protected_texts = nullptr;
  /// Names of packages that may be recommended, sorted, lower case; checked when not empty.
  std::span<const std::string> known_packages;
  /// Hosts that links may point to, lower case: "example.org" also stands for its subdomains.
  std::span<const std::string> allowed_hosts;
  /// What the answer should rest on: numbers, dates and names are looked for there.
  std::span<const std::string_view> passages;
};

struct OutputLimits {
  std::size_t findings = 64;  ///< kept; further ones are counted in OutputReport::unlisted
};

struct OutputReport {
  std::vector<TextFinding> findings;
  std::size_t unlisted = 0;  ///< findings beyond the limit
  /// Share of the answer's runs of five words that stand in the system prompt, 0 to 1.
  double echo = 0;
  /// Claims (numbers, dates, names) found, and how many of them the passages hold.
  std::uint32_t claims = 0;
  std::uint32_t supported = 0;
};

/// Checks one answer as the model wrote it (not the canonical text: columns, links and code count
/// as they stand). Findings name rows of catalogue/rules/output.toml. Never fails; any thread;
/// linear in the answer and the passages.
OutputReport check_output(std::string_view answer, const OutputContext& context,
                          const OutputLimits& limits = {});

}  // namespace saiph::detect
