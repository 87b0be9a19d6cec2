// The channel to /dev/fuse: what JavaScript may call. README.md tells threads and ownership.
#include <node_api.h>

#include "channel.h"
#include "device.h"
#include "mounting.h"

NAPI_MODULE_INIT() {
  const napi_property_descriptor functions[] = {
      {"mount", nullptr, seamount::Mount, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"unmount", nullptr, seamount::Unmount, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"detachSync", nullptr, seamount::DetachSync, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"socketPair", nullptr, seamount::SocketPair, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"receiveDescriptor", nullptr, seamount::ReceiveDescriptor, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"cloneDevice", nullptr, seamount::CloneDeviceCall, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"isSoleDescriptor", nullptr, seamount::IsSoleDescriptor, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"closeDescriptor", nullptr, seamount::CloseDescriptor, nullptr, nullptr, nullptr, napi_enumerable, nullptr},
      {"Channel", nullptr, nullptr, nullptr, nullptr, seamount::Channel::Define(env), napi_enumerable, nullptr},
  };
  napi_define_properties(env, exports, sizeof(functions) / sizeof(functions[0]), functions);
  return exports;
}
