#include "app/record_socket.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "base/escape.h"
#include "ledger/format/envelope.h"

namespace saiph::app {

namespace {

constexpr std::string_view kHello = "saiph-record 1 ";
/// A line and a statement; a longer one would not fit into an envelope either.
constexpr std::size_t kMaxMessage = ledger::kMaxEnvelopeBytes + 256;
constexpr int kServerPatienceSeconds = 3;   // for the message of a client that has connected
constexpr int kClientPatienceSeconds = 30;  // the statement may wait for others and for the medium
constexpr std::array<ErrorCode, 9> kCodes = {
    ErrorCode::kMalformed,       ErrorCode::kLimit,    ErrorCode::kUnsupported,
    ErrorCode::kNotFound,        ErrorCode::kDenied,   ErrorCode::kUnavailable,
    ErrorCode::kInvalidArgument, ErrorCode::kConflict, ErrorCode::kInternal};

Error system_error(std::string_view what) {
  return {ErrorCode::kUnavailable, fmt::format("{}: {}", what, system_message(errno))};
}

/// A socket's address is limited to about a hundred bytes, a path is not: the address goes through
/// a descriptor of the folder.
struct Address {
  FileHandle folder;
  struct sockaddr_un name{};
};

Result<Address> address_of(const std::string& place) {
  const std::size_t slash = place.rfind('/');
  const std::string folder = slash == std::string::npos ? "." : place.substr(0, slash);
  Address address;
  address.folder = FileHandle(::open(folder.c_str(), O_PATH | O_DIRECTORY | O_CLOEXEC));
  if (address.folder.get() < 0) return Error(ErrorCode::kNotFound, "no such folder: " + folder);
  const std::string name =
      fmt::format("/proc/self/fd/{}/{}", address.folder.get(), place.substr(slash + 1));
  if (name.size() >= sizeof(address.name.sun_path)) {
    return Error(ErrorCode::kInternal, "the name of the socket is too long");
  }
  address.name.sun_family = AF_UNIX;
  name.copy(address.name.sun_path, name.size());
  return address;
}

const struct sockaddr* generic(const struct sockaddr_un& name) {
  return reinterpret_cast<const struct sockaddr*>(&name);  // raw: a socket address
}

Result<FileHandle> make_socket() {
  FileHandle handle(::socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0));
  if (handle.get() < 0) return system_error("no socket can be made");
  return handle;
}

void set_patience(int socket, int seconds) {
  const struct timeval patience{seconds, 0};
  // Without it we would wait for ever, which is not wrong, only slow.
  (void)::setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
  (void)::setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &patience, sizeof patience);
}

/// One message; nothing when there is none or it is longer than `limit`.
std::optional<std::string> receive(int socket, std::size_t limit) {
  std::string text(limit + 1, '\0');
  ::ssize_t n = 0;
  do {
    n = ::recv(socket, text.data(), text.size(), 0);
  } while (n < 0 && errno == EINTR);
  if (n <= 0 || static_cast<std::size_t>(n) > limit) return std::nullopt;
  text.resize(static_cast<std::size_t>(n));
  return text;
}

bool send_message(int socket, std::string_view text) {
  ::ssize_t n = 0;
  do {
    n = ::send(socket, text.data(), text.size(), MSG_NOSIGNAL);
  } while (n < 0 && errno == EINTR);
  return n == static_cast<::ssize_t>(text.size());
}

/// What the first line names a ledger's folder by: its path means other things to other processes.
Result<std::string> identity_of(const std::string& folder) {
  struct stat status{};
  if (::stat(folder.c_str(), &status) != 0) {
    return Error(ErrorCode::kNotFound, "no such folder: " + folder);
  }
  return fmt::format("{} {}", status.st_dev, status.st_ino);
}

Result<FileHandle> connect_to(const std::string& ledger) {
  SAIPH_TRY(const Address address, address_of(record_socket_place(ledger)));
  SAIPH_TRY(FileHandle socket, make_socket());
  if (::connect(socket.get(), generic(address.name), sizeof address.name) != 0) {
    return Error(ErrorCode::kNotFound, "no server keeps this ledger");
  }
  return socket;
}

std::string_view next_word(std::string_view& text) {
  const std::size_t space = text.find(' ');
  const std::string_view word = text.substr(0, space);
  text.remove_prefix(space == std::string_view::npos ? text.size() : space + 1);
  return word;
}

bool parse_number(std::string_view text, std::uint64_t& value) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  return error == std::errc() && end == text.data() + text.size();
}

Result<ledger::Receipt> parse_answer(std::string_view text) {
  const std::string_view kind = next_word(text);
  if (kind == "ok") {
    ledger::Receipt receipt;
    const bool numbers = parse_number(next_word(text), receipt.index) &&
                         parse_number(next_word(text), receipt.tree_size);
    const auto leaf = Digest::parse(text);
    if (numbers && leaf) {
      receipt.leaf = *leaf;
      return receipt;
    }
  }
  if (kind == "error") {
    const std::string_view name = next_word(text);
    for (const ErrorCode code : kCodes) {
      if (error_code_name(code) == name) return Error(code, std::string(text));
    }
  }
  return Error(ErrorCode::kUnavailable, "the server's answer is not understood");
}

}  // namespace

std::string record_socket_place(const std::string& ledger) {
  return ledger + "/../record.sock";
}

bool server_records(const std::string& ledger) {
  return connect_to(ledger).has_value();
}

Result<ledger::Receipt> record_through_server(const std::string& ledger, ByteView statement) {
  SAIPH_TRY(const std::string identity, identity_of(ledger));
  if (statement.size() + identity.size() + kHello.size() + 1 > kMaxMessage) {
    return Error(ErrorCode::kLimit, "the statement is longer than an envelope can be");
  }
  SAIPH_TRY(const FileHandle socket, connect_to(ledger));
  set_patience(socket.get(), kClientPatienceSeconds);
  const std::string message = fmt::format("{}{}\n{}", kHello, identity, as_text(statement));
  if (!send_message(socket.get(), message)) return system_error("the server takes no statement");
  const auto answer = receive(socket.get(), kMaxMessage);
  if (!answer) {
    return Error(ErrorCode::kUnavailable,
                 "the server did not answer; whether the statement was recorded is not known");
  }
  return parse_answer(*answer);
}

Result<std::unique_ptr<RecordSocket>> RecordSocket::listen(const std::string& ledger,
                                                           Record record) {
  std::unique_ptr<RecordSocket> self(new RecordSocket);
  self->record_ = std::move(record);
  SAIPH_TRY(self->folder_, identity_of(ledger));
  const std::string place = record_socket_place(ledger);
  SAIPH_TRY(const Address address, address_of(place));
  SAIPH_TRY(self->listener_, make_socket());
  if (::unlink(place.c_str()) != 0 && errno != ENOENT) return system_error(place);
  if (::bind(self->listener_.get(), generic(address.name), sizeof address.name) != 0) {
    return system_error(place);
  }
  self->place_ = place;
  // Between the two calls the folder's own mode keeps others out.
  if (::chmod(place.c_str(), 0600) != 0 || ::listen(self->listener_.get(), 16) != 0) {
    return system_error(place);
  }
  std::array<int, 2> ends{};
  if (::pipe2(ends.data(), O_CLOEXEC) != 0) return system_error("no pipe can be made");
  self->stop_read_ = FileHandle(ends[0]);
  self->stop_write_ = FileHandle(ends[1]);
  self->thread_ = std::thread([raw = self.get()] { raw->run(); });
  return self;
}

RecordSocket::~RecordSocket() {
  if (thread_.joinable()) {
    stop_write_ = FileHandle();
    thread_.join();
  }
  if (!place_.empty()) (void)::unlink(place_.c_str());  // a socket that is left is replaced
}

void RecordSocket::run() {
  while (true) {
    std::array<struct pollfd, 2> wait{{{listener_.get(), POLLIN, 0}, {stop_read_.get(), 0, 0}}};
    if (::poll(wait.data(), wait.size(), -1) < 0 && errno != EINTR) return;
    if (wait[1].revents != 0) return;
    if ((wait[0].revents & POLLIN) == 0) continue;
    const FileHandle connection(::accept4(listener_.get(), nullptr, nullptr, SOCK_CLOEXEC));
    if (connection.get() < 0) {
      // Out of descriptors: the client stays in the queue, and we must not spin.
      if (errno == EMFILE || errno == ENFILE) (void)::poll(nullptr, 0, 50);
      continue;
    }
    serve(connection.get());
  }
}

void RecordSocket::serve(int connection) {
  struct ucred peer{};
  socklen_t length = sizeof peer;
  if (::getsockopt(connection, SOL_SOCKET, SO_PEERCRED, &peer, &length) != 0) return;
  if (peer.uid != ::geteuid() && peer.uid != 0) return;
  set_patience(connection, kServerPatienceSeconds);
  const auto message = receive(connection, kMaxMessage);
  if (!message) return;  // a look whether somebody listens, or no client of ours
  const std::string_view text = *message;
  const std::size_t line = text.find('\n');
  Result<ledger::Receipt> receipt(Error(ErrorCode::kInvalidArgument, "not a statement to record"));
  if (line != std::string_view::npos && text.starts_with(kHello)) {
    const std::string_view folder = text.substr(kHello.size(), line - kHello.size());
    receipt = folder == folder_
                  ? record_(as_bytes(text.substr(line + 1)))
                  : Error(ErrorCode::kNotFound, "the server here keeps another ledger");
  }
  const std::string answer =
      receipt ? fmt::format("ok {} {} {}", receipt->index, receipt->tree_size, receipt->leaf.text())
              : fmt::format("error {} {}", error_code_name(receipt.error().code()),
                            shorten(receipt.error().describe(), 1000));
  (void)send_message(connection, answer);  // the entry stands, whether or not anybody listens
}

}  // namespace saiph::app
