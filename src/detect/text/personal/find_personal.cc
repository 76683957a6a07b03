#include "detect/text/personal/find_personal.h"

#include <algorithm>
#include <array>
#include <cstdint>
#include <limits>
#include <utility>

#include "detect/text/personal/checks.h"
#include "detect/text/personal/cluster.h"
#include "detect/text/personal/formats.h"
#include "detect/text/personal/people.h"
#include "detect/text/personal/scanners.h"
#include "detect/text/personal/topics.h"
#include "detect/text/personal/word_hash.h"

namespace saiph::detect {

namespace {

enum class Kind : std::uint8_t { kOther, kLetter, kDigit, kHigh, kSign };

constexpr auto kKinds = [] {
  std::array<Kind, 256> out{};
  for (unsigned i = 0; i < 256; ++i) {
    const char c = static_cast<char>(i);
    if (is_alpha(c)) out[i] = Kind::kLetter;
    if (is_digit(c)) out[i] = Kind::kDigit;
    if (i >= 0x80) out[i] = Kind::kHigh;
    if (c == '@' || c == ':' || c == '+' || c == '(' || c == '\n') out[i] = Kind::kSign;
  }
  return out;
}();

/// How far from a word a number is still said to be what the word says.
constexpr std::size_t kNear = 64;

/// One search of one text.
class Search {
 public:
  Search(std::string_view text, const PersonalOptions& options, SpanSink& sink)
      : text_(text), options_(options), sink_(sink), names_(text) {
    topic_ends_.fill(kNever);
  }

  void run() {
    std::size_t i = 0;
    while (i < text_.size() && !stopped_) {
      switch (kKinds[static_cast<unsigned char>(text_[i])]) {
        case Kind::kOther:
          ++i;
          break;
        case Kind::kLetter:
        case Kind::kHigh:
          i = on_word(i);
          break;
        case Kind::kDigit:
          i = on_number(i, token_end(i));
          break;
        case Kind::kSign:
          i = on_sign(i);
          break;
      }
    }
    if (!stopped_) state(names_.flush());
  }

 private:
  static constexpr std::size_t kNever = std::numeric_limits<std::size_t>::max();

  bool wanted(Personal type) const {
    switch (type) {
      case Personal::kPerson:
        return options_.names;
      case Personal::kAddress:
      case Personal::kPostcode:
        return options_.addresses;
      case Personal::kPlace:
        return options_.places;
      case Personal::kDate:
        return options_.dates;
      case Personal::kUrl:
        return options_.urls;
      default:
        return true;
    }
  }

  bool state(const Hit& hit) {
    if (!hit || hit.confidence < options_.least_confidence || !wanted(hit.type)) return false;
    const SpanType& type = type_of(hit.type);
    if (!sink_.span({&type,
                     {hit.begin, hit.end - hit.begin},
                     hit.confidence,
                     type.rule->severity,
                     type.title}))
      stopped_ = true;
    if (hit.type != Personal::kPerson && hit.type != Personal::kPlace) last_span_end_ = hit.end;
    return true;
  }

  /// Bytes from the last word of the topic to a place, or kNever.
  std::size_t distance(Topic topic, std::size_t place) const {
    const std::size_t end = topic_ends_[static_cast<std::size_t>(topic)];
    return topic != Topic::kNone && end <= place && place - end <= kNear ? place - end : kNever;
  }

  std::size_t token_end(std::size_t i) const {
    while (i < text_.size() && is_alnum(text_[i])) ++i;
    return i;
  }

  // ---- words

  std::size_t on_word(std::size_t begin) {
    WordHash word;
    std::size_t i = begin;
    bool capital = false;
    bool upper = true;
    while (i < text_.size()) {
      const auto c = static_cast<unsigned char>(text_[i]);
      const Kind kind = kKinds[c];
      if (kind == Kind::kLetter) {
        word.add(c);
        capital = capital || (i == begin && c < 'a');
        upper = upper && c < 'a';
        ++i;
      } else if (kind == Kind::kHigh) {
        const std::size_t length = on_high(i, word, i == begin, capital);
        if (length == 0) break;
        upper = false;
        i += length;
      } else {
        break;
      }
    }
    if (i == begin) return begin + high_length(begin);
    if (i < text_.size() && is_digit(text_[i])) {
      // Letters and digits together are a number.
      return on_number(begin, token_end(i));
    }
    const std::size_t end = i;
    const std::uint64_t hash = word.finish();
    Word found{begin, end, hash, topics_.find(hash), capital};
    if (begin - last_word_end_ <= 2 && last_word_end_ != 0) {
      const WordTopics pair = topics_.find(WordHash::pair(last_word_hash_, hash));
      if (pair.any()) {
        note(pair, end);
        if (!found.topics.any()) {
          found.topics = pair;
        } else {
          // The word keeps its own topics; the pair's first takes the last place.
          found.topics.topics[kTopicsOfWord - 1] = pair.topics[0];
        }
      }
    }
    last_word_end_ = end;
    last_word_hash_ = hash;
    if (found.topics.any()) {
      note(found.topics, end);
      on_topic(found);
    }
    if (options_.names || options_.places) {
      state(names_.on_word(found));
      if (options_.places) state(names_.place());
    }
    if (capital && options_.addresses && !found.topics.any() && end - begin > 5)
      state(scan_street(text_, found, number_begin_, number_end_));
    // "GB 82 WEST ...", "AB 12 34 56 C", "B-MW 1234".
    if (upper && end - begin <= 6) return on_short_capitals(begin, end);
    return end;
  }

  /// A character beyond ASCII: takes its letter into the word and answers its length, or 0 when it
  /// is none.
  std::size_t on_high(std::size_t i, WordHash& word, bool first, bool& capital) const {
    const auto c = static_cast<unsigned char>(text_[i]);
    const auto next = static_cast<unsigned char>(at(text_, i + 1));
    if (c >= 0xC3 && c <= 0xC5) {
      const unsigned code_point = (c & 0x1FU) << 6U | (next & 0x3FU);
      const char base = base_letter(code_point);
      if (base == 0 || next < 0x80) return 0;
      word.add(static_cast<unsigned char>(base));
      if (first) capital = c == 0xC3 ? next < 0x9F : (code_point & 1U) == 0;
      return 2;
    }
    // Signs of Latin-1, general punctuation, ideographic punctuation: no letters.
    if (c < 0xC6 || c == 0xE2 || (c == 0xE3 && next == 0x80) || c >= 0xEF) return 0;
    const std::size_t length = high_length(i);
    for (std::size_t k = 0; k < length; ++k) word.add(static_cast<unsigned char>(text_[i + k]));
    if (first) {
      capital = (c == 0xCE && next >= 0x86 && next <= 0xAB) ||
                (c == 0xD0 && next >= 0x80 && next <= 0xAF);
    }
    return length;
  }

  std::size_t high_length(std::size_t i) const {
    const auto c = static_cast<unsigned char>(text_[i]);
    const std::size_t length = c >= 0xF0 ? 4 : c >= 0xE0 ? 3 : c >= 0xC0 ? 2 : 1;
    return std::min(length, text_.size() - i);
  }

  void note(const WordTopics& topics, std::size_t end) {
    for (const Topic topic : topics.topics) {
      if (topic == Topic::kNone) continue;
      topic_ends_[static_cast<std::size_t>(topic)] = end;
      if (topic < Topic::kTitle) {
        if (last_topic_end_ != end) last_topics_ = {};
        last_topic_end_ = end;
        for (Topic& each : last_topics_) {
          if (each == Topic::kNone || each == topic) {
            each = topic;
            break;
          }
        }
      }
    }
  }

  void on_topic(const Word& word) {
    if (word.topics.has(Topic::kPhone)) state_pending(word.begin);
    if (options_.addresses) {
      if (word.topics.has(Topic::kStreetAfter) || word.topics.has(Topic::kStreetBefore))
        state(scan_street(text_, word, number_begin_, number_end_));
      if (word.topics.has(Topic::kUnit) || word.topics.has(Topic::kPostBox))
        state(scan_unit(text_, word));
    }
    if (word.topics.month != 0) {
      const std::size_t end = scan_date_after_month(text_, word.end);
      if (end != 0) state_date(word.begin, end);
    }
    if (options_.dates && word.topics.has(Topic::kWeekday))
      state({word.begin, word.end, 0.6, Personal::kDate});
  }

  std::size_t on_short_capitals(std::size_t begin, std::size_t end) {
    const std::size_t separator = separator_length(text_, end);
    const char next = at(text_, end + separator);
    if (separator == 0 || !(is_digit(next) || is_upper(next))) return end;
    const std::size_t reach = std::min(text_.size(), end + 10);
    if (std::none_of(text_.begin() + static_cast<std::ptrdiff_t>(end),
                     text_.begin() + static_cast<std::ptrdiff_t>(reach), is_digit))
      return end;
    Hit best;
    if (end - begin == 2 && at(text_, end) == '-' && is_hex(text_[begin]) &&
        is_hex(text_[begin + 1]))
      best = scan_mac(text_, begin);
    better(best, clustered(begin));
    return state(best) ? best.end : end;
  }

  // ---- numbers

  static void better(Hit& best, const Hit& hit) {
    if (hit.confidence > best.confidence ||
        (hit.confidence == best.confidence && hit.end - hit.begin > best.end - best.begin))
      best = hit;
  }

  /// Part of a longer number or name: "3.14159", "550e8400-e29b-...", "a_1".
  bool glued(std::size_t begin) const {
    if (begin == 0) return false;
    const char before = text_[begin - 1];
    if (before == '_' || before == '\\') return true;
    if (before != '-' && before != '.' && before != '/' && before != ':') return false;
    return begin >= 2 && is_digit(text_[begin - 2]);
  }

  std::size_t on_number(std::size_t begin, std::size_t end) {
    if (!names_.empty()) state(names_.flush());
    last_word_end_ = 0;
    Hit best;
    const bool digits = std::all_of(text_.begin() + static_cast<std::ptrdiff_t>(begin),
                                    text_.begin() + static_cast<std::ptrdiff_t>(end), is_digit);
    if (end - begin >= 26) better(best, scan_wallet(text_, begin, end));
    if (!glued(begin) && end - begin <= kLongestNumber) {
      const char next = at(text_, end);
      if (next == '.' && digits && end - begin <= 3) {
        Hit ip = scan_ipv4(text_, begin);
        if (ip && distance(Topic::kIp, begin) != kNever) ip.confidence = 0.95;
        if (ip && distance(Topic::kVersion, begin) <= 12) ip.confidence = 0.2;
        better(best, ip);
      }
      if ((next == '.' || next == '\xC2') && digits && end - begin <= 3) {
        Hit place = scan_coordinates(text_, begin);
        if (place && distance(Topic::kCoordinates, begin) != kNever) place.confidence = 0.95;
        better(best, place);
      }
      if (next == '-' || next == '.') better(best, scan_mac(text_, begin));
      better(best, clustered(begin));
      if (digits) {
        const DateHit date = scan_date(text_, begin);
        if (date.end != 0) {
          if (distance(Topic::kBirth, begin) != kNever) {
            better(best, {begin, date.end, 0.92, Personal::kBirthDate});
          } else if (options_.dates) {
            better(best, {begin, date.end, 0.75, Personal::kDate});
          }
        }
        better(best, phone(begin));
        if (end - begin <= 5) {
          number_begin_ = begin;
          number_end_ = end;
        }
      }
      if (state(best)) return best.end;
    } else if (state(best)) {
      return best.end;
    }
    return end;
  }

  void state_date(std::size_t begin, std::size_t end) {
    if (distance(Topic::kBirth, begin) != kNever) {
      state({begin, end, 0.92, Personal::kBirthDate});
    } else {
      state({begin, end, 0.75, Personal::kDate});
    }
  }

  /// Whether a number may end here: nothing that belongs to it follows.
  bool ends_well(std::size_t end) const {
    const char c = at(text_, end);
    if (c == '_' || c == '@' || c == '%' || c == '\\') return false;
    if (c == '-' || c == '/' || c == '.' || c == ':' || c == '=')
      return !is_alnum(at(text_, end + 1)) && at(text_, end + 1) != '/';
    return true;
  }

  /// Formats, cards and account numbers that begin at `begin`.
  Hit clustered(std::size_t begin) const {
    const Cluster cluster = read_cluster(text_, begin);
    Hit best;
    for (std::size_t group = cluster.groups; group-- > 0;) {
      const std::size_t size = cluster.group_sizes[group];
      const std::size_t end = cluster.group_ends[group];
      if (size < 5 || !ends_well(end)) continue;
      const std::uint64_t all = (std::uint64_t{1} << size) - 1;
      const std::uint64_t letters = cluster.letters & all;
      const std::uint64_t separators = cluster.separators & all;
      if (letters == 0 && size >= 12) better(best, card(cluster, begin, group));
      if ((letters & 0xF) == 0x3 && size >= 15) better(best, iban(cluster, begin, group));
      for (const NumberShape& shape : number_shapes(size)) {
        if ((letters & shape.letters) != shape.letters || (letters & shape.digits) != 0) continue;
        if (separators != 0 && separators != shape.separators) continue;
        const NumberFormat& format = *shape.format;
        double confidence = separators != 0 ? format.split : format.joined;
        if ((cluster.small & all) != 0) confidence = 0;
        confidence =
            std::max(confidence, beside(format.near, format.topic, format.general, begin, end));
        if (confidence < options_.least_confidence || confidence <= best.confidence) continue;
        if (format.check(cluster.first(size))) best = {begin, end, confidence, format.type};
      }
    }
    if (!best) best = postcode(cluster, begin);
    if (best.confidence < 0.8) better(best, weak(cluster, begin));
    return best;
  }

  /// Confidence beside a word: less the farther away, so that of several the nearest decides.
  double beside(double confidence, Topic topic, Topic general, std::size_t begin,
                std::size_t /*end*/) const {
    const std::size_t exact = distance(topic, begin);
    if (exact != kNever) return confidence - 0.001 * static_cast<double>(exact);
    const std::size_t wide = distance(general, begin);
    if (wide != kNever) return confidence - 0.08 - 0.001 * static_cast<double>(wide);
    return 0;
  }

  Hit card(const Cluster& cluster, std::size_t begin, std::size_t group) const {
    const std::size_t size = cluster.group_sizes[group];
    const std::string_view number = cluster.first(size);
    const std::uint64_t separators = cluster.separators & ((std::uint64_t{1} << size) - 1);
    constexpr std::uint64_t kFours = 0x1110;
    const bool grouped = (separators == kFours && size == 16) ||
                         (separators == (kFours | 0x10000) && size == 19) ||
                         (separators == 0x410 && (size == 15 || size == 14));
    if ((separators != 0 && !grouped) || !checks::luhn(number) ||
        number.find_first_not_of(number[0]) == std::string_view::npos)
      return {};
    const int two = (number[0] - '0') * 10 + (number[1] - '0');
    const int four = two * 100 + (number[2] - '0') * 10 + (number[3] - '0');
    const bool known = (number[0] == '4' && (size == 16 || size == 13 || size == 19)) ||
                       (two >= 51 && two <= 55 && size == 16) ||
                       (four >= 2221 && four <= 2720 && size == 16) ||
                       ((two == 34 || two == 37) && size == 15) ||
                       ((two == 36 || two == 38 || two == 39 || two == 30) && size == 14) ||
                       ((four == 6011 || two == 65 || two == 62 || two == 64) && size >= 16) ||
                       (four >= 3528 && four <= 3589 && size >= 16) ||
                       ((two == 50 || two == 56 || two == 57 || two == 58 || two == 60 ||
                         two == 61 || two == 63 || two == 67) &&
                        size >= 12);
    const bool said = distance(Topic::kCard, begin) != kNever;
    double confidence = known ? (grouped ? 0.93 : 0.8) : 0;
    if (known && (size < 14 || two >= 56) && !grouped) confidence = 0.5;
    if (said) confidence = known ? 0.98 : 0.7;
    return {begin, cluster.group_ends[group], confidence, Personal::kCard};
  }

  Hit iban(const Cluster& cluster, std::size_t begin, std::size_t group) const {
    const std::size_t size = cluster.group_sizes[group];
    // Groups of four, the last one shorter; or none.
    const std::uint64_t separators = cluster.separators & ((std::uint64_t{1} << size) - 1);
    if (separators != 0 && (separators & ~std::uint64_t{0x1111111110}) != 0) return {};
    if (!checks::iban(cluster.first(size))) return {};
    return {begin, cluster.group_ends[group], 0.99, Personal::kIban};
  }

  /// United Kingdom and, beside their word, others.
  Hit postcode(const Cluster& cluster, std::size_t begin) const {
    const bool said = distance(Topic::kPostcode, begin) <= 24;
    if (cluster.groups >= 2) {
      const std::size_t size = cluster.group_sizes[1];
      const std::size_t outward = cluster.group_sizes[0];
      const std::uint64_t letters = cluster.letters & ((std::uint64_t{1} << size) - 1);
      const std::uint64_t inward = letters >> outward;
      if (size >= 5 && size <= 7 && size - outward == 3 && inward == 0x6 && (letters & 1U) != 0 &&
          ends_well(cluster.group_ends[1]) && at(text_, cluster.group_ends[0]) == ' ') {
        const std::uint64_t shape = letters & ((std::uint64_t{1} << outward) - 1);
        // A9, A99, AA9, AA99, A9A, AA9A
        const bool known = (outward == 2 && shape == 1) ||
                           (outward == 3 && (shape == 1 || shape == 3 || shape == 5)) ||
                           (outward == 4 && (shape == 3 || shape == 0xB));
        if (known && ((cluster.small & 0x7F) == 0 || said))
          return {begin, cluster.group_ends[1], said ? 0.95 : 0.75, Personal::kPostcode};
      }
    }
    if (!said || cluster.groups == 0) return {};
    std::size_t group = 0;
    if (cluster.groups > 1 && cluster.group_sizes[0] <= 5 &&
        cluster.group_sizes[1] - cluster.group_sizes[0] <= 4 &&
        (cluster.letters >> cluster.group_sizes[0] & 1U) == 0 &&
        at(text_, cluster.group_ends[0]) == '-')
      group = 1;
    const std::size_t size = cluster.group_sizes[group];
    if (size < 4 || size > 9 || !ends_well(cluster.group_ends[group])) return {};
    return {begin, cluster.group_ends[group], 0.8, Personal::kPostcode};
  }

  /// Numbers without a form, where their word was the last one that said anything.
  Hit weak(const Cluster& cluster, std::size_t begin) const {
    if (last_topic_end_ == 0 || begin - last_topic_end_ > kNear || last_span_end_ > last_topic_end_)
      return {};
    for (const WeakFormat& format : weak_formats()) {
      if (std::find(last_topics_.begin(), last_topics_.end(), format.topic) == last_topics_.end())
        continue;
      Hit best;
      for (std::size_t group = 0; group < cluster.groups; ++group) {
        const std::size_t size = cluster.group_sizes[group];
        if (size > format.longest) break;
        const std::size_t start = group == 0 ? 0 : cluster.group_sizes[group - 1];
        const std::uint64_t mask =
            ((std::uint64_t{1} << size) - 1) & ~((std::uint64_t{1} << start) - 1);
        // Another word, or a group of its own after a whole number.
        const bool lower = (cluster.small & mask) != 0 && (cluster.letters & mask) == mask;
        if (lower) break;
        if (group > 0 && best && (cluster.letters & mask) == 0 && size - start == 4 &&
            at(text_, cluster.group_ends[group - 1]) == ' ')
          break;
        const std::uint64_t letters = cluster.letters & ((std::uint64_t{1} << size) - 1);
        const auto letter_count = static_cast<std::size_t>(__builtin_popcountll(letters));
        if (size < format.shortest || size - letter_count < format.fewest_digits ||
            letter_count < format.fewest_letters || !ends_well(cluster.group_ends[group]))
          continue;
        best = {begin, cluster.group_ends[group],
                format.confidence - 0.002 * static_cast<double>(begin - last_topic_end_),
                format.type};
      }
      if (best) return best;
    }
    return {};
  }

  // ---- telephone numbers

  Hit phone(std::size_t begin) {
    if (begin < phone_until_) return {};
    const std::size_t place = begin;
    // A bracket or plus before belongs to it and was looked at on its own.
    const PhoneHit found = scan_phone(text_, place);
    if (found.form == PhoneForm::kNone) return {};
    return judged(place, found);
  }

  /// Whether the word about phones has had its number, and other words came after it: "call 555
  /// 0100 200 about invoice 2024-000123".
  bool answered_before(std::size_t begin) const {
    const std::size_t word = topic_ends_[static_cast<std::size_t>(Topic::kPhone)];
    if (last_span_end_ <= word || last_span_end_ > begin) return false;
    return std::any_of(text_.begin() + static_cast<std::ptrdiff_t>(last_span_end_),
                       text_.begin() + static_cast<std::ptrdiff_t>(begin), is_alpha);
  }

  Hit judged(std::size_t begin, const PhoneHit& found) {
    const bool said = distance(Topic::kPhone, begin) <= 48;
    double confidence = 0;
    switch (found.form) {
      case PhoneForm::kInternational:
        confidence = said ? 0.96 : (text_[begin] == '+' ? 0.9 : 0.75);
        break;
      case PhoneForm::kNorthAmerican:
        confidence = said ? 0.95 : 0.75;
        break;
      case PhoneForm::kTrunk:
        confidence = said ? 0.9 : 0.55;
        break;
      case PhoneForm::kNational:
        confidence = said && !answered_before(begin) ? 0.8 : 0;
        break;
      case PhoneForm::kNone:
        break;
    }
    if (confidence == 0) {
      // "089 72 63 41 office": the word may follow.
      pending_ = {begin, found.end, 0.75, Personal::kPhone};
      phone_until_ = found.end;
    }
    return {begin, found.end, confidence, Personal::kPhone};
  }

  void state_pending(std::size_t word) {
    constexpr std::size_t kAfter = 4;
    if (!pending_ || word < pending_.end || word - pending_.end > kAfter) return;
    const Hit hit = std::exchange(pending_, {});
    if (last_span_end_ <= hit.begin) state(hit);
  }

  // ---- signs

  std::size_t on_sign(std::size_t i) {
    switch (text_[i]) {
      case '@':
        if (const Hit mail = scan_email(text_, i); mail) {
          if (state(mail)) return std::max(mail.end, i + 1);
        }
        return i + 1;
      case ':':
        return on_colon(i);
      case '+':
      case '(':
        return on_phone_sign(i);
      default:  // end of a line
        if (!names_.empty()) state(names_.flush());
        return i + 1;
    }
  }

  std::size_t on_phone_sign(std::size_t i) {
    const bool after_number = i > 0 && (is_alnum(text_[i - 1]) || text_[i - 1] == '_');
    const char next = at(text_, i + 1);
    if (after_number || !(is_digit(next) || (text_[i] == '(' && next == '+'))) return i + 1;
    if (!names_.empty()) state(names_.flush());
    const std::size_t begin = next == '+' ? i + 1 : i;
    const PhoneHit found = scan_phone(text_, begin);
    if (found.form == PhoneForm::kNone) return i + 1;
    const Hit hit = judged(begin, found);
    return state(hit) ? hit.end : i + 1;
  }

  std::size_t on_colon(std::size_t i) {
    if (at(text_, i + 1) == '/' && at(text_, i + 2) == '/') {
      if (options_.urls && i >= url_until_) {
        if (const Hit url = scan_url(text_, i); url) {
          state(url);
          url_until_ = url.end;
        }
      }
      state(scan_url_credentials(text_, i));
      return i + 3;
    }
    const bool inside = i > 0 && (is_hex(text_[i - 1]) || text_[i - 1] == ':') &&
                        (is_hex(at(text_, i + 1)) || at(text_, i + 1) == ':');
    if (!inside || i < colon_until_) return i + 1;
    const Hit hit = scan_colons(text_, i);
    // The next colons of the same run would only say the same.
    std::size_t end = i;
    while (end < text_.size() && end - i < 45 && (is_hex(text_[end]) || text_[end] == ':')) ++end;
    colon_until_ = end;
    return state(hit) ? hit.end : i + 1;
  }

  std::string_view text_;
  const PersonalOptions& options_;
  SpanSink& sink_;
  const TopicTable topics_;
  NameFinder names_;
  bool stopped_ = false;
  std::array<std::size_t, static_cast<std::size_t>(Topic::kCount)> topic_ends_{};
  std::array<Topic, 4> last_topics_{};
  std::size_t last_topic_end_ = 0;
  std::size_t last_span_end_ = 0;
  std::uint64_t last_word_hash_ = 0;
  std::size_t last_word_end_ = 0;
  std::size_t number_begin_ = 0;
  std::size_t number_end_ = 0;
  Hit pending_;
  std::size_t phone_until_ = 0;
  std::size_t url_until_ = 0;
  std::size_t colon_until_ = 0;
};

}  // namespace

void find_personal(std::string_view text, const PersonalOptions& options, SpanSink& sink) {
  Search(text, options, sink).run();
}

}  // namespace saiph::detect
