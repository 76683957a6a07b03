#include "ledger/verify.h"

#include <fmt/format.h>

#include <algorithm>

#include "ledger/examiner.h"
#include "ledger/ledger.h"
#include "ledger/settings.h"
#include "ledger/storage/segment.h"

namespace saiph::ledger {

namespace {

/// How far a witness' clock may be ahead of the reader's.
constexpr std::uint64_t kMaxClockSkewSeconds = 300;

/// The keys to begin with: the trusted one, or the first of the copy's when the trusted one is a
/// later one, which the log's own rotations then have to lead to.
struct StartingKeys {
  std::vector<VerifierKey> keys;
  std::optional<VerifierKey> to_be_reached;
};

Result<StartingKeys> starting_keys(const VerifyOptions& options, const Settings& settings,
                                   VerifyReport& report) {
  if (!options.key && !options.bare_key) {
    report.undecided.emplace_back(
        "the key came with the copy: pin one with --key to know whose ledger this is");
    return StartingKeys{{settings.keys.front()}, std::nullopt};
  }
  auto pinned = options.key ? Result<VerifierKey>(*options.key)
                            : VerifierKey::of_log(settings.origin, *options.bare_key);
  if (!pinned) return pinned.error();
  const auto same = [&](const VerifierKey& key) { return key.text() == pinned->text(); };
  const auto it = std::find_if(settings.keys.begin(), settings.keys.end(), same);
  if (it == settings.keys.end() || it == settings.keys.begin()) {
    return StartingKeys{{*pinned}, std::nullopt};
  }
  return StartingKeys{{settings.keys.front()}, *pinned};
}

/// What the file `checkpoint` adds: it may lag, but must belong to the same history.
void judge_checkpoint_file(Examiner& examiner, const std::optional<std::string>& note,
                           const std::optional<SignedCheckpoint>& newest) {
  if (!note) {
    examiner.report().notes.emplace_back("there is no file `checkpoint`");
    return;
  }
  const auto opened = examiner.open(*note);
  if (!opened) {
    examiner.defect(DefectKind::kCheckpointForged, std::nullopt, 1, std::string(kCheckpointFile),
                    opened.error().describe());
    return;
  }
  const Checkpoint& checkpoint = opened->checkpoint;
  if (newest && checkpoint.size > newest->checkpoint.size) return;  // named by the check itself
  const auto root = examiner.watch().root(checkpoint.size);
  if (root && *root != checkpoint.root) {
    examiner.defect(DefectKind::kForked, std::nullopt, 1, std::string(kCheckpointFile),
                    fmt::format("it speaks of another tree of {} entries", checkpoint.size));
  }
}

/// The newest checkpoint was opened before the entries that it covers were read. Had one of them
/// replaced the key, then the old key alone must not end the log there.
void judge_signer(Examiner& examiner, const SignedCheckpoint& newest) {
  const auto note = encode_note(newest.note);
  const auto opened = note ? examiner.open(*note) : Result<SignedCheckpoint>(note.error());
  if (opened) return;
  examiner.defect(DefectKind::kCheckpointForged, std::nullopt, 1, "",
                  fmt::format("the last checkpoint, of {} entries: {}", newest.checkpoint.size,
                              opened.error().describe()));
}

void judge_witnesses(const SignedCheckpoint& checkpoint, const VerifyOptions& options,
                     std::size_t log_keys, VerifyReport& report) {
  std::uint64_t newest = 0;
  bool from_the_future = false;
  for (const VerifiedSignature& signature : checkpoint.verified) {
    if (signature.key < log_keys) continue;
    const std::uint64_t time = signature.unix_time.value_or(0);
    if (time > options.now && time - options.now > kMaxClockSkewSeconds) {
      from_the_future = true;  // it would stay fresh until then
      continue;
    }
    newest = std::max(newest, time);
  }
  if (newest == 0 && from_the_future) {
    report.freshness_detail =
        fmt::format("the cosignature is dated more than {} s in the future", kMaxClockSkewSeconds);
    return;
  }
  if (newest == 0) {
    report.freshness_detail = "no witness given has cosigned the checkpoint";
    return;
  }
  const std::uint64_t age = options.now > newest ? options.now - newest : 0;
  if (age > options.max_age_seconds) {
    report.freshness_detail = fmt::format("the newest cosignature is {} s old, more than {} s", age,
                                          options.max_age_seconds);
    return;
  }
  report.freshness = Freshness::kEstablished;
  report.freshness_detail = fmt::format("a witness saw this checkpoint {} s ago", age);
}

/// Compares with what the reader trusts. The freshness of a copy is no more than that.
Status judge_freshness(Examiner& examiner, const VerifyOptions& options,
                       const std::optional<std::string>& file_note) {
  VerifyReport& report = examiner.report();
  const auto& note = options.trusted_checkpoint ? options.trusted_checkpoint : file_note;
  if (!options.trusted_checkpoint && options.witnesses.empty()) {
    report.freshness_detail =
        "nothing says that this is the latest: give --trusted-checkpoint or --witness";
    return {};
  }
  if (!note) {
    report.freshness_detail = "there is no checkpoint that a witness could have cosigned";
    return {};
  }
  const auto opened = open_checkpoint(*note, examiner.origin(), examiner.keys(), options.witnesses);
  if (!opened) {
    if (options.trusted_checkpoint) {
      return Error(ErrorCode::kInvalidArgument,
                   "the trusted checkpoint is none of this ledger: " + opened.error().describe());
    }
    report.freshness_detail = opened.error().describe();
    return {};
  }
  const Checkpoint& trusted = opened->checkpoint;
  if (trusted.size > report.size) {
    report.freshness = Freshness::kDisproved;
    report.freshness_detail = fmt::format("the trusted checkpoint has {} entries, this copy {}",
                                          trusted.size, report.size);
    examiner.defect(DefectKind::kRolledBack, report.size, trusted.size - report.size, "",
                    "the copy ends before the trusted checkpoint: an older state, or its tail was "
                    "cut off");
    return {};
  }
  const auto root = examiner.watch().root(trusted.size);
  if (!root) {
    report.freshness_detail = "the tree of the trusted checkpoint cannot be computed from the copy";
    return {};
  }
  if (*root != trusted.root) {
    report.freshness = Freshness::kDisproved;
    report.freshness_detail = "the copy is another history than the trusted checkpoint's";
    examiner.defect(DefectKind::kForked, std::nullopt, 1, "",
                    fmt::format("another tree of {} entries than the trusted one", trusted.size));
    return {};
  }
  if (!options.witnesses.empty()) {
    judge_witnesses(*opened, options, examiner.keys().size(), report);
    return {};
  }
  report.freshness = Freshness::kEstablished;
  report.freshness_detail =
      fmt::format("it contains the trusted checkpoint of {} entries and {} more", trusted.size,
                  report.size - trusted.size);
  return {};
}

}  // namespace

std::string_view defect_name(DefectKind kind) {
  switch (kind) {
    case DefectKind::kEntryChanged:
      return "entry-changed";
    case DefectKind::kEntryRemoved:
      return "entry-removed";
    case DefectKind::kEntryReordered:
      return "entry-reordered";
    case DefectKind::kEntryDuplicated:
      return "entry-duplicated";
    case DefectKind::kEntryInserted:
      return "entry-inserted";
    case DefectKind::kEntryNotSigned:
      return "entry-not-signed";
    case DefectKind::kCheckpointForged:
      return "checkpoint-forged";
    case DefectKind::kCheckpointRemoved:
      return "checkpoint-removed";
    case DefectKind::kCheckpointReplayed:
      return "checkpoint-replayed";
    case DefectKind::kSegmentChanged:
      return "segment-changed";
    case DefectKind::kTileChanged:
      return "tile-changed";
    case DefectKind::kContentMissing:
      return "content-missing";
    case DefectKind::kContentChanged:
      return "content-changed";
    case DefectKind::kRolledBack:
      return "rolled-back";
    case DefectKind::kTailCut:
      return "tail-cut";
    case DefectKind::kForked:
      return "forked";
    case DefectKind::kWrongLog:
      return "wrong-log";
  }
  return "unknown";
}

namespace {

Result<VerifyReport> verify_once(Folder& folder, const Settings& settings,
                                 const VerifyOptions& options) {
  VerifyReport report;
  report.origin = settings.origin;
  if (options.key && options.key->name() != settings.origin) {
    report.defects.push_back({DefectKind::kWrongLog, std::nullopt, 1, std::string(kSettingsFile),
                              "the copy calls itself another log than that of the key"});
    ++report.defect_count;
    return report;
  }
  auto start = starting_keys(options, settings, report);
  if (!start) return start.error();
  Examiner examiner(folder, settings.origin, std::move(start->keys), report);

  std::optional<std::string> file_note;
  if (folder.exists(std::string(kCheckpointFile))) {
    SAIPH_TRY(const Bytes bytes, read_file(folder, std::string(kCheckpointFile), kMaxNoteBytes));
    file_note = as_text(bytes);
    // Its text is not believed; only which roots to remember is taken from it.
    if (const auto parsed = parse_note(*file_note)) {
      if (const auto text = parse_checkpoint(parsed->text)) examiner.watch().want(text->size);
    }
  }
  if (options.trusted_checkpoint) {
    const auto parsed = parse_note(*options.trusted_checkpoint);
    const auto text = parsed ? parse_checkpoint(parsed->text) : Result<Checkpoint>(parsed.error());
    if (!text) {
      return Error(ErrorCode::kInvalidArgument,
                   "the trusted checkpoint is none: " + text.error().describe());
    }
    examiner.watch().want(text->size);
  }
  const bool segments = folder.exists(std::string(kSegmentFolder));
  report.layout = segments ? "segments" : "tiles";
  if (!segments && !folder.exists("tile")) {
    return Error(ErrorCode::kNotFound, "neither segments nor tiles in " + folder.path(""));
  }
  const bool is_copy = settings.key.empty();
  SAIPH_TRY(const auto newest, segments ? check_segments(examiner, is_copy, file_note)
                                        : check_tiles(examiner, file_note));
  if (newest) {
    report.size = newest->checkpoint.size;
    report.root = newest->checkpoint.root;
  } else {
    report.undecided.emplace_back("there is no checkpoint of the key");
  }
  judge_checkpoint_file(examiner, file_note, newest);
  if (newest) judge_signer(examiner, *newest);
  if (start->to_be_reached) {
    const auto& reached = examiner.keys();
    const auto same = [&](const VerifierKey& key) {
      return key.text() == start->to_be_reached->text();
    };
    if (std::none_of(reached.begin(), reached.end(), same)) {
      examiner.defect(DefectKind::kWrongLog, std::nullopt, 1, "",
                      "no key rotation of this log leads to the given key");
    } else {
      report.notes.emplace_back(
          "the given key is a later one: entries before the rotation to it were signed by earlier "
          "keys, which it vouches for with the checkpoints since");
    }
  }
  SAIPH_CHECK(judge_freshness(examiner, options, file_note));
  return report;
}

}  // namespace

Result<VerifyReport> verify(Folder& folder, const VerifyOptions& options) {
  SAIPH_TRY(const Settings settings, load_settings(folder));
  auto report = verify_once(folder, settings, options);
  // A ledger may be written to meanwhile, and half of a batch may have been seen: what is wrong
  // stays wrong, that passes. Nobody writes to a copy.
  const bool is_copy = settings.key.empty();
  if (report && report->disproved() && !is_copy) report = verify_once(folder, settings, options);
  return report;
}

}  // namespace saiph::ledger
