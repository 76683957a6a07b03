#include "net/output.h"

#include <algorithm>
#include <array>
#include <charconv>
#include <utility>

namespace saiph::net {

void Output::set_body(std::variant<std::string, FileBody, StaticBody> body) {
  body_ = std::move(body);
  body_done_ = 0;
  std::string_view together;
  if (const auto* text = std::get_if<std::string>(&body_)) together = *text;
  if (const auto* fixed = std::get_if<StaticBody>(&body_)) together = as_text(fixed->bytes);
  if (together.size() <= kTogether) {
    pending_ += together;
    body_done_ = together.size();
  }
}

void Output::set_stream(std::shared_ptr<StreamQueue> queue) {
  stream_ = std::move(queue);
  stream_in_flight_ = false;
  stream_ended_ = false;
}

void Output::restart() {
  file_piece_ = {};
  body_ = std::string();
  body_done_ = 0;
  stream_.reset();
  stream_in_flight_ = false;
  stream_ended_ = false;
}

Result<ByteView> Output::next() {
  if (!current_.empty()) return current_;
  if (std::exchange(stream_in_flight_, false)) stream_->sent();
  writing_.clear();
  if (!pending_.empty()) {
    writing_.swap(pending_);
    current_ = as_bytes(writing_);
    return current_;
  }
  if (stream_) return next_of_stream();
  return next_of_body();
}

Result<ByteView> Output::next_of_body() {
  if (const auto* file = std::get_if<FileBody>(&body_)) {
    const std::uint64_t left = file->length - body_done_;
    if (left == 0) return ByteView{};
    file_piece_.resize(static_cast<std::size_t>(std::min<std::uint64_t>(left, kFilePiece)));
    SAIPH_TRY(const std::size_t got, file->source->read_at(file->offset + body_done_, file_piece_));
    if (got != file_piece_.size()) {
      return Error(ErrorCode::kUnavailable, "the file is shorter than said");
    }
    body_done_ += got;
    current_ = file_piece_;
    return current_;
  }
  const auto* fixed = std::get_if<StaticBody>(&body_);
  const ByteView all = fixed != nullptr ? fixed->bytes : as_bytes(std::get<std::string>(body_));
  current_ = all.subspan(static_cast<std::size_t>(body_done_));
  body_done_ = all.size();
  return current_;
}

ByteView Output::next_of_stream() {
  const std::string bytes = stream_->take();
  if (!bytes.empty()) {
    std::array<char, 16> size{};
    const auto end = std::to_chars(size.data(), size.data() + size.size(), bytes.size(), 16).ptr;
    writing_.assign(size.data(), end).append("\r\n").append(bytes).append("\r\n");
    stream_in_flight_ = true;
  } else if (stream_->exhausted() && !stream_ended_) {
    writing_ = "0\r\n\r\n";
    stream_ended_ = true;
  }
  current_ = as_bytes(writing_);
  return current_;
}

}  // namespace saiph::net
