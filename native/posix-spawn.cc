// Starting programs without copying this process. See posix-spawn.h.
#include "posix-spawn.h"

#if defined(__linux__) && !defined(__ANDROID__)

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <vector>

extern char** environ;

namespace aioloop {

namespace {

constexpr int kStandardStreams = 3;
// What libuv gives back to the default. The others belong to the C library.
constexpr int kLastSignal = 31;

using AddChdir = int (*)(posix_spawn_file_actions_t*, const char*);

class Attributes {
 public:
  Attributes() { made_ = posix_spawnattr_init(&attributes_) == 0; }
  Attributes(const Attributes&) = delete;
  Attributes& operator=(const Attributes&) = delete;
  ~Attributes() {
    if (made_) (void)posix_spawnattr_destroy(&attributes_);
  }

  bool set(bool detached) {
    sigset_t signals;
    short flags = POSIX_SPAWN_SETSIGDEF | POSIX_SPAWN_SETSIGMASK;
    if (detached) flags |= POSIX_SPAWN_SETSID;
    if (!made_ || posix_spawnattr_setflags(&attributes_, flags) != 0) return false;
    (void)sigemptyset(&signals);
    if (posix_spawnattr_setsigmask(&attributes_, &signals) != 0) return false;
    for (int signum = 1; signum <= kLastSignal; signum++) {
      if (signum != SIGKILL && signum != SIGSTOP) (void)sigaddset(&signals, signum);
    }
    return posix_spawnattr_setsigdefault(&attributes_, &signals) == 0;
  }

  const posix_spawnattr_t* get() const { return &attributes_; }

 private:
  posix_spawnattr_t attributes_;
  bool made_ = false;
};

// What the child does before the program begins.
class Actions {
 public:
  Actions() { made_ = posix_spawn_file_actions_init(&actions_) == 0; }
  Actions(const Actions&) = delete;
  Actions& operator=(const Actions&) = delete;
  ~Actions() {
    if (made_) (void)posix_spawn_file_actions_destroy(&actions_);
    for (int fd : copies_) (void)close(fd);
  }

  bool set(const uv_process_options_t& options, AddChdir add_chdir) {
    return made_ && add_streams(options) && (options.cwd == nullptr || add_chdir(&actions_, options.cwd) == 0);
  }

  const posix_spawn_file_actions_t* get() const { return &actions_; }

 private:
  bool add_streams(const uv_process_options_t& options) {
    int count = options.stdio_count < kStandardStreams ? kStandardStreams : options.stdio_count;
    for (int fd = 0; fd < count; fd++) {
      bool given = fd < options.stdio_count && (options.stdio[fd].flags & UV_INHERIT_FD) != 0;
      if (given ? !inherit(options.stdio[fd].data.fd, fd, count) : fd < kStandardStreams && !ignore(fd)) return false;
    }
    return true;
  }

  bool inherit(int source, int fd, int count) {
    if (fd < kStandardStreams && !block(source)) return false;
    // In the child another descriptor stands there by then.
    if (source < fd) source = copy(source, count);
    // On itself it is only kept open.
    return source >= 0 && posix_spawn_file_actions_adddup2(&actions_, source, fd) == 0;
  }

  bool ignore(int fd) {
    return posix_spawn_file_actions_addopen(&actions_, fd, "/dev/null", fd == 0 ? O_RDONLY : O_RDWR, 0) == 0;
  }

  // Programs expect that their standard streams block.
  static bool block(int fd) {
    int flags = fcntl(fd, F_GETFL);
    return flags >= 0 && ((flags & O_NONBLOCK) == 0 || fcntl(fd, F_SETFL, flags & ~O_NONBLOCK) == 0);
  }

  // Behind all that the child is given, and closed in it when the program begins.
  int copy(int fd, int count) {
    int copied = fcntl(fd, F_DUPFD_CLOEXEC, count);
    if (copied >= 0) copies_.push_back(copied);
    return copied;
  }

  posix_spawn_file_actions_t actions_;
  std::vector<int> copies_;
  bool made_ = false;
};

const char* path_of(char** env) {
  if (env == nullptr) return getenv("PATH");
  for (; *env != nullptr; env++) {
    if (strncmp(*env, "PATH=", 5) == 0) return *env + 5;
  }
  return nullptr;
}

// Not to be had in this folder: the next one is tried.
bool is_elsewhere(int code) { return code == ENOENT || code == ENOTDIR || code == EACCES; }

// As execvp(3) does it, which looks along the PATH of this process and not of the child.
class Attempt {
 public:
  Attempt(const uv_process_options_t& options, const Attributes& attributes, const Actions& actions)
      : options_(options), attributes_(attributes), actions_(actions) {}

  // 0, or an errno.
  int start(const char* file, int* pid) const {
    char** env = options_.env == nullptr ? environ : options_.env;
    pid_t started;
    int code = posix_spawn(&started, file, actions_.get(), attributes_.get(), options_.args, env);
    if (code == 0) *pid = started;
    return code;
  }

  bool search(int* pid) const {
    const char* folder = path_of(options_.env);
    size_t name_length = strlen(options_.file);
    if (folder == nullptr || name_length == 0) return false;
    for (;;) {
      size_t length = strcspn(folder, ":");
      char file[PATH_MAX];
      if (length + name_length + 2 > sizeof file) return false;
      // Without a folder it is the working one.
      size_t at = length == 0 ? 0 : length + 1;
      memcpy(file, folder, length);
      if (at > 0) file[length] = '/';
      memcpy(file + at, options_.file, name_length + 1);
      if (may_be_there(file)) {
        int code = start(file, pid);
        if (code == 0 || !is_elsewhere(code)) return code == 0;
      }
      folder += length;
      if (*folder++ == '\0') return false;
    }
  }

 private:
  // Much cheaper to ask than to try. A relative one depends on the child's working folder; what may not be looked at is
  // tried, since it is as somebody else that we may ask.
  bool may_be_there(const char* file) const {
    bool elsewhere = file[0] != '/' && options_.cwd != nullptr;
    return elsewhere || access(file, F_OK) == 0 || (errno != ENOENT && errno != ENOTDIR);
  }

  const uv_process_options_t& options_;
  const Attributes& attributes_;
  const Actions& actions_;
};

}  // namespace

bool PosixSpawn::start(const uv_process_options_t& options, int* pid) {
  if ((options.flags & (UV_PROCESS_SETUID | UV_PROCESS_SETGID)) != 0 || !supported()) return false;
  Attributes attributes;
  Actions actions;
  if (!attributes.set((options.flags & UV_PROCESS_DETACHED) != 0)) return false;
  if (!actions.set(options, reinterpret_cast<AddChdir>(add_chdir_))) return false;
  Attempt attempt(options, attributes, actions);
  if (strchr(options.file, '/') != nullptr) return attempt.start(options.file, pid) == 0;
  return attempt.search(pid);
}

// A C library that can change the folder also keeps open what is put on itself, which older ones do not (glibc 2.29).
// And where the memory is not in truth shared with the child (emulators, old WSL), a program that is not there seems to
// have begun.
bool PosixSpawn::supported() {
  if (support_ != Support::kUnknown) return support_ == Support::kFull;
  support_ = Support::kNone;
  uv_lib_t library;
  if (uv_dlopen(nullptr, &library) == 0) {
    if (uv_dlsym(&library, "posix_spawn_file_actions_addchdir_np", &add_chdir_) != 0) add_chdir_ = nullptr;
  }
  uv_dlclose(&library);
  if (add_chdir_ == nullptr) return false;
  pid_t pid;
  char* none[] = {nullptr};
  int code = posix_spawn(&pid, "", nullptr, nullptr, none, none);
  if (code == ENOENT) support_ = Support::kFull;
  if (code == 0) {
    while (waitpid(pid, nullptr, 0) == -1 && errno == EINTR) {
    }
  }
  return support_ == Support::kFull;
}

}  // namespace aioloop

#else

namespace aioloop {

bool PosixSpawn::start(const uv_process_options_t&, int*) { return false; }

}  // namespace aioloop

#endif
