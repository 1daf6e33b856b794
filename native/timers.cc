// The 4-ary heap of timers. See timers.h. Four children per node: half the depth of a binary heap, and the children of
// a node fill one cache line.
#include "timers.h"

#include <algorithm>

namespace aioloop {

namespace {

constexpr size_t kArity = 4;
// A heap this small is never given back to the system.
constexpr size_t kKeptCapacity = 1024;

// Sequence numbers wrap; two timers that wait at the same time are less than half their range apart.
bool before(const Timer& a, const Timer& b) {
  if (a.deadline != b.deadline) return a.deadline < b.deadline;
  return static_cast<int32_t>(a.sequence - b.sequence) < 0;
}

}  // namespace

void Timers::reserve_slots(uint32_t count) {
  if (count > sequence_of_slot_.size()) sequence_of_slot_.resize(count, 0);
}

void Timers::start(uint32_t slot, double deadline) {
  if (slot >= sequence_of_slot_.size() || sequence_of_slot_[slot] != 0) return;
  if (deadline != deadline) deadline = 0;
  uint32_t sequence = next_sequence_++;
  if (next_sequence_ == 0) next_sequence_ = 1;
  sequence_of_slot_[slot] = sequence;
  live_++;
  heap_.push_back({deadline, sequence, slot});
  sift_up(heap_.size() - 1);
}

void Timers::cancel(uint32_t slot) {
  if (slot >= sequence_of_slot_.size() || sequence_of_slot_[slot] == 0) return;
  sequence_of_slot_[slot] = 0;
  live_--;
  if (heap_.size() > 2 * live_) compact();
}

bool Timers::earliest(double* deadline) {
  drop_dead_tops();
  if (heap_.empty()) return false;
  *deadline = heap_.front().deadline;
  return true;
}

bool Timers::take_due(double now, Timer* timer) {
  drop_dead_tops();
  if (heap_.empty() || heap_.front().deadline > now) return false;
  *timer = heap_.front();
  sequence_of_slot_[timer->slot] = 0;
  live_--;
  remove_top();
  return true;
}

void Timers::drop_dead_tops() {
  while (!heap_.empty() && !alive(heap_.front())) remove_top();
}

void Timers::remove_top() {
  heap_.front() = heap_.back();
  heap_.pop_back();
  if (!heap_.empty()) sift_down(0);
}

void Timers::compact() {
  heap_.erase(std::remove_if(heap_.begin(), heap_.end(), [this](const Timer& timer) { return !alive(timer); }),
              heap_.end());
  if (heap_.capacity() > kKeptCapacity && heap_.capacity() > 4 * heap_.size()) {
    std::vector<Timer> smaller(heap_);
    heap_.swap(smaller);
  }
  if (heap_.size() < 2) return;
  for (size_t index = (heap_.size() - 2) / kArity + 1; index-- > 0;) sift_down(index);
}

void Timers::sift_up(size_t index) {
  Timer timer = heap_[index];
  while (index > 0) {
    size_t parent = (index - 1) / kArity;
    if (!before(timer, heap_[parent])) break;
    heap_[index] = heap_[parent];
    index = parent;
  }
  heap_[index] = timer;
}

void Timers::sift_down(size_t index) {
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

}  // namespace aioloop
