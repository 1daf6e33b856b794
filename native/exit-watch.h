// The end of a child that this process started and libuv does not know: a pidfd that uv polls, so no signal is needed,
// no other child is asked, and nobody else's exit is taken. Linux 5.3 and later, where nothing forbids pidfds.
//
// All that can fail is done by `reserve`, before the child is started. The child is reaped here, before `ended` is
// called. Part of Children.
#ifndef AIOLOOP_EXIT_WATCH_H_
#define AIOLOOP_EXIT_WATCH_H_

#include <uv.h>

#include <cstdint>

#include "handle.h"

namespace aioloop {

class ExitWatch {
 public:
  using Ended = void (*)(void* owner, uint32_t code, uint32_t signum);

  ExitWatch() = default;
  ExitWatch(const ExitWatch&) = delete;
  ExitWatch& operator=(const ExitWatch&) = delete;
  ~ExitWatch() { close(); }

  // False when children must be watched otherwise. `owner` is what `ended` gets; it may delete this.
  bool reserve(uv_loop_t* loop, HandleGroup* group, Ended ended, void* owner);
  // A child of ours that nobody has waited for. Never keeps the loop alive. A code below 0 when it cannot be watched
  // after all: it was killed and reaped.
  int begin(int pid);
  // The child runs on unreaped.
  void close();

  bool alive() const { return poll_.alive(); }

 private:
  static void on_poll(uv_poll_t* poll, int status, int events);

  bool reap(uint32_t* code, uint32_t* signum);

  Handle<uv_poll_t> poll_;
  int fd_ = -1;
  int pid_ = 0;
  Ended ended_ = nullptr;
  void* owner_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_EXIT_WATCH_H_
