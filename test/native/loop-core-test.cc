// The life of a loop core and the phases of its turn, embedded in a plain uv loop and standalone.
#include "loop-core.h"

#include <doctest/doctest.h>

#include <memory>

#include "fake-entry.h"

using namespace aioloop;

TEST_CASE("embedded: timers are delivered by deadline, ties in order of start, none early, then the loop ends") {
  for (uint32_t capacity : {4u, 64u}) {
    TestLoop loop;
    FakeEntry entry(&loop.loop, capacity);
    entry.core.start();
    double now = monotonic_ms();
    for (uint32_t slot = 0; slot < 30; slot++) entry.start_timer(slot, now + (slot % 3) * 2.25);
    loop.run();
    std::vector<uint32_t> expected;
    for (uint32_t rest = 0; rest < 3; rest++) {
      for (uint32_t slot = rest; slot < 30; slot += 3) expected.push_back(slot);
    }
    CHECK(entry.timers_delivered() == expected);
    CHECK(entry.early == 0);
    CHECK(entry.turns <= 4);
    CHECK(entry.rings.number(kNumberTurns) == entry.turns);
    CHECK(entry.rings.number(kNumberTimers) == 0);
  }
}

TEST_CASE("embedded: a turn is entered once for each wish, and nothing pending lets the loop end") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  loop.run();
  CHECK(entry.turns == 0);
  entry.want_turn();
  entry.want_turn();
  loop.run();
  CHECK(entry.turns == 1);
  entry.on_turn = [&] {
    CHECK(entry.rings.word(kWordInside) == 1);
    if (entry.turns < 100) entry.want_turn();
  };
  entry.want_turn();
  loop.run();
  CHECK(entry.turns == 100);
  CHECK(entry.rings.word(kWordInside) == 0);
  CHECK(entry.rings.word(kWordAwake) == 0);
}

TEST_CASE("embedded: timers started in a turn keep the loop alive (trap T 1)") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  entry.on_turn = [&] {
    if (entry.turns < 20) entry.start_timer(0, monotonic_ms() + 1.5);
  };
  entry.want_turn();
  loop.run();
  CHECK(entry.turns == 20);
  CHECK(entry.early == 0);
}

TEST_CASE("embedded: one of two timers stays pending while the device fires for the other") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  double now = monotonic_ms();
  for (uint32_t slot = 0; slot < 50; slot++) entry.start_timer(slot, now + 1 + slot * 0.3);
  loop.run();
  CHECK(entry.timers_delivered().size() == 50);
}

TEST_CASE("timers a few microseconds apart gather to a few turns, in order, none early, and those far apart do not") {
  for (uint32_t capacity : {4u, 64u}) {
    TestLoop loop;
    FakeEntry entry(&loop.loop, capacity);
    entry.core.start();
    double now = monotonic_ms();
    for (uint32_t slot = 0; slot < 600; slot++) entry.start_timer(slot, now + 2 + (slot < 10 ? 0 : slot * 0.01));
    loop.run();
    std::vector<uint32_t> slots = entry.timers_delivered();
    REQUIRE(slots.size() == 600);
    for (uint32_t slot = 0; slot < 600; slot++) CHECK(slots[slot] == slot);
    CHECK(entry.early == 0);
    // 6 ms are 30 periods.
    CHECK(entry.turns <= 60);
  }
}

TEST_CASE("a gathering loop delivers what is due in every turn that something else asks for") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  for (uint32_t slot = 0; slot < 20; slot++) entry.start_timer(slot, 0);
  entry.on_turn = [&] {
    if (entry.turns >= 200) return;
    entry.start_timer(20 + static_cast<uint32_t>(entry.turns), 0);
    entry.want_turn();
    if (entry.turns > 1) CHECK(entry.delivered.back().id == 19u + static_cast<uint32_t>(entry.turns));
  };
  loop.run();
  CHECK(entry.timers_delivered().size() == 219);
}

TEST_CASE("embedded: a timer cancelled when it is due already is not delivered (trap T 2)") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  entry.start_timer(0, monotonic_ms() + 2);
  uv_timer_t other;
  uv_timer_init(&loop.loop, &other);
  other.data = &entry;
  // Runs before the check phase of its iteration on every libuv from 1.44; by then the deadline is long past.
  uv_run(&loop.loop, UV_RUN_NOWAIT);
  uv_sleep(5);
  entry.cancel_timer(0);
  entry.start_timer(0, monotonic_ms() + 1);
  entry.start_timer(1, 0);
  loop.run();
  CHECK(entry.timers_delivered() == std::vector<uint32_t>{1, 0});
  CHECK(entry.early == 0);
  uv_close(reinterpret_cast<uv_handle_t*>(&other), nullptr);
}

TEST_CASE("embedded: a stopped loop keeps its timers, keeps nothing alive and enters no turn") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  entry.start_timer(0, monotonic_ms() + 1);
  uv_run(&loop.loop, UV_RUN_NOWAIT);
  entry.core.stop();
  entry.want_turn();
  uv_sleep(3);
  loop.run();
  CHECK_FALSE(loop.alive());
  CHECK(entry.turns == 0);
  entry.core.start();
  loop.run();
  CHECK(entry.timers_delivered() == std::vector<uint32_t>{0});
}

TEST_CASE("embedded: stop, start and close work from within a turn") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  entry.on_turn = [&] {
    if (entry.turns == 1) {
      entry.core.stop();
      entry.core.start();
      entry.want_turn();
    } else {
      entry.core.close();
      entry.core.close();
    }
  };
  entry.want_turn();
  loop.run();
  CHECK(entry.turns == 2);
  CHECK(entry.is_closed);
  CHECK(entry.core.open_handles() == 0);
}

TEST_CASE("embedded: a turn that throws is reported and the loop goes on") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  entry.turn_throws = true;
  entry.start_timer(0, monotonic_ms() + 1);
  // Started there, so that a slow machine cannot find both due in one turn.
  entry.on_turn = [&] {
    if (entry.turns == 1) entry.start_timer(1, monotonic_ms() + 1);
  };
  loop.run();
  CHECK(entry.failures == 2);
  CHECK(entry.timers_delivered().size() == 2);
}

TEST_CASE("several loops on one uv loop do not disturb each other, and close in any order") {
  TestLoop loop;
  auto first = std::make_unique<FakeEntry>(&loop.loop);
  auto second = std::make_unique<FakeEntry>(&loop.loop, 4);
  auto third = std::make_unique<FakeEntry>(nullptr);
  first->core.start();
  second->core.start();
  third->core.start();
  for (uint32_t slot = 0; slot < 20; slot++) {
    first->start_timer(slot, monotonic_ms() + 1);
    second->start_timer(slot, monotonic_ms() + 2);
  }
  third->start_timer(0, monotonic_ms() + 1);
  CHECK(third->core.pump(true));
  loop.run();
  CHECK(first->timers_delivered().size() == 20);
  CHECK(second->timers_delivered().size() == 20);
  second.reset();
  first.reset();
}

TEST_CASE("closing with timers, a wish and a signal pending gives everything back") {
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop);
    entry.core.start();
    entry.core.watch_signal(10);
    for (uint32_t slot = 0; slot < 100; slot++) entry.start_timer(slot, monotonic_ms() + slot);
    entry.want_turn();
    entry.core.close();
    CHECK(entry.is_closed == standalone);
    CHECK_FALSE(entry.core.pump(true));
    entry.core.drain();
    entry.core.collect();
    CHECK_FALSE(entry.core.start().failed());
    loop.run();
    CHECK(entry.is_closed);
  }
}

TEST_CASE("standalone: pump waits for the earliest deadline and delivers in order") {
  for (uint32_t capacity : {4u, 64u}) {
    FakeEntry entry(nullptr, capacity);
    entry.core.start();
    double now = monotonic_ms();
    for (uint32_t slot = 0; slot < 30; slot++) entry.start_timer(slot, now + 5.5 - slot / 10 * 2.0);
    while (entry.core.pump(true)) entry.deliver();
    std::vector<uint32_t> slots = entry.timers_delivered();
    REQUIRE(slots.size() == 30);
    for (uint32_t i = 0; i < 30; i++) CHECK(slots[i] == 20 - i / 10 * 10 + i % 10);
    CHECK(entry.early == 0);
    CHECK(entry.turns == 0);
  }
}

TEST_CASE("standalone: pump without anything pending returns false at once; without `block` it never waits") {
  FakeEntry entry(nullptr);
  CHECK_FALSE(entry.core.pump(true));
  entry.start_timer(0, monotonic_ms() + 60000);
  double before = monotonic_ms();
  CHECK(entry.core.pump(false));
  entry.want_turn();
  CHECK(entry.core.pump(true));
  CHECK(monotonic_ms() - before < 30000);
  entry.cancel_timer(0);
  CHECK_FALSE(entry.core.pump(true));
}

TEST_CASE("standalone: with a longest wait, pump returns after it and says that there is more to wait for") {
  FakeEntry entry(nullptr, 64, 5);
  entry.start_timer(0, monotonic_ms() + 60000);
  double before = monotonic_ms();
  CHECK(entry.core.pump(true));
  CHECK(monotonic_ms() - before < 30000);
  CHECK(entry.delivered.empty());
}

TEST_CASE("100,000 timers started and cancelled through a ring of 4 leave nothing behind") {
  FakeEntry entry(nullptr, 4);
  for (int i = 0; i < 100000; i++) {
    entry.start_timer(0, monotonic_ms() + 1000);
    entry.cancel_timer(0);
  }
  CHECK_FALSE(entry.core.pump(true));
  CHECK(entry.core.timers().size() == 0);
}
