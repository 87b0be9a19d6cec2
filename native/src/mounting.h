// Mounting and unmounting: the system calls, without policy.
#pragma once

#include <node_api.h>

namespace seamount {

// mount(source, target, type, readOnly, options): opens /dev/fuse, mounts it; promise of the descriptor.
napi_value Mount(napi_env env, napi_callback_info info);
// unmount(target, lazy): promise, settled when the kernel let go.
napi_value Unmount(napi_env env, napi_callback_info info);
// detachSync(target): a lazy unmount while the process exits.
napi_value DetachSync(napi_env env, napi_callback_info info);
// socketPair(): two connected UNIX sockets, for fusermount3.
napi_value SocketPair(napi_env env, napi_callback_info info);
// receiveDescriptor(socket): the FUSE descriptor that fusermount3 sent.
napi_value ReceiveDescriptor(napi_env env, napi_callback_info info);

}  // namespace seamount
