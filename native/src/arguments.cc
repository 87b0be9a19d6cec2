#include "arguments.h"

#include <cstring>
#include <uv.h>

namespace seamount {

Arguments::Arguments(napi_env env, napi_callback_info info) : env_(env) {
  napi_get_cb_info(env, info, &count_, values_, &self_, nullptr);
}

bool Arguments::Refuse(size_t index, const char* expected) const {
  std::string message = "argument " + std::to_string(index + 1) + " must be " + expected;
  napi_throw_type_error(env_, "ERR_INVALID_ARG_TYPE", message.c_str());
  return false;
}

bool Arguments::Uint32(size_t index, uint32_t* value) const {
  if (napi_get_value_uint32(env_, values_[index], value) == napi_ok) return true;
  return Refuse(index, "a number");
}

bool Arguments::Int32(size_t index, int32_t* value) const {
  if (napi_get_value_int32(env_, values_[index], value) == napi_ok) return true;
  return Refuse(index, "a number");
}

bool Arguments::Int64(size_t index, int64_t* value) const {
  if (napi_get_value_int64(env_, values_[index], value) == napi_ok) return true;
  return Refuse(index, "a number");
}

bool Arguments::String(size_t index, std::string* value) const {
  size_t length = 0;
  if (napi_get_value_string_utf8(env_, values_[index], nullptr, 0, &length) != napi_ok) {
    return Refuse(index, "a string");
  }
  value->resize(length);
  // The terminator lands on std::string's own.
  napi_get_value_string_utf8(env_, values_[index], value->data(), length + 1, &length);
  return true;
}

bool Arguments::Bytes(size_t index, uint8_t** data, size_t* length) const {
  napi_typedarray_type type;
  void* memory = nullptr;
  if (napi_get_typedarray_info(env_, values_[index], &type, length, &memory, nullptr, nullptr) != napi_ok ||
      type != napi_uint8_array) {
    return Refuse(index, "a Uint8Array");
  }
  *data = static_cast<uint8_t*>(memory);
  return true;
}

bool Arguments::Function(size_t index, napi_value* value) const {
  napi_valuetype type;
  if (napi_typeof(env_, values_[index], &type) != napi_ok || type != napi_function) {
    return Refuse(index, "a function");
  }
  *value = values_[index];
  return true;
}

napi_value Number(napi_env env, double value) {
  napi_value result = nullptr;
  napi_create_double(env, value, &result);
  return result;
}

napi_value Boolean(napi_env env, bool value) {
  napi_value result = nullptr;
  napi_get_boolean(env, value, &result);
  return result;
}

napi_value Undefined(napi_env env) {
  napi_value result = nullptr;
  napi_get_undefined(env, &result);
  return result;
}

napi_value SystemError(napi_env env, int error, const char* syscall) {
  char name[32];
  uv_err_name_r(-error, name, sizeof(name));
  std::string text = std::string(name) + ": " + strerror(error) + ", " + syscall;
  napi_value code, message, result, number, call;
  napi_create_string_utf8(env, name, NAPI_AUTO_LENGTH, &code);
  napi_create_string_utf8(env, text.c_str(), text.size(), &message);
  napi_create_error(env, code, message, &result);
  napi_create_int32(env, -error, &number);
  napi_create_string_utf8(env, syscall, NAPI_AUTO_LENGTH, &call);
  napi_set_named_property(env, result, "errno", number);
  napi_set_named_property(env, result, "syscall", call);
  return result;
}

napi_value ThrowSystemError(napi_env env, int error, const char* syscall) {
  napi_throw(env, SystemError(env, error, syscall));
  return nullptr;
}

}  // namespace seamount
