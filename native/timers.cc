// Slots, cancelling and the choice between run and heap. See timers.h.
#include "timers.h"

namespace aioloop {

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
  add({deadline, sequence, slot});
}

// One far deadline must not send all that come after it to the heap: where it is only the last of the run that is too
// late, that one goes there itself.
void Timers::add(const Timer& timer) {
  if (!run_.empty() && timer.deadline < run_.back().deadline) {
    if (!run_.fits_at_back(timer.deadline)) {
      heap_.push(timer);
      return;
    }
    heap_.push(run_.back());
    run_.pop_back();
  }
  run_.push(timer);
}

void Timers::cancel(uint32_t slot) {
  if (slot >= sequence_of_slot_.size() || sequence_of_slot_[slot] == 0) return;
  sequence_of_slot_[slot] = 0;
  live_--;
  if (size() > 2 * live_) compact();
}

bool Timers::earliest(double* deadline) {
  const Timer* timer = first();
  if (timer == nullptr) return false;
  *deadline = timer->deadline;
  return true;
}

bool Timers::take_due(double now, Timer* timer) {
  const Timer* earliest = first();
  if (earliest == nullptr || earliest->deadline > now) return false;
  *timer = *earliest;
  sequence_of_slot_[timer->slot] = 0;
  live_--;
  if (!run_.empty() && earliest == &run_.front()) {
    run_.pop();
  } else {
    heap_.pop();
  }
  return true;
}

// The earliest timer that is alive, in its place; null when there is none. Dead heads leave here.
const Timer* Timers::first() {
  while (!run_.empty() && !alive(run_.front())) run_.pop();
  while (!heap_.empty() && !alive(heap_.top())) heap_.pop();
  if (heap_.empty()) return run_.empty() ? nullptr : &run_.front();
  if (run_.empty() || before(heap_.top(), run_.front())) return &heap_.top();
  return &run_.front();
}

void Timers::compact() {
  auto dead = [this](const Timer& timer) { return !alive(timer); };
  run_.remove_if(dead);
  heap_.remove_if(dead);
}

}  // namespace aioloop
