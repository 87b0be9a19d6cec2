#include "notifier.h"

#include <cerrno>
#include <csignal>
#include <unistd.h>

namespace seamount {
namespace {

// An answer takes microseconds to reach the client it wakes; on a loaded machine, longer.
constexpr std::chrono::milliseconds kRetryDelays[] = {
    std::chrono::milliseconds(1), std::chrono::milliseconds(10), std::chrono::milliseconds(100)};
constexpr uint32_t kRetries = 3;
// How long a stopping thread may stay in the kernel before the connection is aborted.
constexpr std::chrono::milliseconds kStopPatience(200);

}  // namespace

Notifier::Notifier(int fd, std::function<void(uint32_t)> on_marker) : fd_(fd), on_marker_(std::move(on_marker)) {
  // Signals are for Node's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Notifier::~Notifier() { Stop([] {}); }

void Notifier::Push(const uint8_t* message, size_t length, bool retry_absent) {
  std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back({std::vector<uint8_t>(message, message + length), 0, retry_absent ? kRetries : 0});
  wake_.notify_one();
}

void Notifier::PushMarker(uint32_t marker) {
  std::lock_guard<std::mutex> lock(mutex_);
  queue_.push_back({{}, marker, 0});
  wake_.notify_one();
}

void Notifier::Stop(const std::function<void()>& unblock) {
  if (!thread_.joinable()) return;
  {
    std::unique_lock<std::mutex> lock(mutex_);
    stopping_ = true;
    wake_.notify_one();
    if (!ended_.wait_for(lock, kStopPatience, [this] { return finished_; })) {
      lock.unlock();
      unblock();
    }
  }
  thread_.join();
}

bool Notifier::WaitForItem(std::unique_lock<std::mutex>& lock, Item* item) {
  for (;;) {
    if (stopping_) return false;
    const bool due = !delayed_.empty() && delayed_.begin()->first <= Clock::now();
    if (due) {
      *item = std::move(delayed_.begin()->second);
      delayed_.erase(delayed_.begin());
      return true;
    }
    if (!queue_.empty()) {
      *item = std::move(queue_.front());
      queue_.pop_front();
      return true;
    }
    if (delayed_.empty()) {
      wake_.wait(lock);
    } else {
      wake_.wait_until(lock, delayed_.begin()->first);
    }
  }
}

void Notifier::Run() {
  std::unique_lock<std::mutex> lock(mutex_);
  Item item;
  while (WaitForItem(lock, &item)) {
    lock.unlock();
    if (item.message.empty()) {
      on_marker_(item.marker);
    } else {
      Write(std::move(item));
    }
    lock.lock();
  }
  finished_ = true;
  ended_.notify_all();
}

void Notifier::Write(Item item) {
  ssize_t written;
  do {
    written = write(fd_, item.message.data(), item.message.size());
  } while (written < 0 && errno == EINTR);
  if (written >= 0) {
    sent_++;
    return;
  }
  if (errno != ENOENT) {
    failed_++;
    return;
  }
  if (item.retries == 0) {
    absent_++;
    return;
  }
  const auto delay = kRetryDelays[kRetries - item.retries];
  item.retries--;
  std::lock_guard<std::mutex> lock(mutex_);
  delayed_.emplace(Clock::now() + delay, std::move(item));
}

}  // namespace seamount
