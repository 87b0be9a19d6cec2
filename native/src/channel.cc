#include "channel.h"

#include <cerrno>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/uio.h>
#include <unistd.h>

#include "arguments.h"

namespace seamount {
namespace {

// A client that got its answer often sends the next request at once: looking again is cheaper than a round of the
// event loop (measured: 1-2 µs less an operation, and fewer wake-ups).
constexpr int kExtraReads = 20;
// Timers and sockets get their turn at the latest after so many requests.
constexpr int kRequestsPerTurn = 64;
// struct fuse_out_header: u32 length, i32 error, u64 unique.
constexpr size_t kReplyHeader = 16;

// Of linux/fuse.h from 6.9 on, which older systems that build this do not have.
struct BackingMap {
  int32_t fd;
  uint32_t flags;
  uint64_t padding;
};
constexpr unsigned long kBackingOpen = _IOW(229, 1, BackingMap);
constexpr unsigned long kBackingClose = _IOW(229, 2, uint32_t);

}  // namespace

Channel::Channel(napi_env env, int fd) : env_(env), fd_(fd) {}

Channel::~Channel() = default;

napi_value Channel::Define(napi_env env) {
  const napi_property_descriptor methods[] = {
      {"send", nullptr, Send, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"sendWithData", nullptr, SendWithData, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"replyFromFile", nullptr, ReplyFromFile, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"writeToFile", nullptr, WriteToFile, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"backingOpen", nullptr, BackingOpen, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"backingClose", nullptr, BackingClose, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"notify", nullptr, Notify, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"mark", nullptr, Mark, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"notificationCounts", nullptr, NotificationCounts, nullptr, nullptr, nullptr, napi_default, nullptr},
      {"close", nullptr, Close, nullptr, nullptr, nullptr, napi_default, nullptr},
  };
  napi_value constructor = nullptr;
  napi_define_class(env, "Channel", NAPI_AUTO_LENGTH, Construct, nullptr, sizeof(methods) / sizeof(methods[0]),
                    methods, &constructor);
  return constructor;
}

Channel* Channel::From(napi_env env, const Arguments& arguments) {
  void* channel = nullptr;
  if (napi_unwrap(env, arguments.self(), &channel) != napi_ok) {
    napi_throw_type_error(env, "ERR_INVALID_THIS", "not a channel");
    return nullptr;
  }
  return static_cast<Channel*>(channel);
}

// new Channel(fd, slotCount, slotBytes, replyBytes, onRequest, onClosed, onMarker)
napi_value Channel::Construct(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int32_t fd;
  uint32_t slot_count, slot_bytes, reply_bytes;
  napi_value on_request, on_closed, on_marker;
  if (!arguments.Int32(0, &fd) || !arguments.Uint32(1, &slot_count) || !arguments.Uint32(2, &slot_bytes) ||
      !arguments.Uint32(3, &reply_bytes) || !arguments.Function(4, &on_request) ||
      !arguments.Function(5, &on_closed) || !arguments.Function(6, &on_marker)) {
    return nullptr;
  }
  if (slot_count == 0 || slot_bytes < 8192 || slot_bytes % 8 != 0 || reply_bytes < kReplyHeader) {
    napi_throw_range_error(env, "ERR_OUT_OF_RANGE", "slots must be at least 8192 bytes, a multiple of 8");
    return nullptr;
  }
  auto* channel = new Channel(env, fd);
  channel->slot_count_ = slot_count;
  channel->slot_bytes_ = slot_bytes;
  channel->reply_bytes_ = reply_bytes;

  // Pages of a slot that was never used cost nothing: the memory comes zeroed from the system.
  napi_value buffer;
  void* memory = nullptr;
  const size_t bytes = static_cast<size_t>(slot_count) * slot_bytes + reply_bytes;
  if (napi_create_arraybuffer(env, bytes, &memory, &buffer) != napi_ok) {
    delete channel;
    return nullptr;
  }
  channel->memory_ = static_cast<uint8_t*>(memory);
  napi_wrap(
      env, arguments.self(), channel,
      [](napi_env, void* data, void*) {
        auto* unwrapped = static_cast<Channel*>(data);
        unwrapped->wrapped_ = false;
        unwrapped->DeleteWhenUnused();
      },
      nullptr, nullptr);
  napi_set_named_property(env, arguments.self(), "buffer", buffer);
  if (!channel->Start(arguments.self(), buffer, on_request, on_closed, on_marker)) return nullptr;
  return arguments.self();
}

bool Channel::Start(napi_value self, napi_value buffer, napi_value on_request, napi_value on_closed,
                    napi_value on_marker) {
  uv_loop_t* loop = nullptr;
  napi_get_uv_event_loop(env_, &loop);
  int error = uv_poll_init(loop, &poll_, fd_);
  if (error != 0) {
    ThrowSystemError(env_, -error, "uv_poll_init");
    return false;
  }
  poll_.data = this;
  handles_++;
  passed_fd_ = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
  error = passed_fd_ < 0 ? -errno : uv_poll_init(loop, &passed_poll_, passed_fd_);
  if (error != 0) {
    uv_close(reinterpret_cast<uv_handle_t*>(&poll_),
             [](uv_handle_t* handle) { static_cast<Channel*>(handle->data)->HandleClosed(); });
    if (passed_fd_ >= 0) close(passed_fd_);
    ThrowSystemError(env_, -error, "eventfd");
    return false;
  }
  passed_poll_.data = this;
  handles_++;
  // The connection keeps the process alive while the mount is up; markers alone do not.
  uv_unref(reinterpret_cast<uv_handle_t*>(&passed_poll_));

  napi_value name;
  napi_create_string_utf8(env_, "seamount:channel", NAPI_AUTO_LENGTH, &name);
  napi_async_init(env_, nullptr, name, &context_);
  napi_create_reference(env_, self, 1, &self_ref_);
  napi_create_reference(env_, buffer, 1, &buffer_ref_);
  napi_create_reference(env_, on_request, 1, &on_request_);
  napi_create_reference(env_, on_closed, 1, &on_closed_);
  napi_create_reference(env_, on_marker, 1, &on_marker_);
  // A worker that ends with open libuv handles would abort the process.
  napi_add_async_cleanup_hook(
      env_,
      [](napi_async_cleanup_hook_handle, void* data) { static_cast<Channel*>(data)->Shutdown(false, 0); }, this,
      &cleanup_);
  notifier_ = std::make_unique<Notifier>(fd_, passed_fd_);
  open_ = true;
  uv_poll_start(&poll_, UV_READABLE, [](uv_poll_t* handle, int, int) {
    // A status below zero is POLLERR: the connection ended, and the read tells how.
    static_cast<Channel*>(handle->data)->OnReadable();
  });
  uv_poll_start(&passed_poll_, UV_READABLE,
                [](uv_poll_t* handle, int, int) { static_cast<Channel*>(handle->data)->OnMarker(); });
  return true;
}

void Channel::OnMarker() {
  uint64_t count;
  if (read(passed_fd_, &count, sizeof(count)) < 0) return;
  napi_handle_scope scope;
  napi_open_handle_scope(env_, &scope);
  napi_value marker = Number(env_, notifier_->passed());
  Call(on_marker_, 1, &marker, nullptr);
  napi_close_handle_scope(env_, scope);
}

void Channel::OnReadable() {
  int misses = 0;
  int requests = 0;
  while (open_) {
    const ssize_t length = read(fd_, slot(next_slot_), slot_bytes_);
    if (length >= 0) {
      misses = 0;
      Deliver(static_cast<uint32_t>(length));
      if (++requests == kRequestsPerTurn) return;
      continue;
    }
    switch (errno) {
      case EAGAIN:
        if (requests == 0 || ++misses > kExtraReads) return;
        break;
      case EINTR:
      case ENOENT:  // The client was killed while its request was handed over.
        break;
      default:  // ENODEV: unmounted; ECONNABORTED: aborted.
        Shutdown(true, errno);
    }
  }
}

void Channel::Deliver(uint32_t length) {
  napi_handle_scope scope;
  napi_open_handle_scope(env_, &scope);
  napi_value arguments[2];
  napi_create_uint32(env_, next_slot_, &arguments[0]);
  napi_create_uint32(env_, length, &arguments[1]);
  napi_value result = nullptr;
  Call(on_request_, 2, arguments, &result);
  uint32_t next;
  if (result != nullptr && napi_get_value_uint32(env_, result, &next) == napi_ok && next < slot_count_) {
    next_slot_ = next;
  }
  napi_close_handle_scope(env_, scope);
}

// Calls into JavaScript; ticks and promise reactions run before this returns, so that a request answered after an
// `await` on something at hand is answered within this turn.
void Channel::Call(napi_ref function, size_t count, const napi_value* arguments, napi_value* result) {
  napi_value self, callee;
  napi_get_reference_value(env_, self_ref_, &self);
  napi_get_reference_value(env_, function, &callee);
  if (napi_make_callback(env_, context_, self, callee, count, arguments, result) == napi_pending_exception) {
    napi_value error;
    napi_get_and_clear_last_exception(env_, &error);
    napi_fatal_exception(env_, error);
  }
}

napi_value Channel::Send(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  uint32_t length;
  if (channel == nullptr || !arguments.Uint32(0, &length)) return nullptr;
  if (length > channel->reply_bytes_) return ThrowSystemError(env, EMSGSIZE, "write");
  int error = 0;
  if (!channel->open_) {
    error = ENODEV;
  } else if (write(channel->fd_, channel->reply(), length) < 0) {
    error = errno;
  }
  return Number(env, error);
}

napi_value Channel::SendWithData(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  uint32_t length;
  uint8_t* data;
  size_t data_length;
  if (channel == nullptr || !arguments.Uint32(0, &length) || !arguments.Bytes(1, &data, &data_length)) return nullptr;
  if (length > channel->reply_bytes_) return ThrowSystemError(env, EMSGSIZE, "writev");
  int error = 0;
  const iovec parts[] = {{channel->reply(), length}, {data, data_length}};
  if (!channel->open_) {
    error = ENODEV;
  } else if (writev(channel->fd_, parts, 2) < 0) {
    error = errno;
  }
  return Number(env, error);
}

// replyFromFile(fd, position, length): the header is in the reply area already, with the length of the whole.
napi_value Channel::ReplyFromFile(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  int32_t fd;
  int64_t position;
  uint32_t length;
  if (channel == nullptr || !arguments.Int32(0, &fd) || !arguments.Int64(1, &position) ||
      !arguments.Uint32(2, &length)) {
    return nullptr;
  }
  if (length > channel->reply_bytes_ - kReplyHeader) return ThrowSystemError(env, EMSGSIZE, "pread");
  if (!channel->open_) return Number(env, -ENODEV);
  size_t done = 0;
  while (done < length) {
    const ssize_t count = pread(fd, channel->reply() + kReplyHeader + done, length - done, position + done);
    if (count < 0 && errno == EINTR) continue;
    // A file shorter than it was said to be: the rest must not pass for the end of the content.
    if (count <= 0) return Number(env, count == 0 ? -EIO : -errno);
    done += count;
  }
  return Number(env, write(channel->fd_, channel->reply(), kReplyHeader + length) < 0 ? errno : 0);
}

// writeToFile(slot, offset, length, fd, position)
napi_value Channel::WriteToFile(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  uint32_t index, offset, length;
  int32_t fd;
  int64_t position;
  if (channel == nullptr || !arguments.Uint32(0, &index) || !arguments.Uint32(1, &offset) ||
      !arguments.Uint32(2, &length) || !arguments.Int32(3, &fd) || !arguments.Int64(4, &position)) {
    return nullptr;
  }
  if (index >= channel->slot_count_ || offset > channel->slot_bytes_ || length > channel->slot_bytes_ - offset) {
    return ThrowSystemError(env, EFAULT, "pwrite");
  }
  size_t done = 0;
  while (done < length) {
    const ssize_t count = pwrite(fd, channel->slot(index) + offset + done, length - done, position + done);
    if (count < 0) {
      if (errno == EINTR) continue;
      // What went in stays reported, so that the caller can say how far it got.
      if (done > 0) break;
      return Number(env, -errno);
    }
    done += count;
  }
  return Number(env, static_cast<double>(done));
}

// backingOpen(fd): lends a file to the kernel, which keeps it open until backingClose(id) and its last user.
napi_value Channel::BackingOpen(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  BackingMap map = {};
  if (channel == nullptr || !arguments.Int32(0, &map.fd)) return nullptr;
  if (!channel->open_) return Number(env, -ENODEV);
  const int id = ioctl(channel->fd_, kBackingOpen, &map);
  return Number(env, id < 0 ? -errno : id);
}

napi_value Channel::BackingClose(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  uint32_t id;
  if (channel == nullptr || !arguments.Uint32(0, &id)) return nullptr;
  // With the connection all its files went back.
  if (!channel->open_) return Number(env, 0);
  return Number(env, ioctl(channel->fd_, kBackingClose, &id) < 0 ? errno : 0);
}

// notify(message, length, retryAbsent)
napi_value Channel::Notify(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  uint8_t* message;
  size_t capacity;
  uint32_t length, retry_absent;
  if (channel == nullptr || !arguments.Bytes(0, &message, &capacity) || !arguments.Uint32(1, &length) ||
      !arguments.Uint32(2, &retry_absent)) {
    return nullptr;
  }
  if (length < kReplyHeader || length > capacity) return ThrowSystemError(env, EMSGSIZE, "write");
  if (channel->open_) channel->notifier_->Push(message, length, retry_absent != 0);
  return Undefined(env);
}

napi_value Channel::Mark(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  uint32_t marker;
  if (channel == nullptr || !arguments.Uint32(0, &marker)) return nullptr;
  if (channel->open_) channel->notifier_->PushMarker(marker);
  return Undefined(env);
}

napi_value Channel::NotificationCounts(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  if (channel == nullptr) return nullptr;
  const Notifier* notifier = channel->notifier_.get();
  napi_value result;
  napi_create_object(env, &result);
  napi_set_named_property(env, result, "sent", Number(env, notifier->sent()));
  napi_set_named_property(env, result, "absent", Number(env, notifier->absent()));
  napi_set_named_property(env, result, "failed", Number(env, notifier->failed()));
  return result;
}

napi_value Channel::Close(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  Channel* channel = From(env, arguments);
  if (channel == nullptr) return nullptr;
  channel->Shutdown(false, 0);
  return Undefined(env);
}

// Ends the channel: the descriptor is closed when this returns, and the connection with it.
void Channel::Shutdown(bool tell, int reason) {
  if (!open_) return;
  open_ = false;
  uv_poll_stop(&poll_);
  uv_poll_stop(&passed_poll_);
  notifier_->Stop();
  const auto closed = [](uv_handle_t* handle) { static_cast<Channel*>(handle->data)->HandleClosed(); };
  uv_close(reinterpret_cast<uv_handle_t*>(&poll_), closed);
  uv_close(reinterpret_cast<uv_handle_t*>(&passed_poll_), closed);
  close(passed_fd_);
  close(fd_);
  fd_ = -1;
  if (!tell) return;
  napi_handle_scope scope;
  napi_open_handle_scope(env_, &scope);
  napi_value argument = Number(env_, reason);
  Call(on_closed_, 1, &argument, nullptr);
  napi_close_handle_scope(env_, scope);
}

void Channel::HandleClosed() {
  if (--handles_ > 0) return;
  // After an environment's cleanup began no JavaScript runs, but references may still be deleted.
  for (napi_ref* reference : {&self_ref_, &buffer_ref_, &on_request_, &on_closed_, &on_marker_}) {
    if (*reference != nullptr) napi_delete_reference(env_, *reference);
    *reference = nullptr;
  }
  if (context_ != nullptr) napi_async_destroy(env_, context_);
  context_ = nullptr;
  if (cleanup_ != nullptr) napi_remove_async_cleanup_hook(cleanup_);
  cleanup_ = nullptr;
  DeleteWhenUnused();
}

void Channel::DeleteWhenUnused() {
  if (!wrapped_ && handles_ == 0) delete this;
}

}  // namespace seamount
