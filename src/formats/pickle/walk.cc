#include "formats/pickle/walk.h"

#include <algorithm>

#include "base/checked.h"
#include "formats/pickle/trial.h"

namespace saiph::formats {

namespace {

using std::string_view_literals::operator""sv;

std::uint64_t item_bytes_of(std::string_view type) {
  struct Row {
    std::string_view prefix;
    std::uint64_t bytes;
  };
  static constexpr Row kRows[] = {
      {"DoubleStorage", 8},
      {"FloatStorage", 4},
      {"HalfStorage", 2},
      {"LongStorage", 8},
      {"IntStorage", 4},
      {"ShortStorage", 2},
      {"CharStorage", 1},
      {"ByteStorage", 1},
      {"BoolStorage", 1},
      {"BFloat16Storage", 2},
      {"ComplexDoubleStorage", 16},
      {"ComplexFloatStorage", 8},
      {"QUInt8Storage", 1},
      {"QInt8Storage", 1},
      {"QInt32Storage", 4},
      {"QUInt4x2Storage", 1},
      {"QUInt2x4Storage", 1},
      {"UntypedStorage", 1},
  };
  for (const Row& row : kRows) {
    if (type == row.prefix) return row.bytes;
  }
  return 0;
}

// PyTorch's legacy magic number 0x1950a86a20f9469cfc6c as LONG1 stores it.
constexpr auto kTorchMagic = "\x6c\xfc\x9c\x46\xf9\x20\x6a\xa8\x50\x19"sv;
constexpr std::int64_t kTorchLegacyProtocol = 1001;

bool is_torch_magic(const ByteSource& source, PickleValue result) {
  if (!result.is(PickleKind::kBigInteger)) return false;
  std::array<std::uint8_t, 10> bytes{};
  const auto got = source.read_at(result.payload(), bytes);
  return got && *got == bytes.size() && as_text(bytes) == kTorchMagic;
}

class Walker {
 public:
  Walker(const ByteSource& source, Budget& budget, PickleFileObserver& observer,
         PickleWalkOptions options)
      : source_(source),
        budget_(budget),
        observer_(observer),
        options_(options),
        machine_(source, budget, observer) {}

  PickleFile walk() {
    std::uint64_t at = 0;
    bool go_on = true;
    if (!options_.search_only) {
      go_on = stream(at, PicklePlace::kFirst);
      if (!go_on && file_.outcome == PickleFile::Outcome::kNotThisFormat) return file_;
    }
    while (go_on && at < source_.size()) {
      if (file_.torch_legacy && file_.streams == 5 && !skip_torch_storages(at)) break;
      if (at >= source_.size()) break;
      if (next_follows(at)) {
        go_on = stream(at, PicklePlace::kNext);
        continue;
      }
      const auto hidden = search(at);
      if (!hidden) break;
      at = *hidden;
      go_on = stream(at, PicklePlace::kHidden);
    }
    return file_;
  }

 private:
  void malformed(ErrorCode code, std::uint64_t offset, std::string reason) {
    if (file_.outcome == PickleFile::Outcome::kMalformed) return;
    file_.outcome = PickleFile::Outcome::kMalformed;
    file_.code = code;
    file_.offset = offset;
    file_.reason = std::move(reason);
  }

  // Interprets the stream at `at` and moves behind it. False when nothing after it can be reached.
  bool stream(std::uint64_t& at, PicklePlace place) {
    observer_.on_stream_begin(at, place, PickleFrames::kLinear);
    PickleOutcome outcome = machine_.run(at);
    observer_.on_stream_end(machine_, outcome);
    if (outcome.frames_disagree) {
      observer_.on_stream_begin(at, place, PickleFrames::kBuffered);
      const PickleOutcome other = machine_.run(at, PickleFrames::kBuffered);
      observer_.on_stream_end(machine_, other);
      // Either reading ends the stream; the one that gets to STOP is the one that can be loaded.
      if (outcome.end != PickleEnd::kStop && other.end == PickleEnd::kStop) outcome = other;
    }
    const bool effective = outcome.imports + outcome.calls + outcome.effects != 0;
    if (outcome.end == PickleEnd::kBroken && place == PicklePlace::kFirst && !effective &&
        !outcome.has_protocol && !outcome.frames_disagree) {
      file_.offset = outcome.offset;
      file_.reason = outcome.reason;
      return false;
    }
    ++file_.streams;
    if (effective) ++file_.effective_streams;
    if (file_.outcome == PickleFile::Outcome::kNotThisFormat)
      file_.outcome = PickleFile::Outcome::kParsed;
    switch (outcome.end) {
      case PickleEnd::kStop:
        break;
      case PickleEnd::kBroken:
        malformed(ErrorCode::kMalformed, outcome.offset, outcome.reason);
        at = outcome.offset + 1;
        broke_ = true;
        return !outcome.truncated;
      case PickleEnd::kExhausted:
        malformed(ErrorCode::kLimit, at, outcome.reason);
        return false;
      case PickleEnd::kUnreadable:
        malformed(ErrorCode::kUnavailable, at, outcome.reason);
        return false;
    }
    broke_ = false;
    if (file_.streams == 1) first_is_magic_ = is_torch_magic(source_, outcome.result);
    if (file_.streams == 1 && !first_is_magic_) first_is_computed_ = outcome.calls != 0;
    if (file_.streams == 2 && outcome.result.is(PickleKind::kInteger) &&
        outcome.result.as_integer() == kTorchLegacyProtocol) {
      file_.torch_legacy = first_is_magic_ || first_is_computed_;
      file_.torch_magic_computed = first_is_computed_;
    }
    at = outcome.offset;
    return true;
  }

  // A stream right behind another one: certain with PROTO, else when a trial says so.
  bool next_follows(std::uint64_t at) {
    if (broke_) return false;
    std::array<std::uint8_t, 2> head{};
    const auto got = source_.read_at(at, head);
    if (!got || *got < 2) return false;
    if (head[0] == 0x80 && head[1] <= 5) return true;
    return trial_.accepts(source_, budget_, at, true);
  }

  // Behind the five streams: for each storage 8 bytes of count and the items. The sizes are known
  // from the persistent ids, so their order does not matter.
  bool skip_torch_storages(std::uint64_t& at) {
    std::uint64_t total = 0;
    for (const PickleStorage& storage : observer_.storages().all()) {
      const auto bytes = checked_mul(storage.items, storage.item_bytes);
      const auto with_count = bytes ? checked_add<std::uint64_t>(*bytes, 8) : std::nullopt;
      const auto sum = with_count ? checked_add(total, *with_count) : std::nullopt;
      if (!sum || storage.item_bytes == 0) return true;  // unknown: the search takes over
      total = *sum;
    }
    if (observer_.storages().overflowed()) return true;
    if (total > source_.size() - at) {
      malformed(ErrorCode::kMalformed, at, "truncated tensor storages");
      return false;
    }
    if (total != 0) observer_.on_data(at, total);
    at += total;
    return true;
  }

  std::optional<std::uint64_t> search(std::uint64_t at) {
    const std::uint64_t left =
        options_.most_gap_bytes - std::min(options_.most_gap_bytes, searched_);
    const std::uint64_t stop = source_.size() - at > left ? at + left : source_.size();
    const auto found = trial_.search(source_, budget_, at, stop);
    const std::uint64_t end = found ? *found : stop;
    searched_ += end - at;
    file_.gap_offset = at;
    file_.gap_bytes += end - at;
    if (!found && stop < source_.size()) file_.gap_searched = false;
    if (trial_.gave_up()) file_.gap_searched = false;
    return found;
  }

  const ByteSource& source_;
  Budget& budget_;
  PickleFileObserver& observer_;
  PickleWalkOptions options_;
  PickleMachine machine_;
  PickleTrial trial_;
  PickleFile file_;
  std::uint64_t searched_ = 0;
  bool broke_ = false;
  bool first_is_magic_ = false;
  bool first_is_computed_ = false;
};

}  // namespace

bool PickleStorages::add(const PickleMachine& machine, PickleValue id, std::uint64_t offset) {
  const auto parts = machine.elements(id);
  if (parts.size() < 5 || parts.size() > 6 || machine.text(parts[0], 16) != "storage") return false;
  const PickleName* type = parts[1].is(PickleKind::kGlobal) ? machine.name(parts[1]) : nullptr;
  if (type == nullptr || !parts[4].is(PickleKind::kInteger) || parts[4].as_integer() < 0)
    return false;
  auto key = machine.text(parts[2], 256);
  if (!key && parts[2].is(PickleKind::kInteger)) key = std::to_string(parts[2].as_integer());
  if (!key) return false;
  if (storages_.size() >= kMost) {
    overflowed_ = true;
    return true;
  }
  if (!keys_.insert(*key).second) return true;
  const auto dot = type->name.rfind('.');
  const std::string short_name = dot == std::string::npos ? type->name : type->name.substr(dot + 1);
  storages_.push_back({short_name, std::move(*key),
                       static_cast<std::uint64_t>(parts[4].as_integer()), item_bytes_of(short_name),
                       offset});
  return true;
}

PickleFile walk_pickle(const ByteSource& source, Budget& budget, PickleFileObserver& observer,
                       PickleWalkOptions options) {
  return Walker(source, budget, observer, options).walk();
}

Result<std::vector<PickleStorage>> collect_persistent_ids(const ByteSource& source,
                                                          Budget& budget) {
  class Collector final : public PickleFileObserver {
   public:
    PickleTraits on_new_name(const PickleName& /*name*/) override {
      return {false, PickleTraits::kImport | PickleTraits::kRebuild | PickleTraits::kCall};
    }
  };
  Collector collector;
  PickleMachine machine(source, budget, collector);
  const PickleOutcome outcome = machine.run(0);
  switch (outcome.end) {
    case PickleEnd::kStop:
      break;
    case PickleEnd::kBroken:
      return Error(ErrorCode::kMalformed, outcome.reason, outcome.offset);
    case PickleEnd::kExhausted:
      return Error(ErrorCode::kLimit, outcome.reason);
    case PickleEnd::kUnreadable:
      return Error(ErrorCode::kUnavailable, outcome.reason);
  }
  if (collector.storages().overflowed())
    return Error(ErrorCode::kLimit, "too many tensor storages");
  return collector.storages().all();
}

}  // namespace saiph::formats
