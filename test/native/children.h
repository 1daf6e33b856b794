// Children for tests of the core: commands of the shell on a loop, and what is left of them.
#ifndef AIOLOOP_TEST_CHILDREN_H_
#define AIOLOOP_TEST_CHILDREN_H_

#include <dirent.h>
#include <doctest/doctest.h>
#include <errno.h>
#include <poll.h>
#include <sys/wait.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "fake-entry.h"
#include "process.h"

namespace aioloop {

inline const StdioChoice kNothing[] = {{StdioKind::kIgnore, -1}, {StdioKind::kIgnore, -1}, {StdioKind::kIgnore, -1}};

inline int open_descriptors() {
  int count = 0;
  DIR* folder = opendir("/proc/self/fd");
  while (readdir(folder) != nullptr) count++;
  closedir(folder);
  return count;
}

// True when this process has a child, running or zombie.
inline bool has_children() {
  siginfo_t info;
  return waitid(P_ALL, 0, &info, WEXITED | WNOHANG | WNOWAIT) == 0 || errno != ECHILD;
}

struct Shell {
  std::string command;
  char* args[4];
  SpawnRequest request;

  explicit Shell(const std::string& text, const StdioChoice* stdio = kNothing, size_t count = 3) : command(text) {
    args[0] = const_cast<char*>("sh");
    args[1] = const_cast<char*>("-c");
    args[2] = const_cast<char*>(command.c_str());
    args[3] = nullptr;
    request.file = "/bin/sh";
    request.args = args;
    request.stdio = stdio;
    request.stdio_count = count;
  }
};

inline Failure try_spawn(FakeEntry* entry, const Shell& shell, SpawnedChild* child) {
  LoopCore& core = entry->core;
  return core.children().spawn(core.loop(), core.group(), &core.io(), shell.request, child);
}

inline SpawnedChild spawn(FakeEntry* entry, const Shell& shell) {
  SpawnedChild child;
  CHECK_FALSE(try_spawn(entry, shell, &child).failed());
  return child;
}

inline void close_process(FakeEntry* entry, uint32_t id) { entry->submit(kSubmitClose, id & kSlotMask); }

// Exits alone: what closed is said by other records.
inline std::vector<Completion> exits_of(const FakeEntry& entry) {
  std::vector<Completion> exits;
  for (const Completion& completion : entry.delivered) {
    if (completion.op == kCompleteExited) exits.push_back(completion);
  }
  return exits;
}

inline void pump_until(FakeEntry* entry, size_t records) {
  while (entry->delivered.size() < records && entry->core.pump(true)) entry->deliver();
  entry->deliver();
}

// Run a uv loop, on which nothing that lives may be left, until `done`.
template <typename Done>
void run_until(uv_loop_t* loop, Done done) {
  uv_idle_t idle;
  uv_idle_init(loop, &idle);
  uv_idle_start(&idle, [](uv_idle_t*) {});
  while (!done()) uv_run(loop, UV_RUN_NOWAIT);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle), nullptr);
  uv_run(loop, UV_RUN_NOWAIT);
}

inline std::string read_all(int fd) {
  std::string text;
  char buffer[256];
  for (;;) {
    pollfd wait = {fd, POLLIN, 0};
    poll(&wait, 1, -1);
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count < 0 && (errno == EAGAIN || errno == EINTR)) continue;
    if (count <= 0) break;
    text.append(buffer, static_cast<size_t>(count));
  }
  ::close(fd);
  return text;
}

}  // namespace aioloop

#endif  // AIOLOOP_TEST_CHILDREN_H_
