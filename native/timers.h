// Every pending timer of one loop, earliest deadline first, ties in order of start. Most programs have few different
// delays, so most deadlines come in order: those stand in a sorted run (timer-run.h), the others in a heap
// (timer-heap.h), 16 bytes each; what is due next is the earlier of two heads.
//
// A timer is named by its slot, which JavaScript chooses and reuses. Cancelling is lazy: it clears the slot's sequence
// number, and the entry, now dead, leaves as head of its structure or when more than half of all entries are dead. So
// start and cancel cost no search, and a program that starts and cancels for ever does not grow. Knows nothing of libuv
// or of time: deadlines are numbers. Called by LoopCore only.
#ifndef AIOLOOP_TIMERS_H_
#define AIOLOOP_TIMERS_H_

#include <vector>

#include "timer-heap.h"
#include "timer-run.h"

namespace aioloop {

class Timers {
 public:
  // Slots below `count` may be used from now on. Never shrinks.
  void reserve_slots(uint32_t count);

  // `slot` must not be pending. A NaN deadline is due at once. Slots out of range are ignored.
  void start(uint32_t slot, double deadline);
  // Ignored when `slot` is not pending.
  void cancel(uint32_t slot);

  // The earliest pending deadline; false when nothing is pending.
  bool earliest(double* deadline);
  // Takes the earliest timer if its deadline is not after `now`.
  bool take_due(double now, Timer* timer);

  size_t live() const { return live_; }
  // Entries in memory, dead ones included.
  size_t size() const { return run_.size() + heap_.size(); }
  size_t capacity() const { return run_.capacity() + heap_.capacity(); }

 private:
  bool alive(const Timer& timer) const { return sequence_of_slot_[timer.slot] == timer.sequence; }
  void add(const Timer& timer);
  const Timer* first();
  void compact();

  TimerRun run_;
  TimerHeap heap_;
  std::vector<uint32_t> sequence_of_slot_;  // of the pending timer in the slot; 0 is none
  size_t live_ = 0;
  uint32_t next_sequence_ = 1;
};

}  // namespace aioloop

#endif  // AIOLOOP_TIMERS_H_
