// Times one operation on several mounts, taking turns between them so that noise of the machine hits all alike.
//
//   client getattr|read ROUNDS FILE...
//
// getattr: statx with AT_STATX_FORCE_SYNC, which asks the server whatever the kernel has cached.
// read:    4 KiB with O_DIRECT at random places.
//
// Prints a line of JSON for each file: {"file":..., "p20Ns":..., "medianNs":..., "pairedRatio":...}; the ratio is the
// median over all rounds of the time on this file to the time on the first file in the same round.
#define _GNU_SOURCE
#include <fcntl.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#define OPERATIONS_PER_ROUND 100
#define READ_BYTES 4096
#define MAX_FILES 8

static int reading;
static char *page;

static double now_ns(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * 1e9 + time.tv_nsec;
}

static void operate(int fd, off_t pages) {
  struct statx status;
  if (reading) {
    off_t place = (off_t)(random() % pages) * READ_BYTES;
    if (pread(fd, page, READ_BYTES, place) != READ_BYTES) {
      perror("pread");
      exit(1);
    }
  } else if (statx(fd, "", AT_EMPTY_PATH | AT_STATX_FORCE_SYNC, STATX_BASIC_STATS, &status) < 0) {
    perror("statx");
    exit(1);
  }
}

static double round_ns(int fd, off_t pages) {
  double start = now_ns();
  for (int i = 0; i < OPERATIONS_PER_ROUND; i++) operate(fd, pages);
  return (now_ns() - start) / OPERATIONS_PER_ROUND;
}

static int ascending(const void *a, const void *b) {
  double x = *(const double *)a, y = *(const double *)b;
  return (x > y) - (x < y);
}

int main(int argc, char **argv) {
  if (argc < 4 || argc - 3 > MAX_FILES) {
    fprintf(stderr, "usage: client getattr|read ROUNDS FILE...\n");
    return 2;
  }
  reading = strcmp(argv[1], "read") == 0;
  int rounds = atoi(argv[2]), files = argc - 3;
  int fds[MAX_FILES];
  off_t pages[MAX_FILES];
  double *times[MAX_FILES], *ratios[MAX_FILES];
  if (posix_memalign((void **)&page, READ_BYTES, READ_BYTES) != 0) return 1;
  for (int f = 0; f < files; f++) {
    struct stat status;
    fds[f] = open(argv[3 + f], O_RDONLY | (reading ? O_DIRECT : 0));
    if (fds[f] < 0 || fstat(fds[f], &status) < 0) {
      perror(argv[3 + f]);
      return 1;
    }
    pages[f] = status.st_size / READ_BYTES;
    times[f] = calloc(rounds, sizeof(double));
    ratios[f] = calloc(rounds, sizeof(double));
    for (int i = 0; i < 20; i++) round_ns(fds[f], pages[f]);
  }
  for (int r = 0; r < rounds; r++) {
    for (int f = 0; f < files; f++) {
      times[f][r] = round_ns(fds[f], pages[f]);
      ratios[f][r] = times[f][r] / times[0][r];
    }
  }
  for (int f = 0; f < files; f++) {
    qsort(times[f], rounds, sizeof(double), ascending);
    qsort(ratios[f], rounds, sizeof(double), ascending);
    printf("{\"file\":\"%s\",\"p20Ns\":%.0f,\"medianNs\":%.0f,\"pairedRatio\":%.3f}\n", argv[3 + f],
           times[f][rounds / 5], times[f][rounds / 2], ratios[f][rounds / 2]);
  }
  return 0;
}
