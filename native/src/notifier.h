// The thread that tells the kernel to drop what it caches.
#pragma once

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <thread>
#include <vector>

namespace seamount {

// Writes notifications to the FUSE descriptor from a thread of its own, in the order they were pushed.
//
// It has a descriptor of its own for the connection, and where the system allows it (Linux 5.9) a descriptor table of its
// own: should the process be killed while the thread waits in the kernel, then everything else of the process is closed
// all the same: sockets, locks, and the connection's first descriptor, which ends the requests that were read from it.
//
// A notification may wait in the kernel for a page or directory lock that only an answer to a request releases. Sent
// by the thread that answers, it would hang the process for ever, immune to SIGKILL.
class Notifier {
 public:
  // `fd`: the connection; `passed_fd`: an eventfd that is written when a marker was passed. Both stay the caller's.
  Notifier(int fd, int passed_fd);
  ~Notifier();

  // `retry_absent`: when the kernel does not know the node, an answer that introduces it may be on its way to the
  // client: the notification is repeated a few times.
  void Push(const uint8_t* message, size_t length, bool retry_absent);
  // Passed when everything pushed before was written once.
  void PushMarker(uint32_t marker);
  uint32_t passed() const { return passed_; }

  // Ends the thread. Requests that nobody reads any more are answered meanwhile: the thread may be waiting for one.
  void Stop();

  uint32_t sent() const { return sent_; }
  // Notifications about what the kernel did not know.
  uint32_t absent() const { return absent_; }
  uint32_t failed() const { return failed_; }

 private:
  using Clock = std::chrono::steady_clock;
  struct Item {
    std::vector<uint8_t> message;  // empty: a marker
    uint32_t marker;
    uint32_t retries;
  };

  void Run();
  void LeaveDescriptors();
  void Write(Item item);
  bool WaitForItem(std::unique_lock<std::mutex>& lock, Item* item);

  const int fd_;
  // The thread's own descriptors, made before it starts.
  int own_fd_;
  int own_passed_fd_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable ended_;
  std::deque<Item> queue_;
  std::multimap<Clock::time_point, Item> delayed_;
  bool stopping_ = false;
  bool finished_ = false;
  std::atomic<uint32_t> passed_{0};
  std::atomic<uint32_t> sent_{0};
  std::atomic<uint32_t> absent_{0};
  std::atomic<uint32_t> failed_{0};
  std::thread thread_;
};

}  // namespace seamount
