#include "notifier.h"

#include <algorithm>
#include <cerrno>
#include <csignal>
#include <fcntl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "device.h"
#include "drain.h"

namespace seamount {
namespace {

// An answer takes microseconds to reach the client it wakes; on a loaded machine, longer.
constexpr std::chrono::milliseconds kRetryDelays[] = {
    std::chrono::milliseconds(1), std::chrono::milliseconds(10), std::chrono::milliseconds(100)};
constexpr uint32_t kRetries = 3;
// How often a stopping thread that waits in the kernel is helped.
constexpr std::chrono::milliseconds kStopPatience(20);
constexpr int kDrainMs = 20;

#ifdef SYS_close_range
constexpr unsigned kUnshare = 1u << 1;

bool CloseRange(unsigned first, unsigned last, unsigned flags) {
  return syscall(SYS_close_range, first, last, flags) == 0;
}
#endif

}  // namespace

Notifier::Notifier(int fd, int passed_fd)
    : fd_(fd), own_fd_(CloneDevice(fd)), own_passed_fd_(fcntl(passed_fd, F_DUPFD_CLOEXEC, 0)) {
  // An old kernel, or a device that may not be opened again: the first descriptor serves as well.
  if (own_fd_ < 0) own_fd_ = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  // Signals are for Node's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  thread_ = std::thread([this] { Run(); });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
}

Notifier::~Notifier() { Stop(); }

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

void Notifier::Stop() {
  if (!thread_.joinable()) return;
  std::unique_lock<std::mutex> lock(mutex_);
  stopping_ = true;
  wake_.notify_one();
  while (!ended_.wait_for(lock, kStopPatience, [this] { return finished_; })) {
    lock.unlock();
    Drain(fd_).Run(kDrainMs);
    lock.lock();
  }
  lock.unlock();
  thread_.join();
  // Where the thread had a table of its own these are copies: its own went with it.
  close(own_fd_);
  close(own_passed_fd_);
}

// Gives the thread a descriptor table that holds its own two alone.
void Notifier::LeaveDescriptors() {
#ifdef SYS_close_range
  const unsigned first = std::min(own_fd_, own_passed_fd_);
  const unsigned second = std::max(own_fd_, own_passed_fd_);
  if (!CloseRange(second + 1, ~0u, kUnshare)) return;
  CloseRange(first + 1, second - 1, 0);
  if (first > 0) CloseRange(0, first - 1, 0);
#endif
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
  LeaveDescriptors();
  std::unique_lock<std::mutex> lock(mutex_);
  Item item;
  while (WaitForItem(lock, &item)) {
    lock.unlock();
    if (item.message.empty()) {
      passed_ = item.marker;
      const uint64_t one = 1;
      // Fails only when 2^64 markers are unread.
      if (write(own_passed_fd_, &one, sizeof(one)) < 0) failed_++;
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
    written = write(own_fd_, item.message.data(), item.message.size());
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
