#include "server/live_updates.h"

#include <chrono>
#include <set>

#include "codec/json/json_writer.h"
#include "server/views.h"

namespace saiph::server {

namespace {

constexpr std::int64_t kLongestMs = kHourMs;
/// Events that wait for the thread; more are dropped, whoever reads again misses nothing.
constexpr std::size_t kMaxWaiting = 1000;

std::string event_text(std::string_view event, std::string_view data) {
  std::string text = "event: ";
  text += event;
  text += "\ndata: ";
  text += data;
  text += "\n\n";
  return text;
}

}  // namespace

LiveUpdates::LiveUpdates(const Services& services, const ApiOptions& options)
    : services_(services), options_(options), thread_([this] { run(); }) {}

LiveUpdates::~LiveUpdates() {
  {
    const std::lock_guard lock(mutex_);
    ending_ = true;
  }
  wake_.notify_all();
  thread_.join();
  for (const Watcher& watcher : watchers_) watcher.stream->close();
}

bool LiveUpdates::reserve(const std::string& account) {
  const std::lock_guard lock(mutex_);
  if (ending_ || taken_ >= options_.streams || places_[account] >= options_.streams_per_account) {
    ++figures_.refused;
    return false;
  }
  ++places_[account];
  ++taken_;
  return true;
}

void LiveUpdates::give_up(const std::string& account) {
  const std::lock_guard lock(mutex_);
  --taken_;
  const auto it = places_.find(account);
  if (it != places_.end() && --it->second == 0) places_.erase(it);
}

void LiveUpdates::add(const std::string& account, std::shared_ptr<net::Stream> stream,
                      const std::string& job) {
  // Says how long to wait before connecting anew, and makes the headers go out at once.
  stream->write("retry: 3000\n\n");
  {
    const std::lock_guard lock(mutex_);
    watchers_.push_back({account, job, std::move(stream), services_.now()});
    if (!job.empty()) {
      // An update that says nothing: the thread reads the row and sends that.
      ScanUpdate update;
      update.job = job;
      work_.scans.try_emplace(job, std::move(update));
    }
  }
  wake_.notify_all();
}

void LiveUpdates::end_all(const std::string& account) {
  const std::lock_guard lock(mutex_);
  for (std::size_t i = watchers_.size(); i-- > 0;) {
    if (watchers_[i].account != account) continue;
    watchers_[i].stream->close();
    leave(i);
  }
}

void LiveUpdates::publish(std::string_view event, std::string data) {
  {
    const std::lock_guard lock(mutex_);
    if (work_.events.size() >= kMaxWaiting) return;
    work_.events.emplace_back(event, std::move(data));
  }
  wake_.notify_all();
}

void LiveUpdates::scan_updated(const ScanUpdate& update) {
  {
    const std::lock_guard lock(mutex_);
    if (work_.scans.size() >= kMaxWaiting && !work_.scans.contains(update.job)) return;
    work_.scans[update.job] = update;
  }
  wake_.notify_all();
}

LiveUpdates::Figures LiveUpdates::figures() const {
  const std::lock_guard lock(mutex_);
  Figures figures = figures_;
  figures.open = watchers_.size();
  return figures;
}

void LiveUpdates::run() {
  const auto beat = std::chrono::milliseconds(options_.heartbeat_ms);
  auto next_beat = std::chrono::steady_clock::now() + beat;
  std::unique_lock lock(mutex_);
  while (true) {
    wake_.wait_until(lock, next_beat, [this] { return ending_ || !work_.empty(); });
    if (ending_) return;
    Work work;
    std::swap(work, work_);
    lock.unlock();
    for (const auto& [job, update] : work.scans) tell(update);
    for (const auto& [event, data] : work.events) send(event, data, "", false);
    if (std::chrono::steady_clock::now() >= next_beat) {
      heartbeat();
      next_beat = std::chrono::steady_clock::now() + beat;
    }
    lock.lock();
  }
}

void LiveUpdates::tell(const ScanUpdate& update) {
  const auto row = services_.state.scans().get(update.job);
  if (!row) {
    // The job is gone: whoever watches it has seen its end.
    send("gone", "{}", update.job, true);
    return;
  }
  const control::ScanJob job = with_update(*row, update);
  std::string data;
  codec::JsonWriter json(data);
  write(json, job);
  send("scan", data, job.id, is_final(job.state));
}

void LiveUpdates::send(std::string_view event, std::string_view data, std::string_view job,
                       bool last) {
  const std::string text = event_text(event, data);
  const std::lock_guard lock(mutex_);
  for (std::size_t i = watchers_.size(); i-- > 0;) {
    const Watcher& watcher = watchers_[i];
    if (!watcher.job.empty() && watcher.job != job) continue;
    ++figures_.events;
    const bool sent = watcher.stream->write(text);
    const bool over = last && !watcher.job.empty();
    if (over) watcher.stream->close();
    if (over || !sent) leave(i);
  }
}

void LiveUpdates::heartbeat() {
  std::set<std::string> accounts;
  {
    const std::lock_guard lock(mutex_);
    for (const Watcher& watcher : watchers_) accounts.insert(watcher.account);
  }
  std::set<std::string> gone;
  for (const std::string& account : accounts) {
    const auto row = services_.state.accounts().get(account);
    if (row ? row->disabled : row.error().code() == ErrorCode::kNotFound) gone.insert(account);
  }
  const UnixMillis now = services_.now();
  const std::lock_guard lock(mutex_);
  for (std::size_t i = watchers_.size(); i-- > 0;) {
    const Watcher& watcher = watchers_[i];
    if (gone.contains(watcher.account) || now - watcher.since > kLongestMs) {
      watcher.stream->close();
      leave(i);
    } else if (!watcher.stream->write(": \n\n")) {
      leave(i);
    }
  }
}

void LiveUpdates::leave(std::size_t index) {
  const auto it = places_.find(watchers_[index].account);
  if (it != places_.end() && --it->second == 0) places_.erase(it);
  --taken_;
  if (index + 1 != watchers_.size()) watchers_[index] = std::move(watchers_.back());
  watchers_.pop_back();
}

}  // namespace saiph::server
