#include "formats/yaml/yaml_scan.h"

#include <algorithm>
#include <array>
#include <map>
#include <utility>
#include <vector>

#include "base/text.h"

namespace saiph::formats {

namespace {

constexpr std::size_t kMaxHandles = 64;
constexpr std::size_t kMaxAnchors = 1024;
constexpr std::size_t kMaxDecoded = 4096;  // no name that matters is longer

bool is_blank(char c) {
  return c == ' ' || c == '\t';
}

std::string unescape_uri(std::string_view text) {
  std::string out;
  for (std::size_t at = 0; at < text.size(); ++at) {
    if (text[at] == '%' && at + 2 < text.size() && hex_digit(text[at + 1]) >= 0 &&
        hex_digit(text[at + 2]) >= 0) {
      out.push_back(static_cast<char>(hex_digit(text[at + 1]) * 16 + hex_digit(text[at + 2])));
      at += 2;
    } else {
      out.push_back(text[at]);
    }
  }
  return out;
}

class Scanner {
 public:
  Scanner(std::string_view source, YamlHandler& handler, Budget& budget)
      : source_(source), handler_(handler), budget_(budget) {
    if (source_.starts_with("\xEF\xBB\xBF")) position_ = 3;
  }

  Result<YamlSummary> run() {
    while (position_ < source_.size()) {
      if (!budget_.take_work(1)) return Error(ErrorCode::kLimit, budget_.reason());
      line();
    }
    if (flow_depth_ > 0) note("flow collection is never closed");
    return std::move(summary_);
  }

 private:
  char at(std::size_t i) const { return i < source_.size() ? source_[i] : '\0'; }
  bool at_line_end() const {
    return position_ >= source_.size() || source_[position_] == '\n' || source_[position_] == '\r';
  }

  void note(std::string_view problem) {
    if (!summary_.problem.empty()) return;
    summary_.problem = std::string(problem);
    summary_.problem_offset = position_;
  }

  void end_line() {
    while (!at_line_end()) ++position_;
    if (at(position_) == '\r' && at(position_ + 1) == '\n') ++position_;
    if (position_ < source_.size()) ++position_;
    ++line_;
    ++summary_.lines;
  }

  void skip_blanks() {
    while (position_ < source_.size() && is_blank(source_[position_])) ++position_;
  }

  void line() {
    const std::size_t begin = position_;
    while (at(position_) == ' ') ++position_;
    indent_ = static_cast<std::uint32_t>(position_ - begin);
    if (at(position_) == '\t') skip_blanks();
    if (block_indent_ >= 0) {
      if (at_line_end() || indent_ > static_cast<std::uint32_t>(block_indent_)) {
        end_line();
        return;
      }
      block_indent_ = -1;
    }
    if (flow_depth_ == 0 && indent_ == 0) {
      const std::string_view rest = source_.substr(begin, 4);
      if (rest.starts_with("%TAG")) return directive();
      if (rest.starts_with("---") || rest.starts_with("...")) {
        if (rest.starts_with("...")) handles_.clear();
        position_ += 3;
      }
    }
    // Inside brackets the end of a line is only a space.
    if (flow_depth_ == 0) {
      key_ = {};
      tag_.clear();
    }
    nodes();
  }

  // %TAG !handle! prefix
  void directive() {
    std::size_t end = position_;
    while (end < source_.size() && source_[end] != '\n' && source_[end] != '\r') ++end;
    const std::string_view text = source_.substr(position_ + 4, end - position_ - 4);
    std::vector<std::string_view> words;
    for (std::size_t i = 0; i < text.size() && words.size() < 3;) {
      while (i < text.size() && is_blank(text[i])) ++i;
      std::size_t stop = i;
      while (stop < text.size() && !is_blank(text[stop])) ++stop;
      if (stop > i) words.push_back(text.substr(i, stop - i));
      i = stop;
    }
    if (words.size() >= 2) {
      if (handles_.size() < kMaxHandles) {
        handles_.emplace_back(std::string(words[0]), unescape_uri(words[1].substr(0, 256)));
      } else {
        note("more tag handles than are followed");
      }
    }
    end_line();
  }

  void event(std::string_view value, std::uint64_t offset, bool block = false) {
    YamlEvent event;
    event.key = key_;
    event.value = value;
    event.tag = std::move(tag_);
    event.line = line_;
    event.indent = indent_;
    event.offset = offset;
    event.block = block;
    event.unresolved = unresolved_;
    handler_.on_event(event);
    tag_.clear();
    if (flow_depth_ == 0) key_ = {};
  }

  // Everything on one line (and on the next ones inside flow brackets or quotes).
  void nodes() {
    while (true) {
      skip_blanks();
      if (at_line_end() || source_[position_] == '#') {
        if ((!tag_.empty() || !key_.empty()) && flow_depth_ == 0) {
          // The value may stand on the next line.
          if (!key_.empty()) carried_key_ = key_.substr(0, kMaxDecoded);
          event({}, position_);
        }
        return end_line();
      }
      if (!budget_.take_work(1)) return end_line();
      const char c = source_[position_];
      const char next = at(position_ + 1);
      const bool next_ends = next == '\0' || is_blank(next) || next == '\n' || next == '\r';
      if (c == '!') {
        read_tag();
      } else if (c == '&' || c == '*') {
        anchor_or_alias(c == '*');
      } else if (flow_depth_ == 0 && (c == '-' || c == '?') && next_ends) {
        ++position_;
        ++indent_;
        carried_key_.clear();
      } else if (c == ':' && (next_ends || flow_depth_ > 0)) {
        // The key stood before: "? key" on a line of its own, or a line break inside brackets.
        if (key_.empty()) take_key(last_scalar_);
        ++position_;
      } else if (c == '{' || c == '[') {
        carried_key_.clear();
        anchor_.clear();
        if (!tag_.empty()) {
          const std::string_view key = key_;
          event({}, position_);
          key_ = key;
        }
        ++flow_depth_;
        ++position_;
      } else if (c == '}' || c == ']') {
        if (flow_depth_ > 0) --flow_depth_;
        key_ = {};
        tag_.clear();
        ++position_;
      } else if (c == ',' && flow_depth_ > 0) {
        if (!tag_.empty()) event({}, position_);
        key_ = {};
        ++position_;
      } else if ((c == '|' || c == '>') && flow_depth_ == 0 &&
                 (next_ends || next == '-' || next == '+' || (next >= '0' && next <= '9'))) {
        block_indent_ =
            static_cast<std::int64_t>(key_.empty() && indent_ > 0 ? indent_ - 1 : indent_);
        block_scalar();
        return end_line();
      } else if (c == '"' || c == '\'') {
        const std::uint64_t offset = position_;
        const std::string_view text = decoded(quoted(c), c);
        scalar(text, offset);
      } else {
        const std::uint64_t offset = position_;
        const std::string_view text = plain();
        scalar(text, offset);
      }
    }
  }

  // A scalar is a key when a colon follows.
  void scalar(std::string_view text, std::uint64_t offset) {
    std::size_t behind = position_;
    while (is_blank(at(behind))) ++behind;
    const char after = at(behind + 1);
    const bool colon =
        at(behind) == ':' && (after == '\0' || is_blank(after) || after == '\n' || after == '\r' ||
                              (flow_depth_ > 0 && (after == '"' || after == '\'' || after == '[' ||
                                                   after == '{' || after == '!')));
    if (!anchor_.empty()) {
      if (!colon || anchor_line_ == line_) remember(text);
      anchor_.clear();
    }
    if (colon) {
      if (!tag_.empty()) event(text, offset);  // a tagged key is a node of its own
      take_key(text);
      ++summary_.keys;
      position_ = behind + 1;
      return;
    }
    last_scalar_ = text;
    if (flow_depth_ == 0 && key_.empty()) key_ = carried_key_;
    event(text, offset);
    carried_key_.clear();
  }

  void take_key(std::string_view text) {
    key_ = text;
    last_scalar_ = {};
    carried_key_.clear();
    // The buffer that may hold this key stays as it is while values are decoded.
    buffer_ = 1 - buffer_;
  }

  // "&name" names the scalar behind it, "*name" stands for it.
  void anchor_or_alias(bool alias) {
    const std::uint64_t offset = position_;
    const std::size_t begin = ++position_;
    while (!at_line_end() && !is_blank(source_[position_]) &&
           std::string_view(",]}[{:").find(source_[position_]) == std::string_view::npos)
      ++position_;
    const std::string_view name =
        source_.substr(begin, std::min<std::size_t>(position_ - begin, 256));
    if (!alias) {
      anchor_ = name;
      anchor_line_ = line_;
      return;
    }
    const auto found = anchors_.find(name);
    unresolved_ = found == anchors_.end();
    if (unresolved_) {
      scalar(source_.substr(offset, name.size() + 1), offset);
    } else {
      decoded_[buffer_] = found->second;
      scalar(decoded_[buffer_], offset);
    }
    unresolved_ = false;
  }

  void remember(std::string_view text) {
    if (anchors_.size() >= kMaxAnchors && anchors_.find(anchor_) == anchors_.end()) {
      note("more anchors than are followed");
      return;
    }
    anchors_[anchor_] = std::string(text.substr(0, 512));
  }

  // The first line of the text that follows stands for all of it.
  void block_scalar() {
    std::size_t begin = position_;
    std::string_view text;
    while (begin < source_.size()) {
      begin = source_.find('\n', begin);
      if (begin == std::string_view::npos) break;
      const std::size_t first = source_.find_first_not_of(' ', ++begin);
      if (first == std::string_view::npos) break;
      if (source_[first] == '\n' || source_[first] == '\r') {
        begin = first;
        if (!budget_.take_work(1)) break;
        continue;
      }
      if (static_cast<std::int64_t>(first - begin) > block_indent_) {
        text = source_.substr(first, std::min<std::size_t>(kMaxDecoded, source_.size() - first));
        text = text.substr(0, text.find_first_of("\r\n"));
        while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
      }
      break;
    }
    if (!anchor_.empty()) remember(text);
    anchor_.clear();
    last_scalar_ = text;
    if (key_.empty()) key_ = carried_key_;
    event(text, position_, true);
    carried_key_.clear();
  }

  // Escapes and line folding of quoted text; what has none stays where it is.
  std::string_view decoded(std::string_view text, char mark) {
    if (text.find_first_of(mark == '"' ? "\\\n" : "'\n") == std::string_view::npos) return text;
    std::string& out = decoded_[buffer_];
    out.clear();
    for (std::size_t i = 0; i < text.size() && out.size() < kMaxDecoded; ++i) {
      const char c = text[i];
      if (c == '\'' && mark == '\'') {
        out.push_back(c);
        ++i;
      } else if (c == '\n' || c == '\r') {
        i = fold(text, i);
        while (!out.empty() && is_blank(out.back())) out.pop_back();
        out.push_back(' ');
      } else if (c == '\\' && mark == '"' && i + 1 < text.size()) {
        i = escape(text, i + 1, out);
      } else {
        out.push_back(c);
      }
    }
    return out;
  }

  // The last index of a line break and of the blanks at the next line's begin.
  static std::size_t fold(std::string_view text, std::size_t at) {
    while (at + 1 < text.size() &&
           (is_blank(text[at + 1]) || text[at + 1] == '\n' || text[at + 1] == '\r'))
      ++at;
    return at;
  }

  // One escape whose letter stands at `at`; answers the index of its last byte.
  static std::size_t escape(std::string_view text, std::size_t at, std::string& out) {
    constexpr std::string_view kLetters = "0abtnvfre";
    constexpr std::string_view kMeanings("\0\a\b\t\n\v\f\r\x1b", 9);
    const char letter = text[at];
    if (letter == '\n' || letter == '\r') return fold(text, at);
    const std::size_t digits = letter == 'x' ? 2 : letter == 'u' ? 4 : letter == 'U' ? 8 : 0;
    if (digits > 0) {
      std::uint32_t value = 0;
      std::size_t i = 0;
      for (; i < digits && at + 1 + i < text.size() && hex_digit(text[at + 1 + i]) >= 0; ++i)
        value = value * 16 + static_cast<std::uint32_t>(hex_digit(text[at + 1 + i]));
      append_utf8(out, value);
      return at + i;
    }
    const std::size_t known = kLetters.find(letter);
    out.push_back(known == std::string_view::npos ? letter : kMeanings[known]);
    return at;
  }

  std::string_view quoted(char mark) {
    const std::size_t begin = ++position_;
    while (position_ < source_.size()) {
      const char c = source_[position_];
      if (c == '\n') ++line_;
      if (c == '\\' && mark == '"') {
        position_ += 2;
        continue;
      }
      if (c == mark) {
        if (mark == '\'' && at(position_ + 1) == '\'') {
          position_ += 2;
          continue;
        }
        break;
      }
      ++position_;
    }
    position_ = std::min(position_, source_.size());
    if (position_ >= source_.size()) note("quoted text is never closed");
    const std::string_view text = source_.substr(begin, position_ - begin);
    if (position_ < source_.size()) ++position_;
    return text;
  }

  std::string_view plain() {
    const std::size_t begin = position_;
    while (!at_line_end()) {
      const char c = source_[position_];
      const char next = at(position_ + 1);
      if (c == ':' && (next == '\0' || is_blank(next) || next == '\n' || next == '\r' ||
                       (flow_depth_ > 0 && (next == ',' || next == '}' || next == ']'))))
        break;
      if (c == '#' && position_ > begin && is_blank(source_[position_ - 1])) break;
      if (flow_depth_ > 0 && (c == ',' || c == ']' || c == '}' || c == '[' || c == '{')) break;
      ++position_;
    }
    if (position_ == begin) ++position_;  // never stand still
    std::string_view text = source_.substr(begin, position_ - begin);
    while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
    return text;
  }

  void read_tag() {
    const std::size_t begin = position_;
    if (at(position_ + 1) == '<') {
      while (!at_line_end() && source_[position_] != '>') ++position_;
      tag_ = unescape_uri(source_.substr(
          begin + 2, std::min<std::size_t>(
                         position_ - begin - std::min<std::size_t>(2, position_ - begin), 512)));
      if (!at_line_end()) ++position_;
      return;
    }
    while (!at_line_end() && !is_blank(source_[position_]) &&
           !(flow_depth_ > 0 &&
             (source_[position_] == ',' || source_[position_] == ']' || source_[position_] == '}' ||
              source_[position_] == '{' || source_[position_] == '['))) {
      ++position_;
    }
    const std::string_view written =
        source_.substr(begin, std::min<std::size_t>(position_ - begin, 512));
    std::string_view handle = "!";
    std::string_view suffix = written.substr(1);
    if (const std::size_t mark = suffix.find('!'); mark != std::string_view::npos) {
      handle = written.substr(0, mark + 2);
      suffix = suffix.substr(mark + 1);
    }
    std::string prefix = handle == "!!" ? "tag:yaml.org,2002:" : std::string(handle);
    for (const auto& [name, value] : handles_) {
      if (name == handle) prefix = value;
    }
    tag_ = prefix + unescape_uri(suffix);
  }

  std::string_view source_;
  YamlHandler& handler_;
  Budget& budget_;
  YamlSummary summary_;
  std::size_t position_ = 0;
  std::uint32_t line_ = 1;
  std::uint32_t indent_ = 0;
  std::uint64_t flow_depth_ = 0;
  std::int64_t block_indent_ = -1;
  std::string_view key_;
  std::string_view last_scalar_;  // the last one that was no key
  std::string carried_key_;       // the key whose value may stand on the next line
  std::array<std::string, 2> decoded_;
  std::size_t buffer_ = 0;
  std::string anchor_;
  std::uint32_t anchor_line_ = 0;
  std::map<std::string, std::string, std::less<>> anchors_;
  bool unresolved_ = false;
  std::string tag_;
  std::vector<std::pair<std::string, std::string>> handles_;
};

}  // namespace

Result<YamlSummary> scan_yaml(std::string_view source, YamlHandler& handler, Budget& budget) {
  return Scanner(source, handler, budget).run();
}

bool looks_like_yaml(std::string_view head, std::string_view name) {
  if (name.ends_with(".yaml") || name.ends_with(".yml") || name == "MLmodel") return true;
  if (head.starts_with("\xEF\xBB\xBF")) head.remove_prefix(3);
  std::size_t keys = 0;
  std::size_t others = 0;
  std::size_t lines = 0;
  while (!head.empty() && lines < 40) {
    const std::string_view line = take_line(head);
    const std::size_t first = line.find_first_not_of(' ');
    if (first == std::string_view::npos || line[first] == '#') continue;
    ++lines;
    if (lines == 1 && (line.starts_with("%YAML") || line.starts_with("%TAG"))) return true;
    if (lines == 1 && line == "---") continue;
    if (line.find("!!python/") != std::string_view::npos) return true;
    std::string_view text = line.substr(first);
    if (text.starts_with("- ")) text.remove_prefix(2);
    const std::size_t colon = text.find(':');
    const bool key = colon != std::string_view::npos && colon > 0 &&
                     (colon + 1 == text.size() || text[colon + 1] == ' ') &&
                     text.substr(0, colon).find_first_of("{}()=;<>\t,") == std::string_view::npos &&
                     colon <= 64;
    if (key) {
      ++keys;
    } else if (!line.starts_with(" ") && !line.starts_with("- ")) {
      ++others;
    }
  }
  return keys >= 2 && others == 0;
}

}  // namespace saiph::formats
