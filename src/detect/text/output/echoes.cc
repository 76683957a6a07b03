// Echoes of the system prompt and of protected texts.
#include <algorithm>
#include <array>
#include <deque>

#include "crypto/secret.h"
#include "detect/rules/output.h"
#include "detect/text/output/checks.h"

namespace saiph::detect {

namespace {

/// A run of so many shingles (eight words) is no coincidence.
constexpr std::size_t kEchoRun = 4;

std::uint64_t process_key() {
  static const std::uint64_t key = [] {
    std::array<std::uint8_t, 8> bytes{};
    // Without randomness prints are still right, only comparable between processes.
    static_cast<void>(crypto::random_bytes(bytes));
    std::uint64_t value = 0;
    for (const std::uint8_t byte : bytes) value = value << 8U | byte;
    return value | 1U;
  }();
  return key;
}

constexpr std::uint64_t mix(std::uint64_t value) {
  value ^= value >> 32U;
  value *= 0xD6E8FEB86659FD93U;
  value ^= value >> 32U;
  value *= 0xD6E8FEB86659FD93U;
  return value ^ value >> 32U;
}

/// Hashes of all groups of ProtectedTexts::kGram letters and digits, with the place of each.
struct Gram {
  std::uint64_t hash = 0;
  std::size_t begin = 0;
  std::size_t end = 0;
};
template <typename Take>
void for_each_gram(std::string_view text, const Take& take) {
  constexpr std::size_t kSize = ProtectedTexts::kGram;
  // A polynomial that drops its oldest letter: constant cost a letter.
  constexpr std::uint64_t kBase = 0x9E3779B97F4A7C15U;
  std::uint64_t oldest_weight = 1;
  for (std::size_t i = 1; i < kSize; ++i) oldest_weight *= kBase;
  std::array<std::pair<std::uint64_t, std::size_t>, kSize> ring{};
  std::uint64_t hash = 0;
  std::size_t count = 0;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (!is_word_byte(text[i])) continue;
    const std::uint64_t value = static_cast<std::uint8_t>(small_letter(text[i])) + 1U;
    auto& slot = ring[count % kSize];
    if (count >= kSize) hash -= slot.first * oldest_weight;
    slot = {value, i};
    hash = hash * kBase + value;
    if (++count < kSize) continue;
    take(Gram{mix(hash ^ process_key()), ring[count % kSize].second, i + 1});
  }
}

void check_prompt(std::string_view answer, const ShinglePrint& prompt, OutputReport& report,
                  OutputFindings& out) {
  const std::vector<Word> words = words_of(answer);
  constexpr std::size_t kWords = ShinglePrint::kWords;
  if (words.size() < kWords) return;
  std::size_t same = 0;
  std::size_t run = 0;
  const std::size_t shingles = words.size() - kWords + 1;
  const auto end_run = [&](std::size_t after) {
    if (run >= kEchoRun) {
      const double score = std::min(90.0, 45 + 3 * static_cast<double>(run));
      out.add(rules::kOutputPromptEcho, score, words[after - run].begin,
              words[after + kWords - 2].end);
    }
    run = 0;
  };
  for (std::size_t i = 0; i < shingles; ++i) {
    std::uint64_t hash = 0;
    for (std::size_t k = 0; k < kWords; ++k) hash = join_hashes(hash, words[i + k].hash);
    if (prompt.contains(hash)) {
      ++same;
      ++run;
    } else {
      end_run(i);
    }
  }
  end_run(shingles);
  report.echo = static_cast<double>(same) / static_cast<double>(shingles);
}

void check_protected(std::string_view answer, const ProtectedTexts& texts, OutputFindings& out) {
  bool open = false;
  Gram first;
  std::size_t end = 0;
  const auto close = [&] {
    if (!open) return;
    const double score = std::min(90.0, 30 + static_cast<double>(end - first.begin) / 4);
    out.add(rules::kOutputProtectedText, score, first.begin, end);
    open = false;
  };
  for_each_gram(answer, [&](const Gram& gram) {
    // One print in 13 letters: a quote's next print is never further than that from the last.
    if (open && gram.begin > end + ProtectedTexts::kGuarantee) close();
    if (texts.find(gram.hash) == nullptr) return;
    if (!open) {
      open = true;
      first = gram;
    }
    end = gram.end;
  });
  close();
}

}  // namespace

std::uint64_t join_hashes(std::uint64_t hash, std::uint64_t next) {
  return mix(hash * 0x9E3779B97F4A7C15U + next + 1);
}

std::uint64_t hash_word(std::string_view word) {
  std::uint64_t hash = process_key();
  for (const char c : word) {
    hash = (hash ^ static_cast<std::uint8_t>(small_letter(c))) * 0x100000001B3U;
  }
  return mix(hash);
}

std::vector<Word> words_of(std::string_view text) {
  std::vector<Word> words;
  std::size_t at = 0;
  while (at < text.size()) {
    if (!is_word_byte(text[at])) {
      ++at;
      continue;
    }
    const std::size_t begin = at;
    while (at < text.size() && is_word_byte(text[at])) ++at;
    words.push_back({begin, at, hash_word(text.substr(begin, at - begin))});
  }
  return words;
}

ShinglePrint::ShinglePrint(std::string_view text) {
  const std::vector<Word> words = words_of(text);
  if (words.empty()) return;
  const std::size_t shingles = words.size() < kWords ? 1 : words.size() - kWords + 1;
  const std::size_t step = (shingles + kMaxShingles - 1) / kMaxShingles;
  for (std::size_t i = 0; i < shingles; i += step) {
    std::uint64_t hash = 0;
    for (std::size_t k = 0; k < kWords && i + k < words.size(); ++k)
      hash = join_hashes(hash, words[i + k].hash);
    hashes_.push_back(hash);
  }
  std::sort(hashes_.begin(), hashes_.end());
  hashes_.erase(std::unique(hashes_.begin(), hashes_.end()), hashes_.end());
}

bool ShinglePrint::contains(std::uint64_t hash) const {
  return std::binary_search(hashes_.begin(), hashes_.end(), hash);
}

void ProtectedTexts::add(std::string_view name, std::string_view text) {
  const auto document = static_cast<std::uint32_t>(names_.size());
  names_.emplace_back(name);
  // Winnowing: of every row of groups that one guaranteed quote holds, the smallest hash, the last
  // of equals. `waiting` holds candidates with rising hashes.
  constexpr std::size_t kWindow = kGuarantee - kGram + 1;
  struct Candidate {
    std::size_t index;
    std::uint64_t hash;
  };
  std::deque<Candidate> waiting;
  std::size_t index = 0;
  std::size_t told = SIZE_MAX;
  for_each_gram(text, [&](const Gram& gram) {
    while (!waiting.empty() && waiting.back().hash >= gram.hash) waiting.pop_back();
    waiting.push_back({index, gram.hash});
    if (waiting.front().index + kWindow <= index) waiting.pop_front();
    ++index;
    if (index < kWindow || waiting.front().index == told) return;
    told = waiting.front().index;
    prints_.push_back({waiting.front().hash, document});
  });
}

void ProtectedTexts::finish() {
  std::sort(prints_.begin(), prints_.end());
  prints_.erase(std::unique(prints_.begin(), prints_.end()), prints_.end());
}

const ProtectedTexts::Print* ProtectedTexts::find(std::uint64_t hash) const {
  const auto it =
      std::lower_bound(prints_.begin(), prints_.end(), hash,
                       [](const Print& print, std::uint64_t h) { return print.hash < h; });
  return it != prints_.end() && it->hash == hash ? &*it : nullptr;
}

void check_echoes(std::string_view answer, const OutputContext& context, OutputReport& report,
                  OutputFindings& out) {
  if (context.system_prompt != nullptr) check_prompt(answer, *context.system_prompt, report, out);
  if (context.protected_texts != nullptr && !context.protected_texts->empty())
    check_protected(answer, *context.protected_texts, out);
}

}  // namespace saiph::detect
