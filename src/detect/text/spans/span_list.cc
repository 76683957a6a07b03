#include "detect/text/spans/span_list.h"

#include <algorithm>
#include <cstdint>

namespace saiph::detect {

bool SpanList::span(const FoundSpan& found) {
  if (spans.size() >= most_) {
    full_ = true;
    return false;
  }
  spans.push_back(found);
  return true;
}

std::vector<FoundSpan> without_overlaps(std::vector<FoundSpan> spans, std::size_t text_size) {
  std::erase_if(spans, [text_size](const FoundSpan& span) {
    return span.where.length == 0 || span.where.offset > text_size ||
           span.where.length > text_size - span.where.offset;
  });
  std::stable_sort(spans.begin(), spans.end(), [](const FoundSpan& a, const FoundSpan& b) {
    return a.where.offset < b.where.offset;
  });
  const auto better = [](const FoundSpan& a, const FoundSpan& b) {
    if (a.confidence != b.confidence) return a.confidence > b.confidence;
    return a.where.length > b.where.length;
  };
  // A new span meets only the end of the list. It stays out when one that it meets is better, and
  // otherwise takes the place of all that it meets: each span enters and leaves once.
  std::vector<FoundSpan> out;
  for (const FoundSpan& span : spans) {
    std::size_t first = out.size();
    bool beaten = false;
    while (first > 0 && !beaten &&
           out[first - 1].where.offset + out[first - 1].where.length > span.where.offset) {
      beaten = !better(span, out[first - 1]);
      if (!beaten) --first;
    }
    if (beaten) continue;
    out.resize(first);
    out.push_back(span);
  }
  return out;
}

}  // namespace saiph::detect
