#include "app/record_socket.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>
#include <thread>
#include <vector>

#include "crypto/sha256.h"

namespace saiph::app {
namespace {

using testing::HasSubstr;

class RecordSocketTest : public testing::Test {
 protected:
  RecordSocketTest() {
    std::string name = "/tmp/saiph-socket-XXXXXX";
    // Longer than a socket's address can be.
    folder_ = std::string(::mkdtemp(name.data())) + "/" + std::string(120, 'x');
    std::filesystem::create_directories(folder_ + "/ledger");
  }
  ~RecordSocketTest() override {
    std::filesystem::remove_all(std::filesystem::path(folder_).parent_path());
  }
  std::string ledger() const { return folder_ + "/ledger"; }

  std::string folder_;
};

TEST_F(RecordSocketTest, StatementsGoThereAndReceiptsComeBack) {
  EXPECT_FALSE(server_records(ledger()));
  EXPECT_EQ(record_through_server(ledger(), as_bytes("{}")).error().code(), ErrorCode::kNotFound);
  std::vector<std::string> taken;
  const auto leaf = crypto::sha256(as_bytes("leaf"));
  auto socket = RecordSocket::listen(ledger(), [&](ByteView statement) -> Result<ledger::Receipt> {
    taken.emplace_back(as_text(statement));
    if (statement.empty()) return Error(ErrorCode::kInvalidArgument, "no statement at all");
    return ledger::Receipt{7, *leaf, 9};
  });
  ASSERT_TRUE(socket) << socket.error().describe();
  struct stat status{};
  ASSERT_EQ(::stat(record_socket_place(ledger()).c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600U);
  EXPECT_TRUE(server_records(ledger()));
  const std::string body(50'000, '\n');
  const auto receipt = record_through_server(ledger(), as_bytes(body));
  ASSERT_TRUE(receipt) << receipt.error().describe();
  EXPECT_EQ(receipt->index, 7U);
  EXPECT_EQ(receipt->tree_size, 9U);
  EXPECT_EQ(receipt->leaf, *leaf);
  EXPECT_EQ(taken.back(), body);
  const auto refused = record_through_server(ledger(), {});
  EXPECT_EQ(refused.error().code(), ErrorCode::kInvalidArgument);
  EXPECT_EQ(refused.error().message(), "no statement at all");
  EXPECT_EQ(record_through_server(ledger(), Bytes(70'000)).error().code(), ErrorCode::kLimit);
  // A ledger beside it is not this server's.
  std::filesystem::create_directories(folder_ + "/other");
  EXPECT_EQ(record_through_server(folder_ + "/other", as_bytes("{}")).error().code(),
            ErrorCode::kNotFound);
  EXPECT_EQ(taken.size(), 2U);
  socket->reset();
  EXPECT_FALSE(std::filesystem::exists(record_socket_place(ledger())));
}

TEST_F(RecordSocketTest, ManyAtOnceAndAStaleSocket) {
  std::uint64_t count = 0;
  const auto listen = [&] {
    return RecordSocket::listen(ledger(), [&](ByteView) -> Result<ledger::Receipt> {
      return ledger::Receipt{count++, {}, 1};
    });
  };
  {
    const auto first = listen();
  }
  std::filesystem::create_directories(folder_);
  auto socket = listen();
  ASSERT_TRUE(socket);
  std::vector<std::thread> threads;
  threads.reserve(8);
  for (int i = 0; i < 8; ++i) {
    threads.emplace_back([&] {
      for (int j = 0; j < 20; ++j) EXPECT_TRUE(record_through_server(ledger(), as_bytes("{}")));
    });
  }
  for (std::thread& thread : threads) thread.join();
  socket->reset();
  EXPECT_EQ(count, 160U);
}

}  // namespace
}  // namespace saiph::app
