#include "net/http1_body.h"

#include <boost/asio/buffer.hpp>
#include <boost/beast/http/basic_parser.hpp>
#include <boost/beast/http/error.hpp>
#include <optional>
#include <utility>

#include "base/text.h"

namespace saiph::net {
namespace {

namespace http = boost::beast::http;
using boost::beast::error_code;
using boost::beast::string_view;

std::string_view text_of(string_view text) {
  return {text.data(), text.size()};
}

/// "0", CR, LF, CR, LF.
constexpr std::size_t kShortestChunked = 5;

/// Whether more bytes could make these, which Beast has not taken, a chunk's size line or the end.
bool may_become_chunk_line(std::string_view text) {
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) return false;
    if (text[i] != '\r' && text[i] != '\n' && hex_digit(text[i]) < 0) return false;
  }
  return true;
}

}  // namespace

class BodyDecoder::Parser final : public http::basic_parser<true> {
 public:
  Parser(const StrictHead& strict, std::size_t head_size) : strict_(&strict) {
    // The strict layer and the connection hold the limits.
    body_limit(boost::none);
    header_limit(static_cast<std::uint32_t>(head_size + 1));
    eager(true);
  }

  bool agrees() const { return agrees_ && fields_ == strict_->head.headers.size(); }
  /// The head is compared while it is read only.
  void forget_head() { strict_ = nullptr; }
  void receive_with(BodyReceiver* receiver) { receiver_ = receiver; }
  std::optional<Error> take_failure() { return std::exchange(failure_, std::nullopt); }

 private:
  void on_request_impl(http::verb, string_view method, string_view target, int version,
                       error_code&) override {
    agrees_ = agrees_ && text_of(method) == method_name(strict_->head.method) &&
              text_of(target) == strict_->head.target && version == 11;
  }
  void on_response_impl(int, string_view, int, error_code&) override {}
  void on_field_impl(http::field, string_view name, string_view value, error_code& ec) override {
    if (strict_ == nullptr) {
      ec = http::error::bad_field;  // a trailer
      return;
    }
    const auto& fields = strict_->head.headers.fields();
    agrees_ = agrees_ && fields_ < fields.size() && text_of(name) == fields[fields_].name &&
              text_of(value) == fields[fields_].value;
    ++fields_;
  }
  void on_header_impl(error_code&) override {}
  void on_body_init_impl(const boost::optional<std::uint64_t>&, error_code&) override {}
  std::size_t on_body_impl(string_view body, error_code& ec) override { return hand_on(body, ec); }
  void on_chunk_header_impl(std::uint64_t, string_view extensions, error_code& ec) override {
    if (!extensions.empty()) ec = http::error::bad_chunk_extension;
  }
  std::size_t on_chunk_body_impl(std::uint64_t, string_view body, error_code& ec) override {
    return hand_on(body, ec);
  }
  void on_finish_impl(error_code&) override {}

  std::size_t hand_on(string_view body, error_code& ec) {
    if (receiver_ == nullptr) {
      ec = http::error::unexpected_body;
      return 0;
    }
    if (auto taken = receiver_->receive(as_bytes(text_of(body))); !taken) {
      failure_ = std::move(taken).error();
      ec = http::error::body_limit;
      return 0;
    }
    return body.size();
  }

  const StrictHead* strict_;
  BodyReceiver* receiver_ = nullptr;
  std::optional<Error> failure_;
  std::size_t fields_ = 0;
  bool agrees_ = true;
};

BodyDecoder::BodyDecoder() = default;
BodyDecoder::BodyDecoder(BodyDecoder&&) noexcept = default;
BodyDecoder& BodyDecoder::operator=(BodyDecoder&&) noexcept = default;
BodyDecoder::~BodyDecoder() = default;

Status BodyDecoder::begin(ByteView head, const StrictHead& strict) {
  parser_ = std::make_unique<Parser>(strict, head.size());
  body_begun_ = false;
  error_code ec;
  const std::size_t taken = parser_->put(boost::asio::buffer(head.data(), head.size()), ec);
  const Error disagreement(ErrorCode::kMalformed, "two readers of the head disagree");
  if ((ec && ec != http::error::need_more) || taken != head.size()) return disagreement;
  if (!parser_->is_header_done() || !parser_->agrees()) return disagreement;
  const bool chunked = strict.framing == Framing::kChunked;
  const std::uint64_t length = parser_->content_length().value_or(0);
  if (parser_->chunked() != chunked || length != strict.content_length ||
      parser_->is_done() != (strict.framing == Framing::kNone)) {
    return disagreement;
  }
  parser_->forget_head();
  return {};
}

Result<std::size_t> BodyDecoder::take(ByteView bytes, BodyReceiver& receiver) {
  if (parser_->is_done()) return std::size_t{0};
  const Error broken_chunks(ErrorCode::kMalformed, "the body's chunks are broken");
  // Beast 1.81 asserts that it is not called again with fewer bytes than the shortest chunked body
  // has when these begin with the last chunk, which a client that sends that in pieces would make
  // untrue.
  if (parser_->chunked() && !body_begun_ && bytes.size() < kShortestChunked &&
      as_text(bytes).find_first_not_of("0\r\n") == std::string_view::npos) {
    if (!may_become_chunk_line(as_text(bytes))) return broken_chunks;
    return std::size_t{0};
  }
  body_begun_ = true;
  parser_->receive_with(&receiver);
  error_code ec;
  const std::size_t taken = parser_->put(boost::asio::buffer(bytes.data(), bytes.size()), ec);
  parser_->receive_with(nullptr);
  if (auto failure = parser_->take_failure()) return *failure;
  const bool broken = ec && ec != http::error::need_more;
  if (broken || (!parser_->is_done() && !may_become_chunk_line(as_text(bytes.subspan(taken))))) {
    return broken_chunks;
  }
  return taken;
}

bool BodyDecoder::done() const {
  return parser_ == nullptr || parser_->is_done();
}

}  // namespace saiph::net
