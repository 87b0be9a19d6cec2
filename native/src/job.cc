#include "job.h"

#include <csignal>
#include <thread>

#include "arguments.h"

namespace seamount {
namespace {

struct Job {
  std::function<JobResult()> work;
  JobResult result;
  napi_deferred deferred;
  napi_threadsafe_function done;
  std::thread thread;
};

void Settle(napi_env env, napi_value, void*, void* data) {
  auto* job = static_cast<Job*>(data);
  // No environment: it is ending, and nobody waits for the promise any more.
  if (env == nullptr) return;
  if (job->result.error == 0) {
    napi_resolve_deferred(env, job->deferred, Number(env, job->result.value));
  } else {
    napi_reject_deferred(env, job->deferred, SystemError(env, job->result.error, job->result.syscall));
  }
}

void Finish(napi_env, void* data, void*) {
  auto* job = static_cast<Job*>(data);
  job->thread.join();
  delete job;
}

}  // namespace

napi_value RunJob(napi_env env, std::function<JobResult()> work) {
  auto* job = new Job{std::move(work), {}, nullptr, nullptr, {}};
  napi_value promise, name;
  napi_create_promise(env, &job->deferred, &promise);
  napi_create_string_utf8(env, "seamount:job", NAPI_AUTO_LENGTH, &name);
  napi_create_threadsafe_function(env, nullptr, nullptr, name, 0, 1, job, Finish, nullptr, Settle, &job->done);
  // Signals are for Node's threads.
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  job->thread = std::thread([job] {
    job->result = job->work();
    napi_call_threadsafe_function(job->done, job, napi_tsfn_blocking);
    napi_release_threadsafe_function(job->done, napi_tsfn_release);
  });
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return promise;
}

}  // namespace seamount
