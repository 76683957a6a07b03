#include "net/connection.h"

#include <algorithm>
#include <span>
#include <utility>
#include <variant>

#include "net/exchange.h"
#include "net/response_head.h"

namespace saiph::net {
namespace {

/// A head and some of what follows it.
constexpr std::size_t kBehindHead = 1024;
/// Uploads are read in larger pieces.
constexpr std::size_t kBodyBuffer = 64U << 10;
/// A refused body of at most this size is read and dropped, so that the connection can be kept.
constexpr std::uint64_t kSkippedBody = 64U << 10;
/// A chunk's size line has no extensions, so it is short.
constexpr std::size_t kLongestChunkLine = 64;
/// After the last answer: how long and how much we read on, so that the peer's TCP delivers the
/// answer and does not answer our close with a reset that takes it away (RFC 9112, 9.6).
constexpr std::chrono::seconds kLingerTime{2};
constexpr std::size_t kLingerBytes = 1U << 20;

constexpr std::string_view kContinue = "HTTP/1.1 100 Continue\r\n\r\n";
constexpr std::string_view kBareFailure =
    "HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";

bool has_no_content(int status) {
  return status == 204 || status == 304;
}

}  // namespace

Connection::Connection(std::shared_ptr<Core> core, std::shared_ptr<Loop> loop,
                       std::unique_ptr<Transport> transport, Peer peer)
    : core_(std::move(core)),
      loop_(std::move(loop)),
      transport_(std::move(transport)),
      peer_(std::move(peer)),
      client_(ClientKey::from(peer_.address)),
      scanner_(core_->limits.target_bytes, core_->limits.header_bytes) {
  core_->count(&ServerCounters::connections_open);
}

Connection::~Connection() {
  core_->uncount(&ServerCounters::connections_open);
  if (!peer_.is_local_socket) core_->guard.leave(client_);
  core_->close_connection();
}

void Connection::enter(State state) {
  state_ = state;
  waiting_since_ = Clock::now();
  progress_ = waiting_since_;
}

void Connection::start() {
  enter(State::kHandshake);
  transport_->handshake(events());
}

void Connection::on_handshake(bool ok) {
  if (state_ != State::kHandshake) return;
  if (!ok) {
    core_->count(&ServerCounters::tls_failures);
    return abort();
  }
  client_certificate_ = transport_->client_certificate();
  enter(State::kHead);
  advance();
}

void Connection::abort() {
  if (state_ == State::kClosed) return;
  state_ = State::kClosed;
  if (exchange_state_) exchange_state_->cancelled = true;
  exchange_state_.reset();
  if (stream_) {
    stream_->break_off();
    stream_.reset();
    core_->uncount(&ServerCounters::streams_open);
  }
  sink_.reset();
  const auto self = shared_from_this();
  transport_->close();
  loop_->remove(self);
}

// --- Input ---------------------------------------------------------------------------------------

void Connection::want_read() {
  if (reading_ || peer_closed_ || state_ == State::kClosed) return;
  if (begin_ > 0) {
    std::copy(buffer_.begin() + static_cast<std::ptrdiff_t>(begin_),
              buffer_.begin() + static_cast<std::ptrdiff_t>(end_), buffer_.begin());
    end_ -= begin_;
    begin_ = 0;
  }
  std::size_t wanted = core_->limits.header_bytes + kBehindHead;
  if (state_ == State::kBody) wanted = std::max(wanted, kBodyBuffer);
  if (wanted != buffer_.size() && end_ <= wanted) {
    buffer_.resize(wanted);
    // A connection that has had an upload gives its large buffer back.
    if (buffer_.capacity() > 2 * wanted) buffer_.shrink_to_fit();
  }
  if (end_ == buffer_.size()) return;  // pipelined requests wait in the kernel, then in the client
  reading_ = true;
  transport_->read_some(std::span(buffer_).subspan(end_), events());
}

void Connection::on_read(std::size_t bytes, bool failed) {
  reading_ = false;
  if (state_ == State::kClosed) return;
  if (failed) return abort();
  if (bytes == 0) {
    peer_closed_ = true;
    return on_peer_closed();
  }
  core_->count(&ServerCounters::bytes_received, bytes);
  if (state_ == State::kLingering) {
    lingered_bytes_ += bytes;
    if (lingered_bytes_ > kLingerBytes) return abort();
    return want_read();
  }
  end_ += bytes;
  if (state_ == State::kBody) progress_ = Clock::now();
  advance();
}

void Connection::on_peer_closed() {
  switch (state_) {
    case State::kAnswering:
      // Perhaps only its sending side: the answer is still tried.
      if (exchange_state_) exchange_state_->cancelled = true;
      return;
    case State::kSending:
      return;
    default:
      return abort();
  }
}

void Connection::advance() {
  bool more = true;
  while (more) {
    switch (state_) {
      case State::kHead:
        more = read_head();
        break;
      case State::kBody:
        more = read_body();
        break;
      default:
        more = false;
    }
  }
  // While an answer is made or sent we listen on, to learn that the client has gone.
  want_read();
}

bool Connection::read_head() {
  const ByteView bytes = buffered();
  if (bytes.empty()) {
    if (peer_closed_ || core_->draining) abort();
    return false;
  }
  if (!std::exchange(head_started_, true)) waiting_since_ = Clock::now();
  const auto scanned = scanner_.scan(bytes);
  if (const auto* refusal = std::get_if<Refusal>(&scanned)) {
    core_->count(&ServerCounters::requests_malformed);
    refuse(refusal->status, refusal->reason);
    return false;
  }
  const std::size_t size = std::get<std::size_t>(scanned);
  if (size == 0) {
    if (peer_closed_) abort();
    return false;
  }
  begin_request(size);
  return true;
}

void Connection::begin_request(std::size_t head_size) {
  const ByteView head = buffered().first(head_size);
  begin_ += head_size;
  scanner_.restart();
  head_started_ = false;
  ++requests_;
  if (!peer_.is_local_socket && !core_->guard.take_request(client_, Clock::now())) {
    core_->count(&ServerCounters::requests_rate_limited);
    Response response = failure(429, "too many requests from this address");
    response.headers.set("Retry-After", "1");
    close_after_ = input_unfinished_ = true;
    return send(std::move(response));
  }
  auto parsed =
      parse_head(head, {core_->limits.header_count, core_->limits.target_bytes}, core_->hosts);
  if (const auto* refusal = std::get_if<Refusal>(&parsed)) {
    core_->count(refusal->status == 421 ? &ServerCounters::requests_wrong_host
                                        : &ServerCounters::requests_malformed);
    return refuse(refusal->status, refusal->reason);
  }
  request_ = std::get<StrictHead>(std::move(parsed));
  if (!decoder_.begin(head, request_)) {
    core_->count(&ServerCounters::requests_malformed);
    return refuse(400, "the head is ambiguous");
  }
  core_->count(&ServerCounters::requests);
  RequestHead& known = request_.head;
  known.peer_address = peer_.address;
  known.peer_port = peer_.port;
  known.is_local_socket = peer_.is_local_socket;
  known.is_tls = transport_->is_tls();
  known.client_certificate = client_certificate_;
  head_only_ = known.method == Method::kHead;
  close_after_ = request_.wants_close || requests_ >= core_->limits.requests_per_connection;
  plan_body();
}

void Connection::plan_body() {
  body_.clear();
  body_bytes_ = 0;
  sink_.reset();
  refusal_.reset();
  body_failure_.reset();
  input_unfinished_ = false;
  BodyPlan plan;
  try {
    plan = core_->handler.plan(request_.head);
  } catch (...) {
    plan = BodyPlan::refuse(failure(500, "the server has failed"));
  }
  if (state_ == State::kClosed) return;
  max_body_ = plan.max_body_bytes;
  if (!plan.refusal && request_.framing == Framing::kLength &&
      request_.content_length > max_body_) {
    plan.refusal = failure(413, "the content is larger than is accepted here");
  }
  if (plan.refusal) {
    // A client that waits for 100 Continue may or may not send the body after a final answer.
    const bool skippable = request_.framing == Framing::kLength && !request_.expects_continue &&
                           request_.content_length <= kSkippedBody;
    if (request_.framing == Framing::kNone || !skippable) {
      if (request_.framing != Framing::kNone) close_after_ = input_unfinished_ = true;
      return send(std::move(*plan.refusal));
    }
    refusal_ = std::move(plan.refusal);
    body_use_ = BodyUse::kSkip;
    max_body_ = request_.content_length;
    return enter(State::kBody);
  }
  sink_ = std::move(plan.body_sink);
  body_use_ = sink_ ? BodyUse::kSink : BodyUse::kMemory;
  if (request_.framing == Framing::kNone) return dispatch();
  enter(State::kBody);
  // RFC 9110, 10.1.1: not when the body is coming already.
  if (request_.expects_continue && buffered().empty()) {
    output_.text() += kContinue;
    write_more();
  }
}

bool Connection::read_body() {
  const ByteView bytes = buffered();
  if (bytes.empty()) return false;
  const auto taken = decoder_.take(bytes, *this);
  if (!taken) {
    if (body_failure_) {
      close_after_ = input_unfinished_ = true;
      send(failure_of_body(*body_failure_));
    } else {
      core_->count(&ServerCounters::requests_malformed);
      refuse(400, "the chunks of the content are broken");
    }
    return false;
  }
  begin_ += *taken;
  if (decoder_.done()) {
    body_ended();
    return true;
  }
  const std::size_t left = buffered().size();
  if (left > kLongestChunkLine) {
    core_->count(&ServerCounters::requests_malformed);
    refuse(400, "the chunks of the content are broken");
  }
  return false;
}

Status Connection::receive(ByteView bytes) {
  body_bytes_ += bytes.size();
  Status status;
  if (body_bytes_ > max_body_) {
    status = Error(ErrorCode::kLimit, "the content is larger than is accepted here");
  } else if (body_use_ == BodyUse::kMemory) {
    body_ += as_text(bytes);
  } else if (body_use_ == BodyUse::kSink) {
    try {
      status = sink_->write(bytes);
    } catch (...) {
      status = Error(ErrorCode::kInternal, "the sink has failed");
    }
  }
  if (!status) body_failure_ = status.error();
  return status;
}

Response Connection::failure_of_body(const Error& error) {
  switch (error.code()) {
    case ErrorCode::kLimit:
      return failure(413, "the content is larger than is accepted here");
    case ErrorCode::kUnavailable:
      return failure(507, "the content cannot be stored");
    case ErrorCode::kDenied:
      return failure(403, "the content is not accepted");
    case ErrorCode::kMalformed:
    case ErrorCode::kUnsupported:
      return failure(400, "the content is not accepted");
    default:
      return failure(500, "the server has failed");
  }
}

void Connection::body_ended() {
  if (refusal_) return send(std::move(*refusal_));
  dispatch();
}

void Connection::dispatch() {
  enter(State::kAnswering);
  ++exchange_;
  exchange_state_ = std::make_shared<ExchangeState>();
  const auto number = exchange_;
  try {
    core_->handler.handle(make_exchange(weak_from_this(), number, exchange_state_,
                                        std::move(request_.head), std::exchange(body_, {}),
                                        std::move(sink_)));
  } catch (...) {
    answer(number, failure(500, "the server has failed"));
  }
}

void Connection::refuse(int status, std::string_view reason) {
  // Where the next request begins is unknown.
  close_after_ = input_unfinished_ = true;
  head_only_ = false;
  send(failure(status, reason));
}

// --- Answers -------------------------------------------------------------------------------------

Response Connection::failure(int status, std::string_view reason) {
  try {
    return core_->handler.failure(status, reason);
  } catch (...) {
    return Response(status);
  }
}

void Connection::count_status(int status) {
  core_->count(status < 300   ? &ServerCounters::responses_2xx
               : status < 400 ? &ServerCounters::responses_3xx
               : status < 500 ? &ServerCounters::responses_4xx
                              : &ServerCounters::responses_5xx);
}

bool Connection::is_present(std::uint64_t exchange) const {
  return exchange == exchange_ && (state_ == State::kAnswering || state_ == State::kStreaming);
}

void Connection::answer(std::uint64_t exchange, Response response) {
  if (is_present(exchange) && state_ == State::kAnswering) send(std::move(response));
}

void Connection::abandoned(std::uint64_t exchange) {
  answer(exchange, failure(500, "the server has no answer"));
}

void Connection::send(Response response) {
  close_after_ = close_after_ || core_->draining;
  const bool bodiless = has_no_content(response.status);
  const AnswerBody kind = bodiless ? AnswerBody::kNone : AnswerBody::kLength;
  int status = response.status;
  sent_bytes_ = 0;
  sink_.reset();
  const bool written = append_response_head(output_.text(), status, response.headers, kind,
                                            response.body_size(), close_after_, loop_->date());
  if (!written) {
    status = 500;
    close_after_ = true;
    output_.text() += kBareFailure;
  } else if (!bodiless && !head_only_) {
    output_.set_body(std::move(response.body));
  }
  count_status(status);
  enter(State::kSending);
  write_more();
}

void Connection::start_stream(std::uint64_t exchange, int status, const Headers& headers,
                              std::shared_ptr<StreamQueue> queue) {
  if (!is_present(exchange) || state_ != State::kAnswering || peer_closed_) {
    queue->break_off();
    if (is_present(exchange) && peer_closed_) abort();  // nobody else will answer
    return;
  }
  if (head_only_) queue->break_off();
  close_after_ = close_after_ || core_->draining;
  if (has_no_content(status) ||
      !append_response_head(output_.text(), status, headers, AnswerBody::kChunked, 0, close_after_,
                            loop_->date())) {
    queue->break_off();
    return send(failure(500, "the server has failed"));
  }
  count_status(status);
  if (head_only_) {
    enter(State::kSending);
    return write_more();
  }
  core_->count(&ServerCounters::streams_open);
  stream_ = queue;
  output_.set_stream(std::move(queue));
  enter(State::kStreaming);
  if (core_->draining && stream_->is_endless()) stream_->finish();
  // Posts of other threads may have come before this one: what they told is looked at now.
  stream_changed(exchange);
}

void Connection::stream_changed(std::uint64_t exchange) {
  if (!is_present(exchange) || state_ != State::kStreaming) return;
  if (stream_->broken()) {
    if (stream_->overran()) core_->count(&ServerCounters::streams_overrun);
    return abort();
  }
  write_more();
  next_request();
}

void Connection::write_more() {
  if (writing_ || state_ == State::kClosed) return;
  const auto piece = output_.next();
  if (!piece) return abort();  // the client sees less than Content-Length says
  if (piece->empty()) return on_output_sent();
  if (state_ == State::kStreaming) progress_ = Clock::now();
  writing_ = true;
  transport_->write_some(*piece, events());
}

void Connection::on_written(std::size_t bytes, bool failed) {
  writing_ = false;
  if (state_ == State::kClosed) return;
  if (failed) return abort();
  core_->count(&ServerCounters::bytes_sent, bytes);
  output_.sent(bytes);
  if (state_ == State::kSending || state_ == State::kStreaming) {
    sent_bytes_ += bytes;
    progress_ = Clock::now();
  }
  write_more();
  next_request();
}

/// After an answer: what the client sent meanwhile is its next request. Never called while one is
/// read, so that requests on one connection do not pile up on the stack.
void Connection::next_request() {
  if (state_ == State::kHead && !writing_) advance();
}

void Connection::on_output_sent() {
  if (state_ == State::kSending) return finish_answer();
  if (state_ == State::kStreaming && output_.stream_ended()) {
    stream_.reset();
    core_->uncount(&ServerCounters::streams_open);
    finish_answer();
  }
}

void Connection::finish_answer() {
  exchange_state_.reset();
  output_.restart();
  if (close_after_ || core_->draining) return linger();
  enter(State::kHead);
  head_only_ = false;
}

void Connection::linger() {
  enter(State::kLingering);
  begin_ = end_ = 0;
  if (peer_closed_) return abort();
  // Over TLS, close_notify ends what we can read; so first read what may still come. The length of
  // the answer was told, the client needs no close to find its end.
  if (!transport_->is_tls() || !input_unfinished_) transport_->shut_down(events());
  want_read();
}

void Connection::on_shutdown() {
  if (state_ == State::kLingering && transport_->is_tls()) abort();
}

// --- Time ----------------------------------------------------------------------------------------

bool Connection::too_slow(std::uint64_t bytes, Clock::time_point now) const {
  const auto& limits = core_->limits;
  if (now - progress_ > limits.body_inactivity) return true;
  const std::chrono::duration<double> passed = now - waiting_since_;
  return passed > limits.body_inactivity &&
         static_cast<double>(bytes) <
             passed.count() * static_cast<double>(limits.min_bytes_per_second);
}

void Connection::on_tick(Clock::time_point now) {
  const auto& limits = core_->limits;
  const auto waited = now - waiting_since_;
  switch (state_) {
    case State::kHandshake:
      if (waited <= limits.header_time) return;
      core_->count(&ServerCounters::timeouts_handshake);
      return abort();
    case State::kHead:
      if (head_started_) {
        if (waited <= limits.header_time) return;
        core_->count(&ServerCounters::timeouts_head);
        return refuse(408, "the head took too long");
      }
      // A connection that has never asked anything gets no more time than a head.
      if (waited <= (requests_ == 0 ? limits.header_time : limits.keep_alive_idle)) return;
      core_->count(&ServerCounters::timeouts_idle);
      return abort();
    case State::kBody:
      if (!too_slow(body_bytes_, now)) return;
      core_->count(&ServerCounters::timeouts_body);
      return refuse(408, "the content took too long");
    case State::kAnswering:
      if (waited <= limits.answer_time) return;
      core_->count(&ServerCounters::timeouts_answer);
      if (exchange_state_) exchange_state_->cancelled = true;
      close_after_ = true;
      return send(failure(503, "the answer took too long"));
    case State::kSending:
      if (!too_slow(sent_bytes_, now)) return;
      core_->count(&ServerCounters::timeouts_write);
      return abort();
    case State::kStreaming:
      if (!writing_ || now - progress_ <= limits.body_inactivity) return;
      core_->count(&ServerCounters::timeouts_write);
      return abort();
    case State::kLingering:
      if (waited > kLingerTime) abort();
      return;
    case State::kClosed:
      return;
  }
}

void Connection::begin_drain() {
  if (state_ == State::kHandshake) return abort();
  if (state_ == State::kHead && !head_started_) return abort();
  if (state_ == State::kStreaming && stream_->is_endless() && stream_->finish()) write_more();
}

}  // namespace saiph::net
