// Lists of spans: collecting them, and one list without overlaps.
#pragma once

#include <cstddef>
#include <vector>

#include "detect/text/spans/span.h"

namespace saiph::detect {

/// A sink that keeps the first `most` spans and then ends the search. One thread at a time.
class SpanList final : public SpanSink {
 public:
  explicit SpanList(std::size_t most = 100'000) : most_(most) {}
  bool span(const FoundSpan& found) override;
  std::vector<FoundSpan> spans;
  /// True when there were more: what the list says is then not all there is.
  bool full() const { return full_; }

 private:
  std::size_t most_;
  bool full_ = false;
};

/// The spans in order of place without overlaps: of two that overlap the surer one stays; of
/// equally sure ones the longer; of equally long ones the first. Spans that reach beyond
/// `text_size` or are empty are dropped. Any thread; n log n.
std::vector<FoundSpan> without_overlaps(std::vector<FoundSpan> spans, std::size_t text_size);

}  // namespace saiph::detect
