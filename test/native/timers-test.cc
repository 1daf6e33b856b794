// The pending timers, in their sorted run and in their heap: order, ties across both, cancelling, memory.
#include "timers.h"

#include <doctest/doctest.h>

#include <algorithm>
#include <limits>
#include <random>

using aioloop::Timer;
using aioloop::Timers;

namespace {

std::vector<uint32_t> take_all(Timers& timers, double now = std::numeric_limits<double>::infinity()) {
  std::vector<uint32_t> slots;
  Timer timer;
  while (timers.take_due(now, &timer)) slots.push_back(timer.slot);
  return slots;
}

}  // namespace

TEST_CASE("timers come out by deadline, whatever the order of their start") {
  Timers timers;
  std::mt19937 random(1);
  std::vector<double> deadlines(5000);
  timers.reserve_slots(5000);
  for (uint32_t slot = 0; slot < 5000; slot++) {
    deadlines[slot] = random() % 1000;
    timers.start(slot, deadlines[slot]);
  }
  std::vector<uint32_t> slots = take_all(timers);
  REQUIRE(slots.size() == 5000);
  for (size_t i = 1; i < slots.size(); i++) {
    CHECK(deadlines[slots[i - 1]] <= deadlines[slots[i]]);
    if (deadlines[slots[i - 1]] == deadlines[slots[i]]) CHECK(slots[i - 1] < slots[i]);
  }
}

TEST_CASE("timers with equal deadlines come out in the order of their start, also after cancels and reuse of slots") {
  Timers timers;
  timers.reserve_slots(100);
  for (uint32_t slot = 0; slot < 100; slot++) timers.start(slot, 7);
  for (uint32_t slot = 0; slot < 100; slot += 2) timers.cancel(slot);
  for (uint32_t slot = 0; slot < 100; slot += 2) timers.start(slot, 7);
  std::vector<uint32_t> expected;
  for (uint32_t slot = 1; slot < 100; slot += 2) expected.push_back(slot);
  for (uint32_t slot = 0; slot < 100; slot += 2) expected.push_back(slot);
  CHECK(take_all(timers) == expected);
}

TEST_CASE("a timer is due at its deadline and not before") {
  Timers timers;
  timers.reserve_slots(4);
  timers.start(0, 10.25);
  timers.start(1, 10.5);
  CHECK(take_all(timers, 10.24).empty());
  CHECK(take_all(timers, 10.25) == std::vector<uint32_t>{0});
  double earliest = 0;
  CHECK(timers.earliest(&earliest));
  CHECK(earliest == 10.5);
}

TEST_CASE("a cancelled timer does not come out, and its slot can be used at once") {
  Timers timers;
  timers.reserve_slots(4);
  timers.start(0, 1);
  timers.cancel(0);
  timers.cancel(0);
  timers.start(0, 5);
  double earliest = 0;
  CHECK(timers.earliest(&earliest));
  CHECK(earliest == 5);
  CHECK(take_all(timers) == std::vector<uint32_t>{0});
  CHECK_FALSE(timers.earliest(&earliest));
}

TEST_CASE("what no caller should do is ignored: slots out of range, a slot started twice, NaN is due at once") {
  Timers timers;
  timers.reserve_slots(2);
  timers.start(2, 1);
  timers.cancel(2);
  timers.start(0, std::numeric_limits<double>::quiet_NaN());
  timers.start(0, 3);
  CHECK(timers.live() == 1);
  CHECK(take_all(timers, 0) == std::vector<uint32_t>{0});
}

TEST_CASE("100,000 timers started and cancelled one by one do not grow the heap") {
  Timers timers;
  timers.reserve_slots(16);
  timers.start(15, 1);
  for (int i = 0; i < 100000; i++) {
    timers.start(static_cast<uint32_t>(i % 8), 1000 + i);
    timers.cancel(static_cast<uint32_t>(i % 8));
    CHECK(timers.size() <= 4);
  }
  CHECK(timers.capacity() <= 1024);
}

TEST_CASE("equal deadlines come out in the order of their start, whether they stand in the run or in the heap") {
  Timers timers;
  timers.reserve_slots(400);
  std::vector<uint32_t> expected[3];
  // Falling deadlines go to the heap, rising ones to the run; each of the three turns up in both.
  for (uint32_t slot = 0; slot < 400; slot++) {
    uint32_t which = slot % 4 == 3 ? 1 : slot % 4;
    timers.start(slot, 10 - which);
    expected[2 - which].push_back(slot);
  }
  std::vector<uint32_t> all;
  for (const std::vector<uint32_t>& slots : expected) all.insert(all.end(), slots.begin(), slots.end());
  CHECK(take_all(timers) == all);
}

TEST_CASE("a run that moves on for ever stays as small as what waits in it") {
  Timers timers;
  timers.reserve_slots(64);
  Timer timer;
  for (uint32_t i = 0; i < 100000; i++) {
    timers.start(i % 64, i);
    if (i >= 32) {
      REQUIRE(timers.take_due(i, &timer));
      REQUIRE(timer.deadline == i - 32);
    }
  }
  CHECK(timers.size() == 32);
  CHECK(timers.capacity() <= 1024);
}

TEST_CASE("far timers started between near ones and cancelled leave nothing in run or heap") {
  Timers timers;
  timers.reserve_slots(8);
  timers.start(7, 1e9);
  for (int i = 0; i < 100000; i++) {
    timers.start(0, i + 1e6);
    timers.start(1, i);
    timers.start(2, i + 5e5);
    timers.cancel(0);
    timers.cancel(2);
    CHECK(timers.size() <= 8);
    CHECK(take_all(timers, i) == std::vector<uint32_t>{1});
  }
  CHECK(timers.live() == 1);
  CHECK(timers.capacity() <= 1024);
}

TEST_CASE("dead entries are never more than half, and memory is given back") {
  Timers timers;
  timers.reserve_slots(100000);
  for (uint32_t slot = 0; slot < 100000; slot++) timers.start(slot, slot);
  bool bounded = true;
  for (uint32_t slot = 0; slot < 100000; slot++) {
    timers.cancel(slot);
    bounded = bounded && timers.size() <= 2 * timers.live();
  }
  CHECK(bounded);
  CHECK(timers.size() == 0);
  CHECK(timers.capacity() <= 1024);
}

TEST_CASE("a random history, of deadlines without order or of two delays, agrees with a sorted list") {
  for (bool delays : {false, true}) {
    Timers timers;
    std::mt19937 random(7);
    timers.reserve_slots(64);
    struct Model {
      double deadline;
      int order;
      uint32_t slot;
    };
    std::vector<Model> model;
    int order = 0;
    for (int step = 0; step < 50000; step++) {
      uint32_t slot = random() % 64;
      auto found = std::find_if(model.begin(), model.end(), [&](const Model& m) { return m.slot == slot; });
      if (random() % 4 == 0) {
        double now = delays ? step / 50.0 : random() % 100;
        std::sort(model.begin(), model.end(), [](const Model& a, const Model& b) {
          return a.deadline != b.deadline ? a.deadline < b.deadline : a.order < b.order;
        });
        Timer timer;
        bool taken = timers.take_due(now, &timer);
        bool expected = !model.empty() && model[0].deadline <= now;
        REQUIRE(taken == expected);
        if (taken) {
          REQUIRE(timer.slot == model[0].slot);
          model.erase(model.begin());
        }
      } else if (found != model.end()) {
        timers.cancel(slot);
        model.erase(found);
      } else {
        double deadline = delays ? step / 50.0 + (random() % 3 == 0 ? 20 : 2) : random() % 100;
        timers.start(slot, deadline);
        model.push_back({deadline, order++, slot});
      }
      REQUIRE(timers.live() == model.size());
    }
  }
}
