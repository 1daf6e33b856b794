// Every pending timer of one loop: a 4-ary heap of 16-byte entries, earliest deadline first, ties in order of start.
//
// A timer is named by its slot, which JavaScript chooses and reuses. Cancelling is lazy: it clears the slot's sequence
// number, and the entry, now dead, leaves the heap at the top or when more than half of the heap is dead. So start and
// cancel cost no search, and a program that starts and cancels for ever does not grow. Knows nothing of libuv or of
// time: deadlines are numbers. Called by LoopCore only.
#ifndef AIOLOOP_TIMERS_H_
#define AIOLOOP_TIMERS_H_

#include <cstddef>
#include <cstdint>
#include <vector>

namespace aioloop {

struct Timer {
  double deadline;
  uint32_t sequence;
  uint32_t slot;
};
static_assert(sizeof(Timer) == 16, "a heap entry is 16 bytes");

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
  size_t size() const { return heap_.size(); }
  size_t capacity() const { return heap_.capacity(); }

 private:
  bool alive(const Timer& timer) const { return sequence_of_slot_[timer.slot] == timer.sequence; }
  void remove_top();
  void drop_dead_tops();
  void compact();
  void sift_up(size_t index);
  void sift_down(size_t index);

  std::vector<Timer> heap_;
  std::vector<uint32_t> sequence_of_slot_;  // of the pending timer in the slot; 0 is none
  size_t live_ = 0;
  uint32_t next_sequence_ = 1;
};

}  // namespace aioloop

#endif  // AIOLOOP_TIMERS_H_
