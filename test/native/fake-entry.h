// A loop core with its rings and a stand-in for JavaScript: it writes submissions as src/native/native-timers.ts does,
// reads completions, and keeps what was delivered. Closes the core and checks that all handle memory came back.
#ifndef AIOLOOP_TEST_FAKE_ENTRY_H_
#define AIOLOOP_TEST_FAKE_ENTRY_H_

#include <uv.h>

#include <cstdint>
#include <functional>
#include <vector>

#include "loop-core.h"
#include "monotonic.h"

namespace aioloop {

struct Completion {
  uint32_t op;
  uint32_t id;
  uint32_t a;
  uint32_t b;
};

class FakeEntry : public LoopEntry {
 public:
  // `host` null: standalone.
  explicit FakeEntry(uv_loop_t* host, uint32_t capacity = 64, double longest_wait = 0)
      : host_(host),
        capacity_(capacity),
        memory_(Rings::bytes(capacity, capacity) / 8, 0.0),
        deadlines_(1024),
        core(this) {
    rings.attach(memory_.data(), capacity, capacity);
    opened = core.open(host, rings, longest_wait);
    core.set_slots(deadlines_.data(), static_cast<uint32_t>(deadlines_.size()));
  }

  ~FakeEntry() {
    core.close();
    while (!is_closed) uv_run(host_, UV_RUN_ONCE);
  }

  void submit(uint32_t op, uint32_t slot) {
    uint32_t tail = rings.word(kWordSubmissionTail);
    if (tail - rings.word(kWordSubmissionHead) == capacity_) core.drain();
    uint32_t* submissions = reinterpret_cast<uint32_t*>(memory_.data()) + kHeaderBytes / 4;
    submissions[tail & (capacity_ - 1)] = op << kSlotBits | slot;
    rings.set_word(kWordSubmissionTail, tail + 1);
    if (rings.word(kWordAwake) == 0 && rings.word(kWordInside) == 0) core.wake();
  }

  void start_timer(uint32_t slot, double deadline) {
    deadlines_[slot] = deadline;
    submit(kSubmitStartTimer, slot);
  }

  void cancel_timer(uint32_t slot) { submit(kSubmitCancelTimer, slot); }

  void want_turn() {
    rings.set_word(kWordReady, 1);
    if (rings.word(kWordAwake) == 0 && rings.word(kWordInside) == 0) core.wake();
  }

  void deliver() {
    uint32_t* completions = reinterpret_cast<uint32_t*>(memory_.data()) + kHeaderBytes / 4 + capacity_;
    for (;;) {
      uint32_t tail = rings.word(kWordCompletionTail);
      for (uint32_t head = rings.word(kWordCompletionHead); head != tail; head++) {
        uint32_t* record = completions + (head & (capacity_ - 1)) * kCompletionWords;
        delivered.push_back({record[0], record[1], record[2], record[3]});
        if (record[0] == kCompleteTimer && deadlines_[record[1]] > monotonic_ms()) early++;
      }
      rings.set_word(kWordCompletionHead, tail);
      if (rings.word(kWordMore) == 0) return;
      core.collect();
    }
  }

  std::vector<uint32_t> timers_delivered() const {
    std::vector<uint32_t> slots;
    for (const Completion& completion : delivered) {
      if (completion.op == kCompleteTimer) slots.push_back(completion.id);
    }
    return slots;
  }

  bool turn() override {
    turns++;
    deliver();
    if (on_turn) on_turn();
    return !turn_throws;
  }
  void turn_failed() override { failures++; }
  void orphaned(int pid) override { orphans.push_back(pid); }
  void closed() override { is_closed = true; }

 private:
  uv_loop_t* host_;
  uint32_t capacity_;
  std::vector<double> memory_;
  std::vector<double> deadlines_;

 public:
  Rings rings;
  LoopCore core;
  Failure opened;
  std::vector<Completion> delivered;
  std::vector<int> orphans;
  std::function<void()> on_turn;
  int turns = 0;
  int early = 0;
  int failures = 0;
  bool turn_throws = false;
  bool is_closed = false;
};

// A uv loop that must be empty again at the end.
struct TestLoop {
  uv_loop_t loop;
  TestLoop() { uv_loop_init(&loop); }
  ~TestLoop();
  void run() { uv_run(&loop, UV_RUN_DEFAULT); }
  bool alive() { return uv_loop_alive(&loop) != 0; }
};

}  // namespace aioloop

#endif  // AIOLOOP_TEST_FAKE_ENTRY_H_
