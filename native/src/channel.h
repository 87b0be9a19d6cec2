// One FUSE connection as JavaScript uses it: requests come in through slots, replies go out from a reply area.
#pragma once

#include <node_api.h>
#include <uv.h>

#include <cstdint>
#include <memory>

#include "notifier.h"

namespace seamount {

// Lives on the thread of the environment that made it. Owns the FUSE descriptor, the libuv handles and the notifier.
//
// The memory is one ArrayBuffer: `slot_count` slots of `slot_bytes`, then the reply area. A slot belongs to the
// channel until a request is in it, and to JavaScript until JavaScript names it as the next one to read into.
class Channel {
 public:
  static napi_value Define(napi_env env);

 private:
  Channel(napi_env env, int fd);
  ~Channel();

  static napi_value Construct(napi_env env, napi_callback_info info);
  static napi_value Send(napi_env env, napi_callback_info info);
  static napi_value SendWithData(napi_env env, napi_callback_info info);
  static napi_value ReplyFromFile(napi_env env, napi_callback_info info);
  static napi_value WriteToFile(napi_env env, napi_callback_info info);
  static napi_value BackingOpen(napi_env env, napi_callback_info info);
  static napi_value BackingClose(napi_env env, napi_callback_info info);
  static napi_value Notify(napi_env env, napi_callback_info info);
  static napi_value Mark(napi_env env, napi_callback_info info);
  static napi_value NotificationCounts(napi_env env, napi_callback_info info);
  static napi_value Close(napi_env env, napi_callback_info info);

  static Channel* From(napi_env env, const class Arguments& arguments);

  bool Start(napi_value self, napi_value buffer, napi_value on_request, napi_value on_closed, napi_value on_marker);
  void OnReadable();
  void OnMarker();
  void Deliver(uint32_t length);
  void Call(napi_ref function, size_t count, const napi_value* arguments, napi_value* result);
  void Shutdown(bool tell, int reason);
  void HandleClosed();
  void DeleteWhenUnused();

  uint8_t* slot(uint32_t index) { return memory_ + static_cast<size_t>(index) * slot_bytes_; }
  uint8_t* reply() { return slot(slot_count_); }

  napi_env env_;
  int fd_;
  uv_poll_t poll_;
  // The notifier passed a marker: an eventfd, because its thread cannot reach libuv's own descriptors.
  int passed_fd_ = -1;
  uv_poll_t passed_poll_;
  std::unique_ptr<Notifier> notifier_;

  uint8_t* memory_ = nullptr;
  uint32_t slot_count_ = 0;
  uint32_t slot_bytes_ = 0;
  uint32_t reply_bytes_ = 0;
  uint32_t next_slot_ = 0;

  napi_async_context context_ = nullptr;
  napi_ref self_ref_ = nullptr;
  napi_ref buffer_ref_ = nullptr;
  napi_ref on_request_ = nullptr;
  napi_ref on_closed_ = nullptr;
  napi_ref on_marker_ = nullptr;
  napi_async_cleanup_hook_handle cleanup_ = nullptr;

  bool open_ = false;
  bool wrapped_ = true;
  int handles_ = 0;
};

}  // namespace seamount
