#include "app/evidence_keeper.h"

#include <fmt/format.h>

#include <utility>

#include "app/statement_writer.h"
#include "base/escape.h"

namespace saiph::app {

namespace {

/// After an error of the index: the ledger has the truth, so trying again is all there is to do.
constexpr std::chrono::seconds kRetry{5};

}  // namespace

Result<ledger::Receipt> EvidenceKeeper::record(const ledger::Statement& statement) {
  auto receipt = app::record(access_, statement);
  wake();
  return receipt;
}

Result<ledger::Receipt> EvidenceKeeper::record(ByteView statement) {
  auto receipt = record_bytes(access_, statement);
  wake();
  return receipt;
}

Result<ledger::Receipt> EvidenceKeeper::record_heartbeat(std::string_view time) {
  SAIPH_TRY(const ledger::Statement statement, heartbeat_statement(*access_.ledger->head(), time));
  return record(statement);
}

void EvidenceKeeper::follow(control::Index& index, std::function<void()> changed) {
  index_ = &index;
  changed_ = std::move(changed);
  thread_ = std::thread([this] { run(); });
}

void EvidenceKeeper::stop_following() {
  if (!thread_.joinable()) return;
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  thread_.join();
}

/// Under the lock, so that it cannot come between the follower's look and its wait.
void EvidenceKeeper::wake() {
  const std::lock_guard lock(mutex_);
  wake_.notify_one();
}

void EvidenceKeeper::run() {
  const auto go_on = [this] {
    const std::lock_guard lock(mutex_);
    return !stopping_;
  };
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (access_.ledger->head()->size <= indexed_) {
      wake_.wait(lock);
      continue;
    }
    lock.unlock();
    const auto step = index_->catch_up(*access_.ledger, *access_.folder, go_on);
    if (step && step->rebuilt) log_("the index was made anew from the ledger");
    if (!step) {
      log_(fmt::format("the index does not follow the ledger: {}",
                       escape_terminal(step.error().describe())));
    }
    lock.lock();
    if (!step) {
      wake_.wait_for(lock, kRetry, [this] { return stopping_; });
      continue;
    }
    indexed_ = step->size;
    caught_up_.notify_all();
    if (step->applied == 0) continue;
    lock.unlock();
    changed_();
    lock.lock();
  }
}

bool EvidenceKeeper::wait_indexed(std::uint64_t entry, std::chrono::milliseconds patience) {
  std::unique_lock lock(mutex_);
  return caught_up_.wait_for(lock, patience, [&] { return indexed_ > entry || stopping_; }) &&
         indexed_ > entry;
}

std::uint64_t EvidenceKeeper::index_lag() const {
  const std::lock_guard lock(mutex_);
  const std::uint64_t size = access_.ledger->head()->size;
  return size > indexed_ ? size - indexed_ : 0;
}

// NOLINTNEXTLINE(readability-make-member-function-const): it ends what this keeps
Status EvidenceKeeper::close() {
  return access_.ledger->close();
}

}  // namespace saiph::app
