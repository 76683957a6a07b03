#include "match/decode/derived.h"

#include <algorithm>

#include "match/canonical/ascii.h"

namespace saiph::match {

namespace {

/// Where the context before `begin` starts: behind a space, if there is one.
std::size_t context_begin(std::string_view source, std::size_t begin, std::size_t context,
                          std::size_t floor) {
  const std::size_t at = begin - std::min(begin - floor, context);
  if (at == floor) return at;
  const std::size_t space = source.substr(at, begin - at).find_first_of(" \n\t");
  return space == std::string_view::npos ? begin : at + space + 1;
}

std::size_t context_end(std::string_view source, std::size_t end, std::size_t context) {
  const std::size_t most = std::min(source.size(), end + context);
  if (most == source.size()) return most;
  std::size_t at = most;
  while (at > end && !is_space(source[at])) --at;
  return at;
}

}  // namespace

void Derived::keep(std::string_view source, std::size_t begin, std::size_t end) {
  text_.append(source, begin, end - begin);
  map_.append_same(end - begin, begin);
}

void Derived::replace(std::string_view source, std::size_t begin, std::size_t end,
                      const Piece& piece, bool strong, Allowance& allowance) {
  if (started_ && begin < cursor_) return;
  const std::size_t cost = piece.text.size() + 2 * context_ + 1;
  if (cost > allowance.bytes) {
    allowance.bytes_short = true;
    return;
  }
  const std::size_t before = text_.size();
  if (!started_) {
    started_ = true;
    begin_ = begin;
    keep(source, context_begin(source, begin, context_, 0), begin);
  } else if (begin - cursor_ <= 2 * context_) {
    keep(source, cursor_, begin);
  } else {
    if (context_ != 0) keep(source, cursor_, context_end(source, cursor_, context_));
    // Decoded words that stand side by side are one line.
    const bool near = begin - cursor_ <= 3 &&
                      source.substr(cursor_, begin - cursor_).find('\n') == std::string_view::npos;
    text_ += near ? ' ' : '\n';
    map_.append(1, cursor_, begin - cursor_);
    if (context_ != 0) keep(source, context_begin(source, begin, context_, cursor_), begin);
  }
  text_ += piece.text;
  for (std::size_t i = 0; i < piece.map.runs().size(); ++i) {
    const OffsetMap::Run& run = piece.map.runs()[i];
    const std::size_t run_end =
        i + 1 < piece.map.runs().size() ? piece.map.runs()[i + 1].view : piece.map.view_bytes();
    map_.append_units((run_end - run.view) / run.view_step, run.view_step, run.original,
                      run.original_step);
  }
  cursor_ = end;
  if (strong) ++strong_;
  allowance.bytes -= std::min(allowance.bytes, text_.size() - before);
  allowance.work += text_.size() - before;
}

void Derived::finish(std::string_view source, Allowance& allowance) {
  if (!started_ || context_ == 0) return;
  const std::size_t stop = context_end(source, cursor_, context_);
  keep(source, cursor_, stop);
  allowance.bytes -= std::min(allowance.bytes, stop - cursor_);
}

}  // namespace saiph::match
