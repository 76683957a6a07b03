#include "match/decode/canonicalise.h"

#include <algorithm>
#include <deque>
#include <utility>

#include "match/canonical/cleaner.h"
#include "match/canonical/folder.h"
#include "match/decode/scanner.h"

namespace saiph::match {

namespace {

/// A text that waits to be made a view and to be scanned.
struct Pending {
  std::string text;  ///< as it was decoded
  OffsetMap map;     ///< onto the original
  std::vector<Step> how;
};

/// Everything after the characters of the text itself are levelled.
class Expansion {
 public:
  Expansion(std::size_t text_bytes, const CanonicalLimits& limits, ViewSink& sink,
            CanonicalReport& report)
      : limits_(limits), sink_(sink), report_(report) {
    allowance_.bytes = text_bytes * limits.view_factor + limits.view_spare_bytes;
    allowance_.inflations = limits.inflations;
    allowance_.inflated_bytes = limits.inflated_bytes;
  }

  void run(const Cleaner& cleaner, const View& first) {
    sink_.view(first);
    report_.views = 1;
    report_.work += first.text.size();
    queue_parts(cleaner, cleaner.map(), {});
    while (!pending_.empty()) {
      Pending next = std::move(pending_.front());
      pending_.pop_front();
      if (report_.views > limits_.views) {
        too_many_ = true;
        break;
      }
      expand(std::move(next));
    }
    report_.work += allowance_.work;
    if (too_many_) incomplete("more than " + std::to_string(limits_.views) + " decoded readings");
    if (allowance_.bytes_short) incomplete("the decoded readings are too long together");
    if (allowance_.inflations_short) incomplete("more compressed data than is unpacked");
  }

 private:
  void incomplete(std::string reason) { report_.incomplete.push_back(std::move(reason)); }

  /// Hidden texts and other readings of a cleaned text; `map` leads from it to the original.
  void queue_parts(const Cleaner& cleaner, const OffsetMap& map, const std::vector<Step>& how) {
    for (HiddenText& hidden : cleaner.hidden()) {
      // Its map leads to what the cleaner was given: the original, or a decoded text.
      OffsetMap onto = how.empty() ? std::move(hidden.map) : hidden.map.onto(parent_map_);
      queue(std::move(hidden.bytes), std::move(onto), how, {hidden.reading, {}, 0}, std::nullopt);
    }
    Scanner scanner(cleaner.text(), allowance_);
    for (Derived& derived : scanner.scan()) {
      OffsetMap onto = derived.map().onto(map);
      queue(derived.take_text(), std::move(onto), how,
            {derived.reading(), map.original(derived.begin(), derived.end()), derived.parameter()},
            derived.inner());
    }
  }

  void queue(std::string text, OffsetMap onto, const std::vector<Step>& how, Step step,
             std::optional<Reading> inner) {
    Pending next;
    if (step.where.length == 0) step.where = onto.original(0, onto.view_bytes());
    next.text = std::move(text);
    next.map = std::move(onto);
    next.how = how;
    next.how.push_back(step);
    if (inner) next.how.push_back({*inner, step.where, 0});
    pending_.push_back(std::move(next));
  }

  void expand(Pending next) {
    Cleaner cleaner;
    cleaner.feed(next.text);
    cleaner.finish();
    const OffsetMap cleaned = cleaner.map().onto(next.map);
    Folder folder;
    folder.feed(cleaner.text());
    folder.finish();
    View view;
    view.map = folder.map().onto(cleaned);
    view.text = std::move(folder.text());
    view.how = next.how;
    report_.work += 2 * next.text.size() + cleaner.slow_steps();
    ++report_.views;
    sink_.view(view);
    // Steps within one decoding (gzip in base64) count as one.
    const std::size_t level = std::count_if(next.how.begin(), next.how.end(), [](const Step& step) {
      return step.reading != Reading::kGzip && step.reading != Reading::kZlib;
    });
    if (level >= limits_.nesting) return;
    parent_map_ = std::move(next.map);
    queue_parts(cleaner, cleaned, next.how);
  }

  const CanonicalLimits& limits_;
  ViewSink& sink_;
  CanonicalReport& report_;
  Allowance allowance_;
  std::deque<Pending> pending_;
  OffsetMap parent_map_;
  bool too_many_ = false;
};

}  // namespace

struct CanonicalStream::Parts {
  explicit Parts(const CanonicalLimits& wanted) : limits(wanted) {}

  void feed(std::string_view piece) {
    const std::size_t room = limits.text_bytes - fed;
    if (piece.size() > room) {
      cut = true;
      piece = piece.substr(0, room);
    }
    plain = plain && plain_text_prefix(piece) == piece.size();
    fed += piece.size();
    cleaner.feed(piece);
  }

  /// Folds what the cleaner has let go since the last time.
  void fold() {
    folder.feed(std::string_view(cleaner.text()).substr(folded));
    folded = cleaner.text().size();
  }

  CanonicalReport finish(ViewSink& sink) {
    cleaner.finish();
    fold();
    folder.finish();
    CanonicalReport report;
    report.plain_ascii = plain;
    report.signs = cleaner.signs();
    report.work = 2 * fed + cleaner.slow_steps();
    if (cut) {
      report.incomplete.push_back("the text is longer than " + std::to_string(limits.text_bytes) +
                                  " bytes");
    }
    first.map = folder.map().onto(cleaner.map());
    first.text = std::move(folder.text());
    Expansion(fed, limits, sink, report).run(cleaner, first);
    return report;
  }

  CanonicalLimits limits;
  Cleaner cleaner;
  Folder folder;
  View first;
  std::size_t fed = 0;
  std::size_t folded = 0;
  bool cut = false;
  bool plain = true;
};

CanonicalStream::CanonicalStream(const CanonicalLimits& limits)
    : parts_(std::make_unique<Parts>(limits)) {}
CanonicalStream::~CanonicalStream() = default;
CanonicalStream::CanonicalStream(CanonicalStream&&) noexcept = default;
CanonicalStream& CanonicalStream::operator=(CanonicalStream&&) noexcept = default;

void CanonicalStream::feed(std::string_view piece) {
  parts_->feed(piece);
  parts_->fold();
}

const View& CanonicalStream::canonical() const {
  parts_->first.text = parts_->folder.text();
  parts_->first.map = parts_->folder.map().onto(parts_->cleaner.map());
  return parts_->first;
}

CanonicalReport CanonicalStream::finish(ViewSink& sink) {
  return parts_->finish(sink);
}

CanonicalReport canonicalise(std::string_view text, const CanonicalLimits& limits, ViewSink& sink) {
  CanonicalStream stream(limits);
  stream.feed(text);
  return stream.finish(sink);
}

}  // namespace saiph::match
