// The timerfd device. See timerfd-clock.h.
#ifdef __linux__

#include "timerfd-clock.h"

#include <errno.h>
#include <sys/timerfd.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

namespace aioloop {

namespace {

// 100 years in milliseconds: far enough for everybody, and its nanoseconds fit.
constexpr double kFarthest = 3.2e12;

}  // namespace

Failure TimerfdClock::open(uv_loop_t* loop, HandleGroup* group, void* owner, Fired fired) {
  owner_ = owner;
  fired_ = fired;
  fd_ = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK | TFD_CLOEXEC);
  if (fd_ < 0) return {uv_translate_sys_error(errno), "timerfd_create"};
  int code = poll_.open(group, this, [&](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd_); });
  if (code == 0) {
    poll_.keep_alive(false);
    code = uv_poll_start(poll_.get(), UV_READABLE, on_readable);
  }
  if (code < 0) close();
  return {code, "uv_poll_start"};
}

Failure TimerfdClock::arm(double deadline, double) {
  if (covers(deadline)) return {};
  int code = set(std::min(std::max(deadline, 0.0), kFarthest));
  if (code < 0) return {code, "timerfd_settime"};
  armed_ = deadline;
  return {};
}

void TimerfdClock::disarm() {
  // Left armed if the system refuses: the poll ends once for nothing.
  if ((readable_ || armed_ != kNever) && set(-1) == 0) armed_ = kNever;
}

void TimerfdClock::rest() {
  if (readable_) disarm();
}

void TimerfdClock::keep_alive(bool keep) {
  if (keep == kept_ || !poll_.alive()) return;
  kept_ = keep;
  poll_.keep_alive(keep);
}

void TimerfdClock::close() {
  poll_.close();
  if (fd_ >= 0) ::close(fd_);
  fd_ = -1;
}

// Below 0 disarms. Rounds up: the poll must not end before the deadline. Setting also takes back that the device is
// readable, which saves reading it.
int TimerfdClock::set(double deadline) {
  itimerspec when = {};
  if (deadline >= 0) {
    int64_t ns = std::max<int64_t>(1, static_cast<int64_t>(std::ceil(deadline * 1e6)));
    when.it_value.tv_sec = static_cast<time_t>(ns / 1000000000);
    when.it_value.tv_nsec = static_cast<long>(ns % 1000000000);
  }
  if (timerfd_settime(fd_, TFD_TIMER_ABSTIME, &when, nullptr) != 0) return uv_translate_sys_error(errno);
  readable_ = false;
  return 0;
}

// Called again in every poll until the device is set: harmless, since then something is due or it is set before the
// poll.
void TimerfdClock::on_readable(uv_poll_t* poll, int, int) {
  TimerfdClock* clock = Handle<uv_poll_t>::owner<TimerfdClock>(poll);
  if (clock == nullptr) return;
  clock->readable_ = true;
  clock->armed_ = kNever;
  clock->fired_(clock->owner_);
}

}  // namespace aioloop

#endif  // __linux__
