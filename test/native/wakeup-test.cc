// Waking a loop by id from any thread: coalesced, never lost, false once closed.
#include "wakeup.h"

#include <doctest/doctest.h>

#include <atomic>
#include <thread>
#include <vector>

#include "fake-entry.h"

using namespace aioloop;

TEST_CASE("ids differ, are whole numbers below 2^53, and nobody answers to a foreign one") {
  TestLoop loop;
  FakeEntry first(&loop.loop);
  FakeEntry second(&loop.loop);
  CHECK(first.core.id() != second.core.id());
  CHECK(first.core.id() == static_cast<double>(static_cast<uint64_t>(first.core.id())));
  CHECK(first.core.id() < 9007199254740992.0);
  CHECK_FALSE(Wakeup::wake(0));
  CHECK_FALSE(Wakeup::wake(first.core.id() + 1000));
  first.core.close();
  CHECK_FALSE(Wakeup::wake(first.core.id()));
  CHECK(Wakeup::wake(second.core.id()));
}

TEST_CASE("wakes from several threads end every blocked poll, and the last one is never lost") {
  FakeEntry entry(nullptr);
  std::atomic<int> counter{0};
  double id = entry.core.id();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; t++) {
    threads.emplace_back([&] {
      for (int i = 0; i < 500; i++) {
        counter++;
        Wakeup::wake(id);
      }
    });
  }
  entry.start_timer(0, monotonic_ms() + 60000);
  int seen = 0;
  while (seen < 2000) {
    entry.core.pump(true);
    entry.deliver();
    seen = counter;
  }
  for (std::thread& thread : threads) thread.join();
  CHECK(entry.delivered.size() >= 1);
  for (const Completion& completion : entry.delivered) CHECK(completion.op == kCompleteWake);
}

TEST_CASE("waking while loops open and close meets only open ones") {
  std::atomic<bool> done{false};
  std::atomic<double> id{0};
  std::thread thread([&] {
    while (!done) Wakeup::wake(id);
  });
  for (int i = 0; i < 200; i++) {
    FakeEntry entry(nullptr);
    id = entry.core.id();
    entry.core.pump(false);
  }
  done = true;
  thread.join();
  CHECK_FALSE(Wakeup::wake(id));
}
