// Timers whose deadlines come in no order: a 4-ary heap, the first at the top. Four children per node: half the depth
// of a binary heap.
//
// Knows nothing of slots and of cancelling; its owner says who is dead. Inline, because `Timers`, its only user, spends
// its time here.
#ifndef AIOLOOP_TIMER_HEAP_H_
#define AIOLOOP_TIMER_HEAP_H_

#include <algorithm>
#include <vector>

#include "timer.h"

namespace aioloop {

class TimerHeap {
 public:
  bool empty() const { return heap_.empty(); }
  const Timer& top() const { return heap_.front(); }
  size_t size() const { return heap_.size(); }
  size_t capacity() const { return heap_.capacity(); }

  void push(const Timer& timer) {
    heap_.push_back(timer);
    rise(heap_.size() - 1);
  }

  void pop() {
    heap_.front() = heap_.back();
    heap_.pop_back();
    if (!heap_.empty()) sink(0);
  }

  template <typename Dead>
  void remove_if(Dead dead) {
    heap_.erase(std::remove_if(heap_.begin(), heap_.end(), dead), heap_.end());
    if (heap_.capacity() > kKeptTimers && heap_.capacity() > 4 * heap_.size()) {
      std::vector<Timer> smaller(heap_);
      heap_.swap(smaller);
    }
    if (heap_.size() < 2) return;
    for (size_t index = (heap_.size() - 2) / kArity + 1; index-- > 0;) sink(index);
  }

 private:
  static constexpr size_t kArity = 4;

  void rise(size_t index) {
    Timer timer = heap_[index];
    while (index > 0) {
      size_t parent = (index - 1) / kArity;
      if (!before(timer, heap_[parent])) break;
      heap_[index] = heap_[parent];
      index = parent;
    }
    heap_[index] = timer;
  }

  void sink(size_t index) {
    Timer timer = heap_[index];
    size_t size = heap_.size();
    for (;;) {
      size_t first = index * kArity + 1;
      if (first >= size) break;
      size_t smallest = first;
      size_t last = std::min(first + kArity, size);
      for (size_t child = first + 1; child < last; child++) {
        if (before(heap_[child], heap_[smallest])) smallest = child;
      }
      if (!before(heap_[smallest], timer)) break;
      heap_[index] = heap_[smallest];
      index = smallest;
    }
    heap_[index] = timer;
  }

  std::vector<Timer> heap_;
};

}  // namespace aioloop

#endif  // AIOLOOP_TIMER_HEAP_H_
