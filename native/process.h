// The child processes of one loop: a `Process` is what JavaScript knows, an I/O object; a `Child` is the one of the
// system under it, which goes on when the process is closed while it runs: it keeps no loop alive then, is reaped when
// it ends, and nobody is told. A child is started without copying this process and watched by a descriptor of its own
// where both can be, and by uv_spawn elsewhere. Either waits for its own children only, one by one, so several loops,
// Node's own among them, and other threads do not take each other's exits. Part of LoopCore.
#ifndef AIOLOOP_PROCESS_H_
#define AIOLOOP_PROCESS_H_

#include <uv.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "child-stdio.h"
#include "error.h"
#include "exit-watch.h"
#include "handle.h"
#include "io-table.h"
#include "posix-spawn.h"

namespace aioloop {

// All pointers are borrowed for the call.
struct SpawnRequest {
  const char* file = nullptr;
  char** args = nullptr;      // ends with null
  char** env = nullptr;       // ends with null; null is ours
  const char* cwd = nullptr;  // null is ours
  const StdioChoice* stdio = nullptr;
  size_t stdio_count = 0;
  unsigned int flags = 0;  // UV_PROCESS_*
  uv_uid_t uid = 0;
  uv_gid_t gid = 0;
};

struct SpawnedChild {
  uint32_t id = 0;
  int pid = 0;
  std::vector<int> pipes;  // our ends, by descriptor of the child; -1 where there is none
};

class Process;

class Children {
 public:
  Children() = default;
  Children(const Children&) = delete;
  Children& operator=(const Children&) = delete;
  ~Children();

  // Adds a process to the table. When it fails nothing was started and nothing is left open.
  Failure spawn(uv_loop_t* loop, HandleGroup* group, IoTable* table, const SpawnRequest& request,
                SpawnedChild* spawned);
  // UV_ESRCH once the child is reaped, since its pid may be another process by then, and for a closed process.
  Failure kill(uint32_t id, int signum);
  // Nobody will run the uv loop any more: gives back every handle. Appends the pids of those that run on unreaped.
  void close(std::vector<int>* orphans);

 private:
  friend class Process;
  struct Child {
    // One of the two.
    ExitWatch watch;
    Handle<uv_process_t> handle;
    int pid = 0;
    Children* children = nullptr;
    Process* process = nullptr;  // null when nobody is to be told
    Child* next = nullptr;
    Child* previous = nullptr;
  };

  static void on_exit(uv_process_t* handle, int64_t status, int signum);
  static void ended(void* child, uint32_t code, uint32_t signum);

  int start(uv_loop_t* loop, HandleGroup* group, const uv_process_options_t& options, Child* child);
  Child* add();
  void remove(Child* child);

  Child* first_ = nullptr;
  PosixSpawn posix_spawn_;
};

class Process final : public IoObject {
 public:
  void submit(uint32_t) override {}
  void close() override;

 private:
  friend class Children;
  void started(Children::Child* child);
  void exited(uint32_t code, uint32_t signum);

  Children::Child* child_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_PROCESS_H_
