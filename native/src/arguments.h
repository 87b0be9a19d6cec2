// Reading what JavaScript passed, and telling it what failed.
#pragma once

#include <node_api.h>

#include <cstdint>
#include <string>

namespace seamount {

// The arguments of one call. Readers throw a TypeError into JavaScript and return false when an argument is of another
// type; the caller then returns nullptr.
class Arguments {
 public:
  Arguments(napi_env env, napi_callback_info info);

  napi_value self() const { return self_; }
  napi_value at(size_t index) const { return values_[index]; }
  size_t count() const { return count_; }

  bool Uint32(size_t index, uint32_t* value) const;
  bool Int32(size_t index, int32_t* value) const;
  // A whole number below 2^53, such as a file position.
  bool Int64(size_t index, int64_t* value) const;
  bool String(size_t index, std::string* value) const;
  // The memory of a Uint8Array; valid until control returns to JavaScript.
  bool Bytes(size_t index, uint8_t** data, size_t* length) const;
  bool Function(size_t index, napi_value* value) const;

 private:
  bool Refuse(size_t index, const char* expected) const;

  napi_env env_;
  napi_value self_ = nullptr;
  napi_value values_[8] = {};
  size_t count_ = 8;
};

napi_value Number(napi_env env, double value);
napi_value Boolean(napi_env env, bool value);
napi_value Undefined(napi_env env);

// An Error with `code` (ENOENT), `errno` (negative, as Node has it) and `syscall`.
napi_value SystemError(napi_env env, int error, const char* syscall);
napi_value ThrowSystemError(napi_env env, int error, const char* syscall);

}  // namespace seamount
