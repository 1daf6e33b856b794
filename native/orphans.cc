// Reaping children that nobody watches. See orphans.h.
#include "orphans.h"

#ifndef _WIN32
#include <errno.h>
#include <sys/types.h>
#include <sys/wait.h>
#endif

#include <algorithm>

namespace aioloop {

namespace {

// True when the child runs still. One that somebody else reaped is gone, too.
bool runs(int pid) {
#ifdef _WIN32
  (void)pid;
  return false;  // Windows has no zombies
#else
  int status;
  pid_t result;
  do {
    result = waitpid(pid, &status, WNOHANG);
  } while (result == -1 && errno == EINTR);
  return result == 0;
#endif
}

}  // namespace

void Orphans::add(int pid) {
  if (runs(pid)) pids_.push_back(pid);
}

void Orphans::reap() {
  pids_.erase(std::remove_if(pids_.begin(), pids_.end(), [](int pid) { return !runs(pid); }), pids_.end());
}

}  // namespace aioloop
