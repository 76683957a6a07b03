#include "detect/literals/search_literals.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "detect/literals/confirm.h"
#include "detect/literals/hidden_text.h"
#include "detect/literals/patterns.h"
#include "detect/literals/pickle_shape.h"
#include "detect/rules/dataset.h"
#include "detect/rules/secrets.h"
#include "detect/rules/text.h"
#include "match/literals/literal_set.h"

namespace saiph::detect {

namespace {

using formats::FormatId;

// 256 KiB stays in the L2 cache together with the tables.
constexpr std::size_t kChunk = 256U << 10;
constexpr std::size_t kPickleView = 64U << 10;
// Pickle walks that came to nothing may cost this much, and four times what was searched: text made
// of pickle heads must not make the search quadratic.
constexpr std::uint64_t kWalkAllowance = 4U << 20;
constexpr int kMostPickles = 16;
// A shorter run may be typography, an emoji sequence or chance in binary data.
constexpr std::uint32_t kFewestTags = 4;
constexpr std::uint32_t kFewestSelectors = 4;
constexpr std::uint32_t kFewestZeroWidths = 8;
constexpr std::string_view kArchiveMagic = "!<arch>\n";
// U+1F3F4 starts the flags that are spelt with tags (Unicode TR 51, ED-14a).
constexpr std::string_view kBlackFlag = "\xF0\x9F\x8F\xB4";

const match::LiteralSet& literal_set() {
  static const match::LiteralSet set(literals(), literal_places());
  return set;
}

bool is_text_type(FormatId type) {
  switch (type) {
    case FormatId::kText:
    case FormatId::kJson:
    case FormatId::kJsonLines:
    case FormatId::kNotebook:
    case FormatId::kYaml:
    case FormatId::kCsv:
    case FormatId::kPython:
    case FormatId::kJinja:
    case FormatId::kRequirements:
    case FormatId::kScript:
      return true;
    default:
      return false;
  }
}

bool is_executable_type(FormatId type) {
  return type == FormatId::kElf || type == FormatId::kPe || type == FormatId::kMachO;
}

/// One search over one source of bytes.
class Search {
 public:
  Search(Inspection& inspection, const ByteSource& source)
      : inspection_(inspection), source_(source) {
    for (const FormatId type : inspection.types()) {
      text_ = text_ || is_text_type(type);
      executable_ = executable_ || is_executable_type(type);
      // The pickle engine itself searches these.
      pickle_ = pickle_ || type == FormatId::kPickle || type == FormatId::kNumpy ||
                type == FormatId::kUnknown;
      json_ = json_ || type == FormatId::kJson || type == FormatId::kJsonLines ||
              type == FormatId::kNotebook;
    }
    // A library archive is native code throughout.
    std::array<std::uint8_t, kArchiveMagic.size()> head{};
    const auto got = source.read_at(0, head);
    executable_ = executable_ || (got && as_text(head) == kArchiveMagic);
  }

  /// The bytes were unpacked from `part`, which stands at `offset` in the artefact.
  void unpacked_from(std::string_view part, std::uint64_t offset) {
    part_ = part;
    fixed_offset_ = offset;
    text_ =
        true;  // unpacked values are looked at as text; offsets of nested artefacts do not exist
    pickle_ = true;
  }

  /// Searches [from, to). False when the source failed or the budget ended.
  bool range(std::uint64_t from, std::uint64_t to) {
    match::LiteralStream stream(literal_set(), from);
    const auto whole = source_.contiguous();
    while (from < to) {
      const auto length = static_cast<std::size_t>(std::min<std::uint64_t>(kChunk, to - from));
      if (whole) {
        chunk_ = whole->subspan(static_cast<std::size_t>(from), length);
      } else {
        buffer_.resize(kChunk);
        auto got = source_.read_at(from, MutableByteView(buffer_).first(length));
        if (!got) {
          inspection_.incomplete(got.error());
          return false;
        }
        if (*got < length) {
          inspection_.incomplete("unreadable", "the artefact ended before its size", from + *got);
          return false;
        }
        chunk_ = ByteView(buffer_).first(length);
      }
      chunk_offset_ = from;
      matches_.clear();
      stream.feed(chunk_, matches_);
      from += length;
      searched_ += length;
      if (!inspection_.budget().take_work(length / 64 + 1)) return stop(from);
      for (const match::LiteralMatch& match : matches_) {
        if (!inspection_.budget().take_work(16)) return stop(match.offset);
        examine(match);
      }
    }
    return true;
  }

 private:
  bool stop(std::uint64_t at) {
    inspection_.incomplete("limit", inspection_.budget().reason(), fixed_offset_.value_or(at));
    return false;
  }

  Around around(const match::LiteralMatch& match, std::size_t after) {
    const std::uint64_t start =
        match.offset - std::min<std::uint64_t>(match.offset, Around::kBefore);
    const std::uint64_t end =
        std::min(source_.size(),
                 match.offset + std::min<std::uint64_t>(after, source_.size() - match.offset));
    ByteView all;
    if (const auto whole = source_.contiguous()) {
      all = whole->subspan(static_cast<std::size_t>(start), static_cast<std::size_t>(end - start));
    } else if (start >= chunk_offset_ && end <= chunk_offset_ + chunk_.size()) {
      all = chunk_.subspan(static_cast<std::size_t>(start - chunk_offset_),
                           static_cast<std::size_t>(end - start));
    } else {
      context_.resize(static_cast<std::size_t>(end - start));
      const auto got = source_.read_at(start, context_);
      all = ByteView(context_).first(got ? *got : 0);
    }
    const auto before = std::min(static_cast<std::size_t>(match.offset - start), all.size());
    return {all.first(before), all.subspan(before), literal_set().length_of(match.literal)};
  }

  void examine(const match::LiteralMatch& match) {
    const Pattern pattern = pattern_of(match.literal);
    if (match.offset < skip_until_[static_cast<std::size_t>(pattern.check)]) return;
    switch (pattern.check) {
      case Check::kElf:
      case Check::kPortable:
      case Check::kMachO:
        if (executable_ || match.offset == 0) return;
        break;
      case Check::kPickle:
        if (!pickle_ && !(match.offset == 0 && inspection_.role() == "as:pickle"))
          examine_pickle(match);
        return;
      case Check::kSecret:
        if (!text_ && pattern.secret.check == SecretCheck::kAssignment) return;
        break;
      case Check::kBidirectional:
        if (!text_) return;
        break;
      case Check::kHiddenEscape:
        if (!json_) return;
        break;
      case Check::kArrowExtension:
        if (!text_) {
          state({&rules::kDatasetPythonExtensionType,
                 "a schema names the extension type arrow.py_extension_type",
                 {},
                 std::nullopt,
                 0},
                match.offset);
        }
        return;
      default:
        break;
    }
    const Around here = around(match, Around::kAfter);
    if (here.after.size() < here.literal) return;
    std::optional<Confirmed> confirmed;
    switch (pattern.check) {
      case Check::kSecret:
        if (pattern.secret.check == SecretCheck::kUrl) {
          confirmed = confirm_data_collector(here);
          if (confirmed) state(*confirmed, match.offset);
        }
        confirmed = confirm_secret(pattern.secret, here);
        break;
      case Check::kElf:
      case Check::kPortable:
      case Check::kMachO:
        confirmed = confirm_executable(pattern.check, here);
        break;
      case Check::kHiddenText:
      case Check::kHiddenEscape:
        examine_hidden(match, here, pattern.check);
        break;
      case Check::kBidirectional:
        if (reorders_line(here.after)) {
          skip_until_[static_cast<std::size_t>(Check::kBidirectional)] =
              match.offset + line_length(here.after);
          state(
              {&rules::kTextBidirectionalOverride,
               "a line is reordered by bidirectional control characters",
               std::string(as_text(here.after.first(std::min<std::size_t>(here.after.size(), 80)))),
               std::nullopt, 0},
              match.offset);
        }
        break;
      case Check::kPickle:
      case Check::kArrowExtension:
        break;  // answered above
    }
    if (confirmed) state(*confirmed, match.offset);
  }

  static std::size_t line_length(ByteView bytes) {
    const std::size_t end = as_text(bytes).find('\n');
    return end == std::string_view::npos ? bytes.size() : end;
  }

  void examine_hidden(const match::LiteralMatch& match, const Around& here, Check check) {
    const HiddenRun run = read_hidden(here.after, check == Check::kHiddenEscape);
    skip_until_[static_cast<std::size_t>(check)] = match.offset + run.bytes;
    const bool flag = as_text(here.before).ends_with(kBlackFlag) ||
                      (check == Check::kHiddenEscape && as_text(here.before).ends_with("\\udff4"));
    if (run.tags >= kFewestTags && !(flag && run.tags <= 8)) {
      state(
          {&rules::kTextHiddenTags, std::to_string(run.tags) + " tag characters spell hidden text",
           run.decoded, std::nullopt, 0},
          match.offset);
    } else if (run.selectors >= kFewestSelectors) {
      state({&rules::kTextHiddenSelectors,
             std::to_string(run.selectors) + " variation selectors in a row", run.decoded,
             std::nullopt, 0},
            match.offset);
    } else if (run.zero_widths >= kFewestZeroWidths) {
      state({&rules::kTextHiddenZeroWidth,
             std::to_string(run.zero_widths) + " zero-width characters in a row",
             {},
             std::nullopt,
             0},
            match.offset);
    }
  }

  void examine_pickle(const match::LiteralMatch& match) {
    if (pickles_ >= kMostPickles) return;
    if (wasted_ > kWalkAllowance + searched_ * 4) {
      if (!walks_ended_)
        inspection_.incomplete("limit", "too many places look like the start of a pickle",
                               match.offset);
      walks_ended_ = true;
      return;
    }
    const Around here = around(match, kPickleView);
    const PickleShape shape = walk_pickle(here.after);
    // Without a PROTO opcode lists of words parse for a while ("cos", "cosh", ...): such a stream
    // has to end, or at least to break rather than to run on.
    const bool announced = here.after[0] == 0x80;
    const bool ended = shape.stopped || announced || (!text_ && !shape.cut);
    if (!shape.plausible() || !ended) {
      wasted_ += shape.length;
      return;
    }
    skip_until_[static_cast<std::size_t>(Check::kPickle)] = match.offset + shape.length;
    if (++pickles_ == kMostPickles) {
      inspection_.incomplete(
          "limit",
          "more than " + std::to_string(kMostPickles - 1) + " pickles in data of another kind",
          match.offset);
      return;
    }
    // A stream longer than the view goes on to the end of the artefact; the engine finds its end.
    const std::uint64_t length = shape.stopped ? shape.length : source_.size() - match.offset;
    state({&rules::kEmbeddedPickle,
           "a pickle with " + std::to_string(shape.names) + " imports and " +
               std::to_string(shape.calls) + " calls" +
               (shape.stopped ? "" : ", its end not in sight"),
           {},
           std::nullopt,
           0},
          match.offset);
    inspection_.member({"pickle@" + std::to_string(match.offset),
                        [source = inspection_.source_ptr(), offset = match.offset,
                         length]() -> Result<std::shared_ptr<const ByteSource>> {
                          return std::shared_ptr<const ByteSource>(
                              std::make_shared<const SubSource>(source, offset, length));
                        },
                        "as:pickle"});
  }

  void state(const Confirmed& confirmed, std::uint64_t at) {
    FindingDraft draft;
    draft.severity = confirmed.severity;
    draft.offset =
        fixed_offset_ ? *fixed_offset_
                      : static_cast<std::uint64_t>(static_cast<std::int64_t>(at) + confirmed.shift);
    draft.part = part_;
    draft.detail = confirmed.detail;
    draft.excerpt = confirmed.excerpt;
    inspection_.finding(*confirmed.rule, std::move(draft));
  }

  Inspection& inspection_;
  const ByteSource& source_;
  std::string part_;
  std::optional<std::uint64_t> fixed_offset_;
  bool text_ = false;
  bool json_ = false;
  bool executable_ = false;
  bool pickle_ = false;
  bool walks_ended_ = false;
  int pickles_ = 0;
  std::uint64_t wasted_ = 0;
  std::uint64_t searched_ = 0;
  std::array<std::uint64_t, static_cast<std::size_t>(Check::kBidirectional) + 1> skip_until_{};
  Bytes buffer_;
  Bytes context_;
  ByteView chunk_;
  std::uint64_t chunk_offset_ = 0;
  std::vector<match::LiteralMatch> matches_;
};

}  // namespace

void search_literals(Inspection& inspection, std::span<const ByteRange> excluded) {
  const ByteSource& source = inspection.source();
  Search search(inspection, source);
  std::uint64_t at = 0;
  for (const ByteRange& range : excluded) {
    const std::uint64_t start = std::min(range.offset, source.size());
    if (start > at && !search.range(at, start)) return;
    at = std::max(at, start + std::min(range.length, source.size() - start));
  }
  if (at < source.size()) search.range(at, source.size());
}

void search_literals_in(Inspection& inspection, ByteView bytes, std::string_view part,
                        std::uint64_t offset) {
  const ViewSource source(bytes);
  Search search(inspection, source);
  search.unpacked_from(part, offset);
  search.range(0, source.size());
}

}  // namespace saiph::detect
