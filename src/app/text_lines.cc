#include "app/text_lines.h"

#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace saiph::app {

namespace {
constexpr std::size_t kBlock = std::size_t{64} << 10;
}  // namespace

Result<bool> TextLines::fill() {
  block_.resize(kBlock);
  position_ = 0;
  ::ssize_t got = 0;
  do {
    got = ::read(descriptor_, block_.data(), block_.size());
  } while (got < 0 && errno == EINTR);
  if (got < 0) {
    block_.clear();
    return Error(ErrorCode::kUnavailable,
                 std::string("cannot read the input: ") +
                     std::strerror(errno));  // NOLINT(concurrency-mt-unsafe)
  }
  block_.resize(static_cast<std::size_t>(got));
  return got > 0;
}

Result<std::optional<TextLine>> TextLines::next() {
  TextLine line;
  bool any = false;
  while (true) {
    if (position_ == block_.size()) {
      SAIPH_TRY(const bool more, fill());
      if (!more) break;
    }
    any = true;
    const std::string_view rest = std::string_view(block_).substr(position_);
    const std::size_t end = rest.find('\n');
    const std::string_view part = rest.substr(0, end);
    const std::size_t room = most_bytes_ - line.text.size();
    line.text.append(part.substr(0, room));
    line.cut = line.cut || part.size() > room;
    position_ += part.size();
    if (end == std::string_view::npos) continue;
    ++position_;
    break;
  }
  if (!any) return std::optional<TextLine>();
  if (!line.cut && line.text.ends_with('\r')) line.text.pop_back();
  line.number = ++lines_;
  return std::optional<TextLine>(std::move(line));
}

}  // namespace saiph::app
