// The guard of a mount: a small process that outlives the one that serves it.
//
//   seamount-guard MOUNTPOINT MAJOR:MINOR [FUSERMOUNT]      (descriptor 3: the connection; standard input: a pipe)
//
// The pipe ends when the serving process ends, however that comes. If it was killed while its notification thread waited
// in the kernel for a directory that a caller has locked, that thread cannot end before the caller's request is
// answered, and nobody is left who would: the process would stay for ever, immune to SIGKILL. The guard answers, and
// takes the dead mount off its directory.
#include <csignal>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <sys/mount.h>
#include <unistd.h>

#include "drain.h"

namespace {

constexpr int kConnection = 3;
// Callers whose answers free the notification thread send what they still have to ask within this time.
constexpr int kIdleMs = 200;

void WaitForTheEnd() {
  char byte;
  for (;;) {
    const ssize_t count = read(STDIN_FILENO, &byte, 1);
    if (count == 0 || (count < 0 && errno != EINTR)) return;
  }
}

// Blanks and the like are written as three octal digits.
void Unescape(char* field) {
  char* to = field;
  for (const char* from = field; *from != '\0'; to++) {
    if (from[0] == '\\' && strlen(from) >= 4) {
      const char digits[] = {from[1], from[2], from[3], '\0'};
      *to = static_cast<char>(strtol(digits, nullptr, 8));
      from += 4;
    } else {
      *to = *from++;
    }
  }
  *to = '\0';
}

// Whether what lies on top of the directory is the mount that is guarded, and not one that came after it.
bool IsOnTop(const char* mountpoint, const char* device) {
  FILE* mounts = fopen("/proc/self/mountinfo", "re");
  if (mounts == nullptr) return false;
  bool on_top = false;
  char* line = nullptr;
  size_t capacity = 0;
  while (getline(&line, &capacity, mounts) >= 0) {
    char mounted[64], place[16384];
    if (sscanf(line, "%*s %*s %63s %*s %16383s", mounted, place) != 2) continue;
    Unescape(place);
    if (strcmp(place, mountpoint) == 0) on_top = strcmp(mounted, device) == 0;
  }
  free(line);
  fclose(mounts);
  return on_top;
}

void Detach(const char* mountpoint, const char* fusermount) {
  if (fusermount == nullptr) {
    umount2(mountpoint, MNT_DETACH | UMOUNT_NOFOLLOW);
    return;
  }
  // Our copy of the connection stays open until fusermount3 is done with the mount.
  execlp(fusermount, fusermount, "-u", "-z", "-q", "--", mountpoint, nullptr);
}

}  // namespace

int main(int argc, char** argv) {
  if (argc < 3) {
    fprintf(stderr, "usage: seamount-guard MOUNTPOINT MAJOR:MINOR [FUSERMOUNT]\n");
    return 2;
  }
  // What stops the serving process stops the guard only after it.
  for (const int number : {SIGINT, SIGTERM, SIGHUP, SIGQUIT, SIGPIPE}) signal(number, SIG_IGN);
  WaitForTheEnd();
  seamount::Drain drain(kConnection);
  if (drain.Run(kIdleMs) == seamount::Drain::Outcome::kEnded) return 0;
  if (IsOnTop(argv[1], argv[2])) Detach(argv[1], argc > 3 ? argv[3] : nullptr);
  return 0;
}
