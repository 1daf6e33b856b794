// One pending timer as C++ keeps it, and the order of two. What timer-heap.h, timer-run.h and timers.h share.
#ifndef AIOLOOP_TIMER_H_
#define AIOLOOP_TIMER_H_

#include <cstddef>
#include <cstdint>

namespace aioloop {

struct Timer {
  double deadline;
  uint32_t sequence;
  uint32_t slot;
};
static_assert(sizeof(Timer) == 16, "a pending timer is 16 bytes");

// Sequence numbers wrap; two timers that wait at the same time are less than half their range apart.
inline bool before(const Timer& a, const Timer& b) {
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return static_cast<int32_t>(a.sequence - b.sequence) < 0;
}

// Memory for this many timers is never given back to the system.
constexpr size_t kKeptTimers = 512;

}  // namespace aioloop

#endif  // AIOLOOP_TIMER_H_
