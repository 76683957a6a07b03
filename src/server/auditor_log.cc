#include "server/auditor_log.h"

#include <chrono>
#include <map>

#include "base/escape.h"
#include "base/time_text.h"
#include "codec/json/json_writer.h"
#include "server/cookies.h"
#include "server/input.h"

namespace saiph::server {

namespace {

/// Of one statement: an envelope holds 60 KiB of base64, a read takes some 170 bytes.
constexpr std::size_t kBatch = 200;

}  // namespace

AuditorLog::AuditorLog(const Services& services, std::int64_t batch_ms)
    : services_(services), batch_ms_(batch_ms), thread_([this] { run(); }) {}

AuditorLog::~AuditorLog() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  static_cast<void>(flush());  // told to the log
}

bool AuditorLog::add(const std::string& account, std::string_view operation, std::string object,
                     UnixMillis now) {
  const std::lock_guard lock(mutex_);
  if (reads_.size() >= kMaxWaiting) return false;
  reads_.push_back({account, std::string(operation), std::move(object), now});
  if (reads_.size() == 1 || reads_.size() == kBatch) wake_.notify_all();
  return true;
}

std::size_t AuditorLog::waiting() const {
  const std::lock_guard lock(mutex_);
  return reads_.size();
}

void AuditorLog::run() {
  std::unique_lock lock(mutex_);
  while (!ending_) {
    wake_.wait(lock, [this] { return ending_ || !reads_.empty(); });
    wake_.wait_for(lock, std::chrono::milliseconds(batch_ms_),
                   [this] { return ending_ || reads_.size() >= kBatch; });
    if (ending_) return;
    lock.unlock();
    const Status recorded = flush();
    lock.lock();
    if (!recorded) {
      // Not at once again: the ledger's trouble lasts.
      wake_.wait_for(lock, std::chrono::milliseconds(batch_ms_), [this] { return ending_; });
    }
  }
}

Status AuditorLog::flush() {
  const std::lock_guard one_at_a_time(flush_mutex_);
  while (true) {
    std::vector<Read> batch;
    {
      const std::lock_guard lock(mutex_);
      for (const Read& read : reads_) {
        if (batch.size() == kBatch) break;
        if (batch.empty() || read.account == batch.front().account) batch.push_back(read);
      }
    }
    if (batch.empty()) return {};
    if (Status recorded = record(batch.front().account, batch); !recorded) {
      if (services_.log) {
        services_.log("reads of an auditor cannot be recorded: " +
                      escape_terminal(recorded.error().describe()));
      }
      return recorded;
    }
    const std::lock_guard lock(mutex_);
    std::size_t left = batch.size();
    std::erase_if(reads_, [&](const Read& read) {
      if (left == 0 || read.account != batch.front().account) return false;
      --left;
      return true;
    });
  }
}

Status AuditorLog::record(const std::string& account, const std::vector<Read>& reads) {
  ledger::Statement statement;
  statement.predicate_type = ledger::predicate_type_uri(ledger::PredicateType::kAuditorRead);
  statement.predicate.clear();
  codec::JsonWriter json(statement.predicate);
  json.begin_object();
  json.member("time", rfc3339_text(reads.back().time));
  json.object("actor");
  json.member("kind", "session");
  std::string digest = services_.state.actor_digest(account).text();
  digest.replace(0, std::string_view("sha256:").size(), "hmac-sha256:");
  json.member("digest", digest);
  json.end_object();
  json.array("reads");
  for (const Read& read : reads) {
    json.begin_object();
    json.member("time", rfc3339_text(read.time));
    json.member("operation", read.operation);
    if (!read.object.empty()) json.member("object", shorten(read.object, 80));
    json.end_object();
  }
  json.end_array();
  json.end_object();
  statement.subjects.push_back(
      ledger::Subject::of("auditor reads", digest_of(statement.predicate)));
  const auto receipt = services_.record(statement);
  if (!receipt) return receipt.error();
  return {};
}

}  // namespace saiph::server
