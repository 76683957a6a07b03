// The way to record through a running server: a socket beside the ledger, for the same user only.
// A ledger has one writer, and while `saiph serve` runs it is that.
//
// One message there and one back (SOCK_SEQPACKET keeps their bounds). There: a line that names the
// ledger's folder by device and inode, then the statement's bytes. Back: "ok INDEX SIZE LEAF", or
// "error CODE MESSAGE".
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <thread>

#include "base/bytes.h"
#include "base/file.h"
#include "base/result.h"
#include "ledger/ledger.h"

namespace saiph::app {

/// "DATA/ledger" -> "DATA/record.sock".
std::string record_socket_place(const std::string& ledger);

/// Whether somebody listens there. Any thread.
bool server_records(const std::string& ledger);

/// Hands the bytes of an in-toto Statement to the server that keeps this ledger open; it signs and
/// appends them. Errors: kNotFound (nobody listens, or another ledger's server), kUnavailable (no
/// answer), and those that the server answers. Waits up to half a minute. Any thread.
Result<ledger::Receipt> record_through_server(const std::string& ledger, ByteView statement);

/// The server's side; a thread of its own.
class RecordSocket {
 public:
  /// Called on the socket's thread, one statement at a time.
  using Record = std::function<Result<ledger::Receipt>(ByteView statement)>;

  /// The caller holds the ledger's lock: a socket that is left from before is replaced. Errors:
  /// kUnavailable (no socket can be made), of the file system.
  static Result<std::unique_ptr<RecordSocket>> listen(const std::string& ledger, Record record);
  /// Ends the thread after the statement that it is at, and removes the socket.
  ~RecordSocket();
  RecordSocket(const RecordSocket&) = delete;
  RecordSocket& operator=(const RecordSocket&) = delete;

 private:
  RecordSocket() = default;
  void run();
  void serve(int connection);

  std::string place_;
  std::string folder_;  // device and inode, as in the first line
  Record record_;
  FileHandle listener_;
  FileHandle stop_read_;
  FileHandle stop_write_;
  std::thread thread_;
};

}  // namespace saiph::app
