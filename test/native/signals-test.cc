// Watched signals become completions, one for each arrival seen by libuv, in both modes.
#include "signals.h"

#include <doctest/doctest.h>
#include <signal.h>

#include <string>

#include "fake-entry.h"

using namespace aioloop;

TEST_CASE("a watched signal is delivered in a turn, and keeps no loop alive") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  CHECK_FALSE(entry.core.watch_signal(SIGUSR1).failed());
  CHECK_FALSE(entry.core.watch_signal(SIGUSR1).failed());
  entry.core.start();
  loop.run();
  CHECK_FALSE(loop.alive());
  entry.start_timer(0, monotonic_ms() + 60000);
  entry.on_turn = [&] { entry.cancel_timer(0); };
  raise(SIGUSR1);
  loop.run();
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].op == kCompleteSignal);
  CHECK(entry.delivered[0].id == SIGUSR1);
}

TEST_CASE("a standalone loop sees signals without anything else to wait for") {
  FakeEntry entry(nullptr);
  entry.core.watch_signal(SIGUSR2);
  raise(SIGUSR2);
  raise(SIGUSR2);
  CHECK(entry.core.pump(true));
  entry.deliver();
  REQUIRE(entry.delivered.size() == 2);
  CHECK(entry.delivered[0].id == SIGUSR2);
  CHECK_FALSE(entry.core.pump(true));
}

TEST_CASE("more signals than the completion ring holds are all delivered") {
  FakeEntry entry(nullptr, 4);
  entry.core.watch_signal(SIGUSR1);
  for (int i = 0; i < 11; i++) raise(SIGUSR1);
  entry.core.pump(false);
  entry.deliver();
  CHECK(entry.delivered.size() == 11);
}

TEST_CASE("unwatching forgets arrivals that were not delivered") {
  FakeEntry entry(nullptr, 4);
  entry.core.watch_signal(SIGUSR1);
  for (int i = 0; i < 11; i++) raise(SIGUSR1);
  entry.core.pump(false);
  entry.core.unwatch_signal(SIGUSR1);
  entry.deliver();
  CHECK(entry.delivered.size() == 4);
}

TEST_CASE("what the system refuses is a failure with the name of the call") {
  FakeEntry entry(nullptr);
  for (int signum : {0, -1, 1000, SIGKILL, SIGSTOP}) {
    Failure failure = entry.core.watch_signal(signum);
    CHECK(failure.code == UV_EINVAL);
    CHECK(failure.syscall == std::string("uv_signal_start"));
  }
}
