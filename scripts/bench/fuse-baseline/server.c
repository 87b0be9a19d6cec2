// A minimal FUSE server in C on the bare /dev/fuse: one file in memory, one thread, blocking reads. It is the yardstick
// for the cost of an operation answered from memory; nothing that is not needed for that is here.
//
//   server MOUNTPOINT SIZE_BYTES    prints "ready" once mounted; ends when unmounted
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <linux/fuse.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

#define FILE_NODE 2
#define MAX_WRITE (1 << 20)

static int device;
static char *content;
static uint64_t content_size;

static void reply(uint64_t unique, int error, const void *body, size_t length) {
  struct fuse_out_header header = {sizeof(header) + length, -error, unique};
  struct iovec parts[] = {{&header, sizeof(header)}, {(void *)body, length}};
  if (writev(device, parts, length == 0 ? 1 : 2) < 0 && errno != ENOENT) perror("writev");
}

static void fill_attributes(uint64_t node, struct fuse_attr *attr) {
  memset(attr, 0, sizeof(*attr));
  attr->ino = node;
  attr->mode = node == FUSE_ROOT_ID ? S_IFDIR | 0755 : S_IFREG | 0644;
  attr->nlink = node == FUSE_ROOT_ID ? 2 : 1;
  attr->size = node == FUSE_ROOT_ID ? 0 : content_size;
  attr->blocks = (attr->size + 511) / 512;
  attr->blksize = 4096;
}

static void answer_init(const struct fuse_in_header *in, const struct fuse_init_in *init) {
  struct fuse_init_out out = {0};
  out.major = FUSE_KERNEL_VERSION;
  out.minor = FUSE_KERNEL_MINOR_VERSION;
  out.max_readahead = init->max_readahead;
  out.flags = init->flags & (FUSE_ASYNC_READ | FUSE_BIG_WRITES | FUSE_PARALLEL_DIROPS | FUSE_MAX_PAGES);
  out.max_background = 64;
  out.congestion_threshold = 48;
  out.max_write = MAX_WRITE;
  out.time_gran = 1;
  out.max_pages = 256;
  reply(in->unique, 0, &out, sizeof(out));
}

static void answer_lookup(const struct fuse_in_header *in, const char *name) {
  if (in->nodeid != FUSE_ROOT_ID || strcmp(name, "file") != 0) {
    reply(in->unique, ENOENT, NULL, 0);
    return;
  }
  struct fuse_entry_out out = {0};
  out.nodeid = FILE_NODE;
  out.entry_valid = out.attr_valid = 86400;
  fill_attributes(FILE_NODE, &out.attr);
  reply(in->unique, 0, &out, sizeof(out));
}

static void answer_getattr(const struct fuse_in_header *in) {
  struct fuse_attr_out out = {0};
  out.attr_valid = 86400;
  fill_attributes(in->nodeid, &out.attr);
  reply(in->unique, 0, &out, sizeof(out));
}

static void answer_read(const struct fuse_in_header *in, const struct fuse_read_in *read) {
  if (read->offset >= content_size) {
    reply(in->unique, 0, NULL, 0);
    return;
  }
  uint64_t left = content_size - read->offset;
  reply(in->unique, 0, content + read->offset, read->size < left ? read->size : left);
}

static void answer(const char *request) {
  const struct fuse_in_header *in = (const struct fuse_in_header *)request;
  const void *body = request + sizeof(*in);
  struct fuse_open_out open_out = {0};
  switch (in->opcode) {
    case FUSE_INIT: answer_init(in, body); break;
    case FUSE_LOOKUP: answer_lookup(in, body); break;
    case FUSE_GETATTR: answer_getattr(in); break;
    case FUSE_OPEN: reply(in->unique, 0, &open_out, sizeof(open_out)); break;
    case FUSE_READ: answer_read(in, body); break;
    case FUSE_FLUSH:
    case FUSE_RELEASE: reply(in->unique, 0, NULL, 0); break;
    case FUSE_FORGET:
    case FUSE_BATCH_FORGET:
    case FUSE_INTERRUPT: break;
    default: reply(in->unique, ENOSYS, NULL, 0);
  }
}

int main(int argc, char **argv) {
  if (argc != 3) {
    fprintf(stderr, "usage: server MOUNTPOINT SIZE_BYTES\n");
    return 2;
  }
  content_size = strtoull(argv[2], NULL, 10);
  content = malloc(content_size + 1);
  memset(content, 'x', content_size);
  device = open("/dev/fuse", O_RDWR | O_CLOEXEC);
  if (device < 0) {
    perror("/dev/fuse");
    return 1;
  }
  char options[128];
  snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=%d,group_id=%d,default_permissions,max_read=%d",
           device, (int)getuid(), (int)getgid(), MAX_WRITE);
  if (mount("baseline", argv[1], "fuse.baseline", MS_NOSUID | MS_NODEV, options) < 0) {
    perror(argv[1]);
    return 1;
  }
  printf("ready\n");
  fflush(stdout);
  static char request[MAX_WRITE + 4096] __attribute__((aligned(8)));
  for (;;) {
    ssize_t length = read(device, request, sizeof(request));
    if (length >= 0) {
      answer(request);
    } else if (errno == ENODEV) {
      return 0;
    } else if (errno != EINTR && errno != ENOENT) {
      perror("read");
      return 1;
    }
  }
}
