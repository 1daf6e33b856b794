// Both deadline devices, on a plain uv loop: fire for the deadline (the exact one not before), never move later, keep
// alive only when told.
#include "deadline-clock.h"

#include <doctest/doctest.h>

#include <initializer_list>

#include "monotonic.h"
#include "timer-clock.h"
#ifdef __linux__
#include "timerfd-clock.h"
#endif

using namespace aioloop;

namespace {

template <typename Clock>
struct Device {
  uv_loop_t loop;
  HandleGroup group;
  Clock clock;
  int fired = 0;

  Device() {
    uv_loop_init(&loop);
    Failure failure = clock.open(&loop, &group, this, [](void* device) { static_cast<Device*>(device)->fired++; });
    REQUIRE_FALSE(failure.failed());
  }
  ~Device() {
    clock.close();
    uv_run(&loop, UV_RUN_DEFAULT);
    CHECK(group.open() == 0);
    CHECK(uv_loop_close(&loop) == 0);
  }
  void arm(double deadline) {
    // What a loop core does before it polls; libuv's own time is then stale by the time since.
    uv_update_time(&loop);
    REQUIRE_FALSE(clock.arm(deadline, monotonic_ms()).failed());
  }
};

}  // namespace

#ifdef __linux__
#define CLOCKS TimerfdClock, TimerClock
#else
#define CLOCKS TimerClock
#endif

TEST_CASE_TEMPLATE("a poll ends for the deadline, and on an exact device not before", Clock, CLOCKS) {
  Device<Clock> device;
  device.clock.keep_alive(true);
  for (double delay : {0.3, 1.0, 2.5, 7.75}) {
    int fired = device.fired;
    double deadline = monotonic_ms() + delay;
    device.arm(deadline);
    while (device.fired == fired) uv_run(&device.loop, UV_RUN_ONCE);
    // The other counts from libuv's time, which is stale where this thread was held up, and may then end early.
    if (Clock::kExact) CHECK(monotonic_ms() >= deadline);
    CHECK_FALSE(device.clock.covers(deadline));
  }
}

TEST_CASE_TEMPLATE("arming covers the deadline and all later ones, and an earlier one moves the device", Clock,
                   CLOCKS) {
  Device<Clock> device;
  double now = monotonic_ms();
  device.arm(now + 5000);
  CHECK(device.clock.covers(now + 5000));
  CHECK(device.clock.covers(now + 6000));
  CHECK_FALSE(device.clock.covers(now + 4999));
  device.arm(now + 2);
  device.arm(now + 7000);
  device.clock.keep_alive(true);
  while (device.fired == 0) uv_run(&device.loop, UV_RUN_ONCE);
  CHECK(monotonic_ms() - now < 4000);
}

TEST_CASE_TEMPLATE("only a kept device keeps its loop alive, and a disarmed one does not fire", Clock, CLOCKS) {
  Device<Clock> device;
  device.arm(monotonic_ms() + 3);
  CHECK(uv_loop_alive(&device.loop) == 0);
  device.clock.keep_alive(true);
  CHECK(uv_loop_alive(&device.loop) != 0);
  device.clock.disarm();
  device.clock.keep_alive(false);
  CHECK(uv_loop_alive(&device.loop) == 0);
  uv_sleep(5);
  uv_idle_t idle;
  uv_idle_init(&device.loop, &idle);
  uv_idle_start(&idle, [](uv_idle_t*) {});
  uv_run(&device.loop, UV_RUN_NOWAIT);
  uv_close(reinterpret_cast<uv_handle_t*>(&idle), nullptr);
  uv_run(&device.loop, UV_RUN_NOWAIT);
  CHECK(device.fired == 0);
}

TEST_CASE_TEMPLATE("a deadline in the past or at the end of time is no error", Clock, CLOCKS) {
  Device<Clock> device;
  device.arm(1e300);
  CHECK(device.clock.covers(1e300));
  device.arm(-5);
  device.clock.keep_alive(true);
  while (device.fired == 0) uv_run(&device.loop, UV_RUN_ONCE);
  CHECK(device.fired == 1);
}
