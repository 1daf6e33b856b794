// The descriptors that a child is started with, and our ends of its pipes. Opened before the child is started, in one
// piece: when anything fails, or the child does not start, all of them are closed again.
//
// Every descriptor made here is closed on exec, so that no other child, started at the same moment by another thread,
// inherits it and keeps a pipe open. What the child only writes is a real pipe, so that it may open /dev/stdout; what
// it reads is one end of a socket pair, so that our end sees the child close it.
#ifndef AIOLOOP_CHILD_STDIO_H_
#define AIOLOOP_CHILD_STDIO_H_

#include <uv.h>

#include <cstddef>
#include <vector>

#include "error.h"

namespace aioloop {

enum class StdioKind : int {
  kIgnore = 0,   // /dev/null, or closed above 2
  kInherit = 1,  // our descriptor `fd`
  kSame = 2,     // what the child has as descriptor `fd`, which comes before this one
  kReads = 3,    // a pipe that the child reads
  kWrites = 4,   // a pipe that the child writes
  kBoth = 5,
};

struct StdioChoice {
  StdioKind kind;
  int fd;
};

class ChildStdio {
 public:
  ChildStdio() = default;
  ChildStdio(const ChildStdio&) = delete;
  ChildStdio& operator=(const ChildStdio&) = delete;
  ~ChildStdio();

  // One choice for each descriptor of the child, from 0.
  Failure open(const StdioChoice* choices, size_t count);

  // For uv_process_options_t; valid while this lives.
  uv_stdio_container_t* containers() { return containers_.data(); }
  int count() const { return static_cast<int>(containers_.size()); }

  // The child runs: closes its ends. Our ends, -1 where there is none, belong to the caller from now on.
  std::vector<int> take_ours();

 private:
  std::vector<uv_stdio_container_t> containers_;
  // By descriptor of the child; -1 where there is no pipe.
  std::vector<int> theirs_;
  std::vector<int> ours_;
};

}  // namespace aioloop

#endif  // AIOLOOP_CHILD_STDIO_H_
