// A deadline device on a Linux timerfd, watched by uv_poll. See deadline-clock.h for what it promises.
// epoll's own timeout has 0.1 % slack and whole milliseconds; a timerfd on absolute monotonic time has neither.
#ifndef AIOLOOP_TIMERFD_CLOCK_H_
#define AIOLOOP_TIMERFD_CLOCK_H_

#include <uv.h>

#include <limits>

#include "error.h"
#include "handle.h"

namespace aioloop {

class TimerfdClock {
 public:
  // Armed to less than a millisecond.
  static constexpr bool kExact = true;

  using Fired = void (*)(void* owner);

  TimerfdClock() = default;
  TimerfdClock(const TimerfdClock&) = delete;
  TimerfdClock& operator=(const TimerfdClock&) = delete;
  ~TimerfdClock() { close(); }

  Failure open(uv_loop_t* loop, HandleGroup* group, void* owner, Fired fired);
  bool covers(double deadline) const { return armed_ <= deadline; }
  Failure arm(double deadline, double now);
  void disarm();
  void rest();
  void keep_alive(bool keep);
  void close();

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  static void on_readable(uv_poll_t* poll, int status, int events);
  int set(double deadline);

  Handle<uv_poll_t> poll_;
  void* owner_ = nullptr;
  Fired fired_ = nullptr;
  double armed_ = kNever;
  int fd_ = -1;
  bool readable_ = false;
  bool kept_ = false;
};

}  // namespace aioloop

#endif  // AIOLOOP_TIMERFD_CLOCK_H_
