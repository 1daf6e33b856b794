// The signals one loop watches: a uv_signal_t for each number, none of which keeps the loop alive. An arrival is
// kept here and handed out by `take`, one arrival at a time, in the order in which they came. Called by LoopCore only.
#ifndef AIOLOOP_SIGNALS_H_
#define AIOLOOP_SIGNALS_H_

#include <uv.h>

#include <cstddef>
#include <vector>

#include "error.h"
#include "handle.h"

namespace aioloop {

class Signals {
 public:
  // Watching what is watched does nothing. The system refuses SIGKILL and SIGSTOP.
  Failure watch(uv_loop_t* loop, HandleGroup* group, int signum);
  // Arrivals not taken yet are forgotten.
  void unwatch(int signum);
  void close();

  bool pending() const { return taken_ != arrived_.size(); }
  bool take(int* signum);

 private:
  static constexpr int kSignals = 65;  // 1 to 64 are the numbers of Linux, real-time signals included

  static void on_signal(uv_signal_t* signal, int signum);

  Handle<uv_signal_t> watchers_[kSignals];
  // Arrivals in order; the first `taken_` of them were handed out. Emptied whenever all were.
  std::vector<int> arrived_;
  size_t taken_ = 0;
};

}  // namespace aioloop

#endif  // AIOLOOP_SIGNALS_H_
