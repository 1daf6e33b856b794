// Timers whose deadlines come in order, as those of one delay do: a ring buffer, sorted because every timer appended is
// not before the last one. Appending and taking are a store and a load, however many wait.
//
// Knows nothing of slots and of cancelling; its owner says who is dead. Inline, because `Timers`, its only user, spends
// its time here.
#ifndef AIOLOOP_TIMER_RUN_H_
#define AIOLOOP_TIMER_RUN_H_

#include <memory>
#include <utility>

#include "timer.h"

namespace aioloop {

class TimerRun {
 public:
  bool empty() const { return head_ == tail_; }
  const Timer& front() const { return ring_[head_ & mask_]; }
  const Timer& back() const { return ring_[(tail_ - 1) & mask_]; }
  size_t size() const { return tail_ - head_; }
  size_t capacity() const { return capacity_; }

  // Whether the run would still be sorted with this deadline in the place of the last one.
  bool fits_at_back(double deadline) const { return size() == 1 || ring_[(tail_ - 2) & mask_].deadline <= deadline; }

  // `timer` must not be before `back`.
  void push(const Timer& timer) {
    if (size() == capacity_) reallocate(capacity_ == 0 ? kKeptTimers : 2 * capacity_);
    ring_[tail_++ & mask_] = timer;
  }
  void pop() { head_++; }
  void pop_back() { tail_--; }

  template <typename Dead>
  void remove_if(Dead dead) {
    size_t end = head_;
    for (size_t at = head_; at != tail_; at++) {
      const Timer& timer = ring_[at & mask_];
      if (!dead(timer)) ring_[end++ & mask_] = timer;
    }
    tail_ = end;
    size_t capacity = capacity_;
    while (capacity > kKeptTimers && capacity > 4 * size()) capacity /= 2;
    if (capacity < capacity_) reallocate(capacity);
  }

 private:
  void reallocate(size_t capacity) {
    std::unique_ptr<Timer[]> ring(new Timer[capacity]);
    size_t count = size();
    for (size_t i = 0; i < count; i++) ring[i] = ring_[(head_ + i) & mask_];
    ring_ = std::move(ring);
    capacity_ = capacity;
    mask_ = capacity - 1;
    head_ = 0;
    tail_ = count;
  }

  // Not a vector: memory that no timer has used yet is not touched, and so costs nothing. Capacities are powers of two,
  // and positions run freely and wrap.
  std::unique_ptr<Timer[]> ring_;
  size_t capacity_ = 0;
  size_t mask_ = 0;
  size_t head_ = 0;
  size_t tail_ = 0;
};

}  // namespace aioloop

#endif  // AIOLOOP_TIMER_RUN_H_
