// Times one workload on several folders, taking turns between them so that noise of the machine hits all alike.
//
//   workload NAME ROUNDS BYTES FOLDER...
//
// stat     lstat of the files f0 ... f199, ten times
// reread   open, read in pieces of 1 MiB, close: the file `large`
// reread4k the same in pieces of 4 KiB
// rewrite  open, overwrite in place in pieces of 1 MiB, close: the file `large`
// random   2,000 reads of 4 KiB at random places of `large`
// write    a new file of BYTES in pieces of 1 MiB; write4k: in pieces of 4 KiB; removed afterwards, outside the time
// churn    200 times: create, write 4 KiB, close, unlink
// list     opendir, readdir and lstat of each entry: the folder `many`
//
// Prints a line of JSON for each folder: {"folder":..., "medianNs":..., "pairedRatio":...}; the ratio is the median over
// all rounds of the time on this folder to the time on the first one in the same round.
#define _GNU_SOURCE
#include <dirent.h>
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define MIB (1 << 20)
#define MAX_FOLDERS 8

static char *piece;
static off_t bytes;

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static void fail(const char *what) {
  perror(what);
  exit(1);
}

static int must_open(const char *folder, const char *name, int flags) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/%s", folder, name);
  int fd = open(path, flags, 0644);
  if (fd < 0) fail(path);
  return fd;
}

static void stat_files(const char *folder) {
  char path[4096];
  struct stat status;
  for (int round = 0; round < 10; round++) {
    for (int i = 0; i < 200; i++) {
      snprintf(path, sizeof(path), "%s/f%d", folder, i);
      if (lstat(path, &status) < 0) fail(path);
    }
  }
}

static void read_through(const char *folder, size_t size) {
  int fd = must_open(folder, "large", O_RDONLY);
  ssize_t got;
  while ((got = read(fd, piece, size)) > 0);
  if (got < 0) fail("read");
  close(fd);
}

static void reread(const char *folder) { read_through(folder, MIB); }
static void reread4k(const char *folder) { read_through(folder, 4096); }

static void rewrite(const char *folder) {
  int fd = must_open(folder, "large", O_RDWR);
  struct stat status;
  fstat(fd, &status);
  for (off_t at = 0; at < status.st_size; at += MIB)
    if (pwrite(fd, piece, MIB, at) != MIB) fail("pwrite");
  close(fd);
}

static void random_reads(const char *folder) {
  int fd = must_open(folder, "large", O_RDONLY);
  struct stat status;
  fstat(fd, &status);
  posix_fadvise(fd, 0, 0, POSIX_FADV_RANDOM);
  for (int i = 0; i < 2000; i++)
    if (pread(fd, piece, 4096, (random() % (status.st_size / 4096)) * 4096) != 4096) fail("pread");
  close(fd);
}

static void write_new(const char *folder, size_t size) {
  int fd = must_open(folder, "new", O_WRONLY | O_CREAT | O_EXCL);
  for (off_t at = 0; at < bytes; at += size)
    if (write(fd, piece, size) != (ssize_t)size) fail("write");
  close(fd);
}

static void write_large(const char *folder) { write_new(folder, MIB); }
static void write_small(const char *folder) { write_new(folder, 4096); }

static void remove_new(const char *folder) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/new", folder);
  if (unlink(path) < 0) fail(path);
}

static void churn(const char *folder) {
  char path[4096];
  for (int i = 0; i < 200; i++) {
    snprintf(path, sizeof(path), "%s/churn%d", folder, i);
    int fd = open(path, O_WRONLY | O_CREAT | O_EXCL, 0644);
    if (fd < 0) fail(path);
    if (write(fd, piece, 4096) != 4096) fail(path);
    close(fd);
    if (unlink(path) < 0) fail(path);
  }
}

static void list(const char *folder) {
  char path[4096];
  snprintf(path, sizeof(path), "%s/many", folder);
  DIR *directory = opendir(path);
  if (directory == NULL) fail(path);
  struct dirent *entry;
  struct stat status;
  while ((entry = readdir(directory)) != NULL)
    if (fstatat(dirfd(directory), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) < 0) fail(entry->d_name);
  closedir(directory);
}

static const struct {
  const char *name;
  void (*run)(const char *folder);
  void (*after)(const char *folder);
} workloads[] = {
    {"stat", stat_files, NULL},    {"reread", reread, NULL},           {"reread4k", reread4k, NULL},
    {"rewrite", rewrite, NULL},    {"random", random_reads, NULL},     {"write", write_large, remove_new},
    {"write4k", write_small, remove_new}, {"churn", churn, NULL},      {"list", list, NULL},
};

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 5 || argc - 4 > MAX_FOLDERS) {
    fprintf(stderr, "usage: workload NAME ROUNDS BYTES FOLDER...\n");
    return 2;
  }
  int which = -1, count = sizeof(workloads) / sizeof(workloads[0]);
  for (int i = 0; i < count; i++)
    if (strcmp(workloads[i].name, argv[1]) == 0) which = i;
  if (which < 0) {
    fprintf(stderr, "there is no workload %s\n", argv[1]);
    return 2;
  }
  int rounds = atoi(argv[2]), folders = argc - 4;
  bytes = atoll(argv[3]);
  if (posix_memalign((void **)&piece, 4096, MIB) != 0) return 1;
  for (int i = 0; i < MIB; i++) piece[i] = (char)random();
  double *times[MAX_FOLDERS], *ratios[MAX_FOLDERS];
  for (int f = 0; f < folders; f++) {
    times[f] = calloc(rounds, sizeof(double));
    ratios[f] = calloc(rounds, sizeof(double));
  }
  // The first round warms up and does not count.
  for (int r = -1; r < rounds; r++) {
    for (int f = 0; f < folders; f++) {
      const char *folder = argv[4 + f];
      double start = now_ns();
      workloads[which].run(folder);
      double time = now_ns() - start;
      if (workloads[which].after != NULL) workloads[which].after(folder);
      if (r < 0) continue;
      times[f][r] = time;
      ratios[f][r] = time / times[0][r];
    }
  }
  for (int f = 0; f < folders; f++) {
    qsort(times[f], rounds, sizeof(double), ascending);
    qsort(ratios[f], rounds, sizeof(double), ascending);
    printf("{\"folder\":\"%s\",\"medianNs\":%.0f,\"pairedRatio\":%.3f}\n", argv[4 + f], times[f][rounds / 2],
           ratios[f][rounds / 2]);
  }
  return 0;
}
