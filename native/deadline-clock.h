// The one device of a loop that ends a poll at a deadline. Two forms of the same shape, chosen when compiling:
// `TimerfdClock` on Linux (exact to microseconds), `TimerClock` (one uv_timer_t, exact to a millisecond) elsewhere, or
// where AIOLOOP_TIMERFD=0 asks for it.
//
// What both promise: `covers(d)`: the poll will end at `d` or earlier. `arm(d, now)` makes that true; it never moves
// the device later, so a poll may end too early and find nothing due, which is cheap. After the device has fired it
// covers nothing, `fired` is called, and the owner must arm again or the loop may be left without a live handle (the
// uv_timer_t fires after the check phase). `keep_alive(true)` keeps an armed device's loop alive. `kExact` says whether
// deadlines less than a millisecond apart are told apart.
#ifndef AIOLOOP_DEADLINE_CLOCK_H_
#define AIOLOOP_DEADLINE_CLOCK_H_

#ifndef AIOLOOP_TIMERFD
#ifdef __linux__
#define AIOLOOP_TIMERFD 1
#else
#define AIOLOOP_TIMERFD 0
#endif
#endif

#if AIOLOOP_TIMERFD
#include "timerfd-clock.h"
#else
#include "timer-clock.h"
#endif

namespace aioloop {

#if AIOLOOP_TIMERFD
using DeadlineClock = TimerfdClock;
#else
using DeadlineClock = TimerClock;
#endif

}  // namespace aioloop

#endif  // AIOLOOP_DEADLINE_CLOCK_H_
