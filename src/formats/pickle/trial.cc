#include "formats/pickle/trial.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "base/byte_reader.h"
#include "formats/pickle/opcodes.h"
#include "formats/pickle/walk.h"

namespace saiph::formats {

namespace op = pickle_op;

namespace {

constexpr std::uint64_t kTrialBytes = std::uint64_t{64} << 10;
/// Setting a trial up costs about as much as interpreting this many bytes.
constexpr std::uint64_t kTrialCost = 512;
constexpr std::size_t kNear = 1024;

bool is_identifier_byte(std::uint8_t c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_' ||
         c >= 0x80;
}

bool is_dotted_identifier(std::string_view text) {
  if (text.empty() || text.size() > 512 || text.front() == '.' || text.back() == '.') return false;
  return std::all_of(text.begin(), text.end(), [](char c) {
    return c == '.' || is_identifier_byte(static_cast<std::uint8_t>(c));
  });
}

class TrialObserver final : public PickleObserver {
 public:
  PickleTraits on_new_name(const PickleName& name) override {
    if (!is_dotted_identifier(name.raw_module) || !is_dotted_identifier(name.raw_name))
      plausible = false;
    if (!is_ordinary(name.raw_module) || !is_ordinary(name.raw_name)) ordinary = false;
    return {false, PickleTraits::kImport | PickleTraits::kRebuild | PickleTraits::kCall};
  }
  bool plausible = true;
  bool ordinary = true;

 private:
  static bool is_ordinary(std::string_view text) {
    return text.size() > 1 && std::none_of(text.begin(), text.end(), [](char c) {
             return static_cast<std::uint8_t>(c) >= 0x80;
           });
  }
};

/// First bytes that may begin a stream without PROTO: opcodes that work on an empty stack.
constexpr std::array<bool, 256> kStarts = [] {
  std::array<bool, 256> starts{};
  for (const std::uint8_t c : {op::kMark,        op::kFloat,         op::kInt,
                               op::kBinInt,      op::kBinInt1,       op::kLong,
                               op::kBinInt2,     op::kNone,          op::kPersId,
                               op::kString,      op::kBinString,     op::kShortBinString,
                               op::kUnicode,     op::kBinUnicode,    op::kGlobal,
                               op::kEmptyDict,   op::kEmptyList,     op::kEmptyTuple,
                               op::kBinFloat,    op::kProto,         op::kExt1,
                               op::kExt2,        op::kExt4,          op::kNewTrue,
                               op::kNewFalse,    op::kLong1,         op::kLong4,
                               op::kBinBytes,    op::kShortBinBytes, op::kShortBinUnicode,
                               op::kBinUnicode8, op::kBinBytes8,     op::kEmptySet,
                               op::kFrame,       op::kByteArray8,    op::kNextBuffer}) {
    starts[c] = true;
  }
  return starts;
}();

/// The operand line or string of a name: where a hidden stream without PROTO would begin.
bool looks_like_global_line(ByteView rest) {
  // c<module>\n<name>\n
  std::size_t at = 1;
  while (at < rest.size() && at < 96 && (is_identifier_byte(rest[at]) || rest[at] == '.')) ++at;
  if (at < 3 || at >= rest.size() || rest[at] != '\n') return false;
  const std::size_t name = ++at;
  while (at < rest.size() && at < name + 96 && (is_identifier_byte(rest[at]) || rest[at] == '.'))
    ++at;
  return at > name && at + 1 < rest.size() && rest[at] == '\n';
}

bool looks_like_name_string(ByteView rest) {
  // SHORT_BINUNICODE or SHORT_BINSTRING n, or BINUNICODE n 0 0 0, then n identifier bytes
  const std::size_t head = rest[0] == op::kBinUnicode ? 5 : 2;
  if (rest.size() < head + 3) return false;
  const std::size_t n = rest[1];
  if (head == 5 && (rest[2] != 0 || rest[3] != 0 || rest[4] != 0)) return false;
  if (n < 2 || n > 64 || rest.size() < head + n + 2) return false;
  for (std::size_t i = 0; i < n; ++i) {
    if (!is_identifier_byte(rest[head + i]) && rest[head + i] != '.') return false;
    if (rest[head + i] >= 0x80) return false;
  }
  const std::uint8_t next = rest[head + n];
  return next == op::kMemoize || next == op::kShortBinUnicode || next == op::kBinUnicode ||
         next == op::kBinPut || next == op::kShortBinString || next == op::kUnicode ||
         next == op::kPut;
}

bool is_candidate(ByteView rest) {
  switch (rest[0]) {
    case op::kProto:
      return rest.size() > 3 && rest[1] <= 5 && (kStarts[rest[2]] && rest[2] != op::kProto);
    case op::kGlobal:
      return looks_like_global_line(rest);
    case op::kMark:
      return rest.size() > 4 &&
             ((rest[1] == op::kGlobal && looks_like_global_line(rest.subspan(1))) ||
              (rest[1] == op::kString && (rest[2] == '\'' || rest[2] == '"')));
    case op::kShortBinUnicode:
    case op::kBinUnicode:
    case op::kShortBinString:
      return looks_like_name_string(rest);
    default:
      return false;
  }
}

constexpr std::array<bool, 256> kCandidateStarts = [] {
  std::array<bool, 256> starts{};
  for (const std::uint8_t c : {op::kProto, op::kGlobal, op::kMark, op::kShortBinUnicode,
                               op::kBinUnicode, op::kShortBinString}) {
    starts[c] = true;
  }
  return starts;
}();

/// Whether a line that was not followed to its end can be the operand that its opcode asks for, as
/// little prose can: text files have long lines as well.
bool begins_operand(ByteView rest) {
  if (rest.size() < 2) return false;
  const auto next = static_cast<char>(rest[1]);
  switch (rest[0]) {
    case op::kString:
      return next == '\'' || next == '"';
    case op::kInt:
    case op::kLong:
    case op::kFloat:
      return (next >= '0' && next <= '9') || next == '-' || next == '+' || next == '.';
    default:
      return true;
  }
}

}  // namespace

PickleTrialResult try_pickle(const ByteSource& source, Budget& budget, std::uint64_t offset,
                             std::uint64_t most) {
  TrialObserver observer;
  PickleMachine machine(source, budget, observer);
  PickleTrialResult result;
  const std::uint64_t end = most > UINT64_MAX - offset ? UINT64_MAX : offset + most;
  result.outcome = machine.run(offset, PickleFrames::kLinear, end);
  result.names_plausible = observer.plausible;
  result.names_ordinary = observer.ordinary;
  return result;
}

bool PickleTrial::accepts(const ByteSource& source, Budget& budget, std::uint64_t offset,
                          bool follows) {
  const PickleTrialResult trial = try_pickle(source, budget, offset, kTrialBytes);
  const bool cut = trial.outcome.truncated && source.size() - offset > kTrialBytes;
  spent_ += (trial.outcome.end == PickleEnd::kStop || !cut
                 ? trial.outcome.offset - std::min(offset, trial.outcome.offset)
                 : kTrialBytes) +
            kTrialCost;
  // In arbitrary bytes an import alone occurs by chance: about once in a gigabyte. A call does not.
  if (!follows) {
    return trial.names_ordinary &&
           (trial.called() || (cut && trial.did_something() && trial.outcome.opcodes > 1024));
  }
  if (trial.outcome.end == PickleEnd::kStop)
    return trial.did_something() || trial.outcome.opcodes > 2;
  return trial.called() || (cut && (trial.did_something() || trial.outcome.opcodes > 1024));
}

std::optional<std::uint64_t> PickleTrial::search(const ByteSource& source, Budget& budget,
                                                 std::uint64_t from, std::uint64_t to) {
  constexpr std::size_t kLook = 256;
  SourceReader reader(source, from,
                      static_cast<std::size_t>(
                          std::min<std::uint64_t>(SourceReader::kWindowBytes, to - from + kLook)));
  const std::uint64_t allowance = 4 * (to - from) + (std::uint64_t{1} << 20) + spent_;
  while (reader.offset() < to) {
    if (!reader.refill(kLook)) return std::nullopt;
    const std::uint64_t base = reader.offset();
    const ByteView view = reader.buffered();
    if (view.empty()) return std::nullopt;
    const bool last = base + view.size() >= source.size();
    std::size_t stop = static_cast<std::size_t>(
        std::min<std::uint64_t>({view.size(), to - base, std::size_t{256} << 10}));
    if (!last && view.size() - stop < kLook)
      stop = view.size() > kLook ? view.size() - kLook : stop;
    if (!budget.take_work(stop / 8 + 1)) return std::nullopt;
    for (std::size_t i = 0; i < stop; ++i) {
      if (!kCandidateStarts[view[i]] ||
          !is_candidate(view.subspan(i, std::min(kLook, view.size() - i))))
        continue;
      if (spent_ > allowance) {
        gave_up_ = true;
        return std::nullopt;
      }
      // Most candidates break within a few opcodes: those are tried on what stands in memory.
      const ViewSource near(view.subspan(i, std::min(kNear, view.size() - i)));
      const PickleTrialResult quick = try_pickle(near, budget, 0, UINT64_MAX);
      if (!quick.outcome.truncated && quick.outcome.end == PickleEnd::kBroken && !quick.called()) {
        spent_ += kTrialCost + quick.outcome.offset;
        continue;
      }
      if (accepts(source, budget, base + i, false)) return base + i;
    }
    reader.consume_buffered(std::max<std::size_t>(stop, 1));
  }
  return std::nullopt;
}

bool probe_pickle(ByteView head, const ByteSource& source) {
  if (head.size() < 2 || !kStarts[head[0]]) return false;
  if (head[0] == op::kProto && (head[1] > 5 || head.size() < 3)) return false;
  Limits limits = Limits::strict();
  limits.work_units = std::uint64_t{1} << 24;
  Budget budget(limits);
  // The head alone answers for nearly everything; long streams without PROTO go on from the source.
  const ViewSource view(head);
  std::uint64_t at = 0;
  const bool whole = head.size() >= source.size();
  for (int streams = 0; streams < 16 && at < head.size(); ++streams) {
    PickleTrialResult trial = try_pickle(view, budget, at, UINT64_MAX);
    const bool cut = trial.outcome.truncated && !whole;
    if (cut && !trial.outcome.has_protocol && !trial.called() && trial.outcome.opcodes < 64) {
      constexpr std::uint64_t kFollowBytes = std::uint64_t{64} << 20;
      trial = try_pickle(source, budget, at, kFollowBytes);
      if (trial.outcome.truncated || trial.outcome.end == PickleEnd::kExhausted) {
        // Cut by the limit of this look, not by the end of the file: the inspector decides.
        const bool limited =
            trial.outcome.end == PickleEnd::kExhausted || source.size() - at > kFollowBytes;
        return trial.called() || (limited && begins_operand(head.subspan(at)));
      }
    }
    if (trial.called()) return true;
    if (trial.outcome.end == PickleEnd::kStop) {
      if (trial.outcome.has_protocol || trial.did_something()) return true;
      if (trial.outcome.offset >= source.size()) return true;
      at = trial.outcome.offset;
      continue;
    }
    if (trial.outcome.truncated)
      return cut || (trial.outcome.has_protocol && trial.outcome.opcodes > 1);
    return trial.outcome.has_protocol && (trial.did_something() || trial.outcome.opcodes > 16);
  }
  // Streams right behind each other, as far as was looked.
  return true;
}

}  // namespace saiph::formats
