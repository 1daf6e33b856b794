// The uv_timer_t device. See timer-clock.h. The span is computed from the precise clock, not from libuv's stale and
// truncated loop time: libuv polls for exactly the span it is given, and what is due is decided by the precise clock.
#include "timer-clock.h"

#include <algorithm>
#include <cmath>

namespace aioloop {

namespace {

// 24 days: below the largest poll timeout. A deadline farther off ends a poll once for nothing.
constexpr double kLongestSpan = 2.0e9;

}  // namespace

Failure TimerClock::open(uv_loop_t* loop, HandleGroup* group, void* owner, Fired fired) {
  owner_ = owner;
  fired_ = fired;
  int code = timer_.open(group, this, [&](uv_timer_t* timer) { return uv_timer_init(loop, timer); });
  if (code == 0) timer_.keep_alive(false);
  return {code, "uv_timer_init"};
}

Failure TimerClock::arm(double deadline, double now) {
  if (covers(deadline)) return {};
  double span = std::min(std::max(std::ceil(deadline - now), 0.0), kLongestSpan);
  int code = uv_timer_start(timer_.get(), on_timer, static_cast<uint64_t>(span), 0);
  if (code < 0) return {code, "uv_timer_start"};
  armed_ = deadline;
  return {};
}

void TimerClock::disarm() {
  // Fails only on a closing handle, and `timer_` is not that while it is alive.
  if (armed_ != kNever && uv_timer_stop(timer_.get()) == 0) armed_ = kNever;
}

void TimerClock::keep_alive(bool keep) {
  if (keep == kept_ || !timer_.alive()) return;
  kept_ = keep;
  timer_.keep_alive(keep);
}

void TimerClock::close() { timer_.close(); }

void TimerClock::on_timer(uv_timer_t* timer) {
  TimerClock* clock = Handle<uv_timer_t>::owner<TimerClock>(timer);
  if (clock == nullptr) return;
  clock->armed_ = kNever;
  clock->fired_(clock->owner_);
}

}  // namespace aioloop
