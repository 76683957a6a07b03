#include "match/canonical/offset_map.h"

#include <algorithm>
#include <utility>

namespace saiph::match {

namespace {

std::uint32_t narrow(std::size_t value) {
  return static_cast<std::uint32_t>(value);
}

/// First byte of unit k.
std::int64_t unit_begin(const OffsetMap::Run& run, std::size_t unit) {
  return std::int64_t{run.original} + static_cast<std::int64_t>(unit) * run.original_step;
}

std::size_t magnitude(std::int32_t step) {
  return static_cast<std::size_t>(step < 0 ? -std::int64_t{step} : std::int64_t{step});
}

TextSpan hull(TextSpan a, TextSpan b) {
  const std::size_t begin = std::min(a.offset, b.offset);
  const std::size_t end = std::max(a.offset + a.length, b.offset + b.length);
  return {begin, end - begin};
}

}  // namespace

OffsetMap OffsetMap::identity(std::size_t bytes) {
  OffsetMap map;
  map.append_same(bytes, 0);
  return map;
}

void OffsetMap::clear() {
  runs_.clear();
  view_bytes_ = 0;
}

void OffsetMap::append_units(std::size_t count, std::size_t view_step, std::size_t original,
                             std::ptrdiff_t original_step) {
  if (count == 0 || view_step == 0) return;
  const std::size_t at = view_bytes_;
  view_bytes_ += count * view_step;
  const Run next{narrow(at), narrow(original), narrow(view_step),
                 static_cast<std::int32_t>(original_step)};
  if (!runs_.empty()) {
    Run& last = runs_.back();
    const std::size_t units = (at - last.view) / last.view_step;
    if (last.view_step == next.view_step && last.original_step == next.original_step &&
        unit_begin(last, units) == std::int64_t{next.original})
      return;
    // Too many runs: the last one takes the new bytes in, as one coarse unit.
    if (runs_.size() >= kSpareRuns + at / 8 && view_bytes_ - last.view <= kCoarseBytes) {
      TextSpan all = hull(unit_of(last.view), unit_of(at - 1));
      const auto first = static_cast<std::size_t>(std::max<std::int64_t>(unit_begin(next, 0), 0));
      const auto end =
          static_cast<std::size_t>(std::max<std::int64_t>(unit_begin(next, count - 1), 0));
      const TextSpan added =
          hull({first, magnitude(next.original_step)}, {end, magnitude(next.original_step)});
      all = hull(all, added);
      last.original = narrow(all.offset);
      last.view_step = narrow(view_bytes_ - last.view);
      last.original_step = static_cast<std::int32_t>(all.length);
      return;
    }
  }
  runs_.push_back(next);
}

std::size_t OffsetMap::run_of(std::size_t view) const {
  const auto after = std::upper_bound(runs_.begin(), runs_.end(), view,
                                      [](std::size_t at, const Run& run) { return at < run.view; });
  return static_cast<std::size_t>(after - runs_.begin()) - 1;
}

TextSpan OffsetMap::unit_of(std::size_t view) const {
  const Run& run = runs_[run_of(view)];
  const std::int64_t begin = unit_begin(run, (view - run.view) / run.view_step);
  return {static_cast<std::size_t>(std::max<std::int64_t>(begin, 0)), magnitude(run.original_step)};
}

TextSpan OffsetMap::original(std::size_t begin, std::size_t end) const {
  if (runs_.empty()) return {};
  end = std::min(end, view_bytes_);
  if (begin >= end) {
    if (begin < view_bytes_) return {unit_of(begin).offset, 0};
    const TextSpan last = unit_of(view_bytes_ - 1);
    return {last.offset + last.length, 0};
  }
  return hull(unit_of(begin), unit_of(end - 1));
}

OffsetMap OffsetMap::onto(const OffsetMap& parent) const {
  OffsetMap out;
  for (std::size_t i = 0; i < runs_.size(); ++i) {
    const Run& run = runs_[i];
    const std::size_t view_end = i + 1 < runs_.size() ? runs_[i + 1].view : view_bytes_;
    const std::size_t units = (view_end - run.view) / run.view_step;
    const std::size_t step = magnitude(run.original_step);
    const auto low = static_cast<std::size_t>(
        std::max<std::int64_t>(std::min(unit_begin(run, 0), unit_begin(run, units - 1)), 0));
    const std::size_t high = low + units * step;
    if (run.view_step == 1 && run.original_step == 1) {
      // Bytes that were kept: the parent's own runs, cut to this stretch.
      std::size_t at = low;
      std::size_t index =
          parent.runs_.empty() || low >= parent.view_bytes_ ? 0 : parent.run_of(low);
      while (at < high && at < parent.view_bytes_) {
        const Run& under = parent.runs_[index];
        const std::size_t under_end =
            index + 1 < parent.runs_.size() ? parent.runs_[index + 1].view : parent.view_bytes_;
        const std::size_t stop = std::min(high, under_end);
        const std::size_t width = under.view_step;
        while (at < stop) {
          const std::size_t into = (at - under.view) % width;
          const std::size_t whole = into == 0 ? (stop - at) / width : 0;
          const std::int64_t first =
              std::max<std::int64_t>(unit_begin(under, (at - under.view) / width), 0);
          if (whole != 0) {
            out.append_units(whole, width, static_cast<std::size_t>(first), under.original_step);
            at += whole * width;
            continue;
          }
          const std::size_t part = std::min(stop - at, width - into);
          out.append(part, static_cast<std::size_t>(first), magnitude(under.original_step));
          at += part;
        }
        ++index;
      }
      if (at < high) out.append(high - at, parent.original(at, at).offset, 0);
      continue;
    }
    const bool same_run =
        high <= parent.view_bytes_ && high > low && parent.run_of(low) == parent.run_of(high - 1);
    if (same_run) {
      const Run& under = parent.runs_[parent.run_of(low)];
      const std::size_t width = under.view_step;
      if ((low - under.view) % width == 0 && step % width == 0 && under.original_step > 0) {
        const auto first_low = static_cast<std::size_t>(unit_begin(run, 0));
        const std::int64_t first = unit_begin(under, (first_low - under.view) / width);
        out.append_units(units, run.view_step, static_cast<std::size_t>(first),
                         std::ptrdiff_t{run.original_step / static_cast<std::int32_t>(width)} *
                             under.original_step);
        continue;
      }
    }
    const TextSpan all = parent.original(low, high);
    out.append(view_end - run.view, all.offset, all.length);
  }
  return out;
}

}  // namespace saiph::match
