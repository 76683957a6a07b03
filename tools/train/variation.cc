#include "variation.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <utility>

namespace saiph::train {

namespace {

bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}
bool is_vowel(char c) {
  return std::string_view("aeiouAEIOU").find(c) != std::string_view::npos;
}

enum class Noise { kSwap, kLose, kVowels, kShuffle, kCapitals };

void spoil(std::string& word, Noise noise, std::mt19937& random) {
  if (word.size() < 4) return;
  switch (noise) {
    case Noise::kSwap: {
      const std::size_t at = 1 + (random() % (word.size() - 2));
      std::swap(word[at], word[at - (at > 1 && random() % 2 == 0 ? 1 : 0)]);
      if (at + 1 < word.size()) std::swap(word[at], word[at + 1]);
      break;
    }
    case Noise::kLose:
      word.erase(1 + (random() % (word.size() - 1)), 1);
      break;
    case Noise::kVowels:
      word.erase(std::remove_if(word.begin() + 1, word.end(), is_vowel), word.end());
      break;
    case Noise::kShuffle:
      std::shuffle(word.begin() + 1, word.end() - 1, random);
      break;
    case Noise::kCapitals:
      for (char& c : word) {
        if (random() % 2 == 0) c = static_cast<char>(c ^ 0x20);
      }
      break;
  }
}

}  // namespace

std::string with_noise(std::string_view text, std::mt19937& random) {
  constexpr std::array kKinds{Noise::kSwap,    Noise::kSwap,    Noise::kLose,    Noise::kVowels,
                              Noise::kShuffle, Noise::kShuffle, Noise::kCapitals};
  const Noise noise = kKinds[random() % kKinds.size()];
  const std::size_t every = 1 + (random() % 3);
  std::string out;
  std::string word;
  const auto end_word = [&] {
    if (random() % every == 0) spoil(word, noise, random);
    out += word;
    word.clear();
  };
  for (const char c : text) {
    if (is_letter(c)) {
      word += c;
    } else {
      end_word();
      out += c;
    }
  }
  end_word();
  return out;
}

std::string joined(std::vector<std::string> texts, std::mt19937& random) {
  constexpr std::array<std::string_view, 4> kBetween{" ", " ", "\n", "\n\n"};
  std::shuffle(texts.begin(), texts.end(), random);
  std::string out;
  for (const auto& text : texts) {
    if (!out.empty()) out += kBetween[random() % kBetween.size()];
    out += text;
  }
  return out;
}

std::string in_field(std::string_view text, std::mt19937& random) {
  constexpr std::array<std::string_view, 16> kKeys{
      "body",  "content", "description", "message", "text",   "note",   "review", "comment",
      "title", "snippet", "subject",     "summary", "result", "output", "bio",    "details"};
  const std::string key(kKeys[random() % kKeys.size()]);
  switch (random() % 4) {
    case 0:
      return key + ": " + std::string(text);
    case 1:
      return "'" + key + "': '" + std::string(text) + "'";
    default:
      break;
  }
  std::string out = "\"" + key + "\": \"";
  for (const char c : text) {
    if (c == '"' || c == '\\') out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

std::string document_body(std::string_view text) {
  constexpr std::size_t kLongestLabel = 60;
  std::string_view best;
  std::size_t number = 0;
  std::size_t best_number = 0;
  while (!text.empty()) {
    const std::size_t end = text.find('\n');
    const auto line = text.substr(0, end);
    if (line.size() > best.size()) {
      best = line;
      best_number = number;
    }
    ++number;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  const std::size_t label = best.find(": ");
  if (label < kLongestLabel) {
    best.remove_prefix(label + 2);
  } else if (best_number == 0) {
    return {};
  }
  while (!best.empty() && best.back() == '?') {
    const std::size_t end = best.find_last_of(".!?", best.size() - 2);
    best = end == std::string_view::npos ? std::string_view() : best.substr(0, end + 1);
  }
  return std::string(best);
}

}  // namespace saiph::train
