// Answering for a server that does not answer any more.
#pragma once

#include <cerrno>
#include <cstdint>
#include <cstring>
#include <poll.h>
#include <unistd.h>
#include <vector>

namespace seamount {

// Answers requests that nobody has read yet with ENOTCONN, so that the locks their callers hold are let go.
class Drain {
 public:
  enum class Outcome { kIdle, kEnded };

  // `fd` must not block.
  explicit Drain(int fd) : fd_(fd), buffer_(kLargestRequest) {}

  // Goes on until no request came for `idle_ms`, or the connection ended.
  Outcome Run(int idle_ms) {
    for (;;) {
      pollfd waiting = {fd_, POLLIN, 0};
      const int ready = poll(&waiting, 1, idle_ms);
      if (ready == 0) return Outcome::kIdle;
      if (ready < 0 && errno != EINTR) return Outcome::kEnded;
      const ssize_t length = read(fd_, buffer_.data(), buffer_.size());
      if (length >= static_cast<ssize_t>(kInHeader)) {
        Refuse();
      } else if (length < 0 && errno != EAGAIN && errno != EINTR && errno != ENOENT) {
        return Outcome::kEnded;
      }
    }
  }

 private:
  // The largest WRITE that is agreed on, and its headers.
  static constexpr size_t kLargestRequest = (1 << 20) + 4096;
  static constexpr size_t kInHeader = 40;
  static constexpr uint32_t kForget = 2, kInterrupt = 36, kBatchForget = 42;

  void Refuse() {
    struct {
      uint32_t length = 16;
      int32_t error = -ENOTCONN;
      uint64_t unique = 0;
    } reply;
    uint32_t opcode;
    memcpy(&opcode, buffer_.data() + 4, sizeof(opcode));
    memcpy(&reply.unique, buffer_.data() + 8, sizeof(reply.unique));
    if (opcode == kForget || opcode == kBatchForget || opcode == kInterrupt) return;
    // Fails when the caller is gone: then there is nobody to let go.
    if (write(fd_, &reply, sizeof(reply)) < 0) return;
  }

  int fd_;
  std::vector<uint8_t> buffer_;
};

}  // namespace seamount
