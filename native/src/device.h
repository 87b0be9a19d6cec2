// Further descriptors for a FUSE connection.
#pragma once

#include <node_api.h>

namespace seamount {

// Opens /dev/fuse once more for the connection of `fd`, nonblocking. Returns -1 and sets errno when that cannot be done.
int CloneDevice(int fd);

// cloneDevice(fd): the same for JavaScript.
napi_value CloneDeviceCall(napi_env env, napi_callback_info info);

// closeDescriptor(fd): for descriptors made here; in a worker, Node warns when fs closes what fs did not open.
// isSoleDescriptor(fd): whether nobody else has the file open.
napi_value IsSoleDescriptor(napi_env env, napi_callback_info info);
napi_value CloseDescriptor(napi_env env, napi_callback_info info);

}  // namespace seamount
