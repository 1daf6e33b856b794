// A deadline device on one uv_timer_t. See deadline-clock.h for what it promises.
#ifndef AIOLOOP_TIMER_CLOCK_H_
#define AIOLOOP_TIMER_CLOCK_H_

#include <uv.h>

#include <limits>

#include "error.h"
#include "handle.h"

namespace aioloop {

class TimerClock {
 public:
  // Whole milliseconds.
  static constexpr bool kExact = false;

  using Fired = void (*)(void* owner);

  TimerClock() = default;
  TimerClock(const TimerClock&) = delete;
  TimerClock& operator=(const TimerClock&) = delete;

  Failure open(uv_loop_t* loop, HandleGroup* group, void* owner, Fired fired);
  bool covers(double deadline) const { return armed_ <= deadline; }
  Failure arm(double deadline, double now);
  void disarm();
  void rest() {}
  void keep_alive(bool keep);
  void close();

 private:
  static constexpr double kNever = std::numeric_limits<double>::infinity();

  static void on_timer(uv_timer_t* timer);

  Handle<uv_timer_t> timer_;
  void* owner_ = nullptr;
  Fired fired_ = nullptr;
  double armed_ = kNever;
  bool kept_ = false;
};

}  // namespace aioloop

#endif  // AIOLOOP_TIMER_CLOCK_H_
