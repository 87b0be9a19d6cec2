// A system call that may wait for answers of this very thread, run on a thread of its own.
#pragma once

#include <node_api.h>

#include <functional>

namespace seamount {

// What a job came to: `error` is an errno, 0 on success.
struct JobResult {
  int error;
  const char* syscall;
  double value;
};

// Runs `work` on a new thread and returns a promise of its value. libuv's pool is not used: all its threads may be
// waiting for a mount whose end this job is.
napi_value RunJob(napi_env env, std::function<JobResult()> work);

}  // namespace seamount
