#include "mounting.h"

#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <string>
#include <sys/mount.h>
#include <sys/socket.h>
#include <unistd.h>

#include "arguments.h"
#include "job.h"

namespace seamount {

napi_value Mount(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::string source, target, type, options;
  uint32_t read_only;
  if (!arguments.String(0, &source) || !arguments.String(1, &target) || !arguments.String(2, &type) ||
      !arguments.Uint32(3, &read_only) || !arguments.String(4, &options)) {
    return nullptr;
  }
  return RunJob(env, [=]() -> JobResult {
    const int fd = open("/dev/fuse", O_RDWR | O_NONBLOCK | O_CLOEXEC);
    if (fd < 0) return {errno, "open", 0};
    const unsigned long flags = MS_NOSUID | MS_NODEV | (read_only != 0 ? MS_RDONLY : 0);
    const std::string data = "fd=" + std::to_string(fd) + "," + options;
    if (mount(source.c_str(), target.c_str(), type.c_str(), flags, data.c_str()) < 0) {
      const int error = errno;
      close(fd);
      return {error, "mount", 0};
    }
    return {0, "mount", static_cast<double>(fd)};
  });
}

napi_value Unmount(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::string target;
  uint32_t lazy;
  if (!arguments.String(0, &target) || !arguments.Uint32(1, &lazy)) return nullptr;
  return RunJob(env, [=]() -> JobResult {
    const int flags = UMOUNT_NOFOLLOW | (lazy != 0 ? MNT_DETACH : 0);
    return {umount2(target.c_str(), flags) < 0 ? errno : 0, "umount", 0};
  });
}

napi_value DetachSync(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  std::string target;
  if (!arguments.String(0, &target)) return nullptr;
  return Number(env, umount2(target.c_str(), UMOUNT_NOFOLLOW | MNT_DETACH) < 0 ? errno : 0);
}

napi_value SocketPair(napi_env env, napi_callback_info) {
  int sockets[2];
  // The end that is given to the child is inherited by number: spawn() duplicates it without the flag.
  if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, sockets) < 0) {
    return ThrowSystemError(env, errno, "socketpair");
  }
  napi_value result;
  napi_create_array_with_length(env, 2, &result);
  napi_set_element(env, result, 0, Number(env, sockets[0]));
  napi_set_element(env, result, 1, Number(env, sockets[1]));
  return result;
}

napi_value ReceiveDescriptor(napi_env env, napi_callback_info info) {
  Arguments arguments(env, info);
  int32_t socket;
  if (!arguments.Int32(0, &socket)) return nullptr;
  char byte;
  iovec part = {&byte, 1};
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(int))];
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  ssize_t received;
  do {
    received = recvmsg(socket, &message, MSG_CMSG_CLOEXEC | MSG_DONTWAIT);
  } while (received < 0 && errno == EINTR);
  if (received < 0) return ThrowSystemError(env, errno, "recvmsg");
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_level != SOL_SOCKET || header->cmsg_type != SCM_RIGHTS) {
    return ThrowSystemError(env, EBADMSG, "recvmsg");
  }
  int fd;
  memcpy(&fd, CMSG_DATA(header), sizeof(fd));
  if (fcntl(fd, F_SETFL, O_NONBLOCK) < 0) {
    const int error = errno;
    close(fd);
    return ThrowSystemError(env, error, "fcntl");
  }
  return Number(env, fd);
}

}  // namespace seamount
