// Polling for the ends of children. See exit-watch.h.
#include "exit-watch.h"

#ifdef __linux__

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

namespace aioloop {

namespace {

#ifdef SYS_pidfd_open
constexpr long kPidfdOpen = SYS_pidfd_open;
#else
constexpr long kPidfdOpen = 434;  // of all architectures that Node runs on
#endif

// What asyncio says of a child that somebody else has waited for.
constexpr uint32_t kUnknownCode = 255;

// Closed on exec, as every pidfd.
int pidfd_open(int pid) { return static_cast<int>(syscall(kPidfdOpen, pid, 0)); }

// Whether the system keeps the end of a child until somebody asks.
bool children_are_kept() {
  struct sigaction action;
  if (sigaction(SIGCHLD, nullptr, &action) != 0) return false;
  return action.sa_handler != SIG_IGN && (action.sa_flags & SA_NOCLDWAIT) == 0;
}

pid_t wait_for(int pid, int* status, int options) {
  pid_t result;
  do {
    result = waitpid(pid, status, options);
  } while (result == -1 && errno == EINTR);
  return result;
}

}  // namespace

// This process stands in for the child until there is one.
bool ExitWatch::reserve(uv_loop_t* loop, HandleGroup* group, Ended ended, void* owner) {
  if (!children_are_kept()) return false;
  fd_ = pidfd_open(getpid());
  if (fd_ < 0) return false;
  int code = poll_.open(group, this, [&](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd_); });
  if (code < 0) {
    close();
    return false;
  }
  poll_.keep_alive(false);
  ended_ = ended;
  owner_ = owner;
  return true;
}

int ExitWatch::begin(int pid) {
  int fd = pidfd_open(pid);
  int code = fd < 0 ? -errno : 0;
  if (code == 0) {
    if (dup3(fd, fd_, O_CLOEXEC) < 0) code = -errno;
    (void)::close(fd);
  }
  if (code == 0) code = uv_poll_start(poll_.get(), UV_READABLE, on_poll);
  if (code == 0) {
    pid_ = pid;
    return 0;
  }
  (void)kill(pid, SIGKILL);
  (void)wait_for(pid, nullptr, 0);
  return code;
}

void ExitWatch::close() {
  poll_.close();
  if (fd_ >= 0) (void)::close(fd_);
  fd_ = -1;
}

void ExitWatch::on_poll(uv_poll_t* poll, int status, int) {
  ExitWatch* watch = Handle<uv_poll_t>::owner<ExitWatch>(poll);
  if (watch == nullptr) return;
  uint32_t code;
  uint32_t signum;
  if (watch->reap(&code, &signum)) {
    watch->ended_(watch->owner_, code, signum);
  } else if (status < 0) {
    // An error has ended the poll, not the child.
    (void)uv_poll_start(poll, UV_READABLE, on_poll);
  }
}

// False while the child runs.
bool ExitWatch::reap(uint32_t* code, uint32_t* signum) {
  int status;
  pid_t result = wait_for(pid_, &status, WNOHANG);
  if (result == 0) return false;
  *code = result < 0 ? kUnknownCode : WIFEXITED(status) ? static_cast<uint32_t>(WEXITSTATUS(status)) : 0;
  *signum = result > 0 && WIFSIGNALED(status) ? static_cast<uint32_t>(WTERMSIG(status)) : 0;
  return true;
}

}  // namespace aioloop

#else

namespace aioloop {

bool ExitWatch::reserve(uv_loop_t*, HandleGroup*, Ended, void*) { return false; }
int ExitWatch::begin(int) { return UV_ENOSYS; }
void ExitWatch::close() { poll_.close(); }

}  // namespace aioloop

#endif
