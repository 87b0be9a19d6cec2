#include "device.h"

#include <cerrno>
#include <cstdint>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "arguments.h"

namespace seamount {
namespace {

// FUSE_DEV_IOC_CLONE of linux/fuse.h.
constexpr unsigned long kClone = _IOR(229, 0, uint32_t);

}  // namespace

int CloneDevice(int fd) {
  const int clone = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);
  if (clone < 0) return -1;
  uint32_t original = fd;
  if (ioctl(clone, kClone, &original) == 0) return clone;
  const int error = errno;
  close(clone);
  errno = error;
  return -1;
}

napi_value CloneDeviceCall(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int32_t fd;
  if (!arguments.Int32(0, &fd)) return nullptr;
  const int clone = CloneDevice(fd);
  return clone < 0 ? ThrowSystemError(env, errno, "ioctl") : Number(env, clone);
}

napi_value IsSoleDescriptor(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int32_t fd;
  if (!arguments.Int32(0, &fd)) return nullptr;
  // A lease for writing is given to the only one who has the file open, whatever process the others are in.
  const bool is_sole = fcntl(fd, F_SETLEASE, F_WRLCK) == 0;
  if (is_sole) fcntl(fd, F_SETLEASE, F_UNLCK);
  return Boolean(env, is_sole);
}

napi_value CloseDescriptor(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int32_t fd;
  if (!arguments.Int32(0, &fd)) return nullptr;
  return close(fd) < 0 ? ThrowSystemError(env, errno, "close") : Undefined(env);
}

}  // namespace seamount
