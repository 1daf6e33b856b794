// One loop: its life (open, start, stop, close) and the phases of a turn. Everything else in this folder is a part of
// it.
//
// Embedded, it hangs on somebody else's uv loop by three handles: prepare drains submissions and arms the deadline
// clock; check drains again, collects what is due and enters JavaScript once; idle keeps the poll from waiting, and the
// loop from ending, while a turn is wanted. Standalone, it has a uv loop of its own, which `pump` runs once and which
// never enters JavaScript.
//
// States: closed -> open() -> stopped <-> running -> close() -> closed. A stopped loop keeps its timers, keeps nothing
// alive and never enters JavaScript. After close() the shared memory is not touched again; `LoopEntry::closed` is the
// last thing that happens, and then the core may be deleted. Knows nothing of Node-API: JavaScript is the `LoopEntry`.
// One thread, but for `Wakeup::wake`.
#ifndef AIOLOOP_LOOP_CORE_H_
#define AIOLOOP_LOOP_CORE_H_

#include <uv.h>

#include "deadline-clock.h"
#include "error.h"
#include "handle.h"
#include "io-table.h"
#include "process.h"
#include "rings.h"
#include "signals.h"
#include "spin.h"
#include "stream-family.h"
#include "timers.h"
#include "wakeup.h"

namespace aioloop {

// JavaScript, as a loop core sees it.
class LoopEntry {
 public:
  // Run one turn and the promise jobs after it. False when it threw.
  virtual bool turn() = 0;
  // The turn threw: report it. Called after the turn is over, so this may start turns, stop or close.
  virtual void turn_failed() = 0;
  // A child runs on and will not be reaped by this loop, which is closed.
  virtual void orphaned(int pid) = 0;
  // The last handle has closed. The core may be deleted.
  virtual void closed() = 0;

 protected:
  ~LoopEntry() = default;
};

class LoopCore final : public IoHost {
 public:
  explicit LoopCore(LoopEntry* entry) : entry_(entry), io_(this), streams_(&io_, &group_) {}
  LoopCore(const LoopCore&) = delete;
  LoopCore& operator=(const LoopCore&) = delete;

  // `host` is the loop to hang on; null makes a private one, whose `pump` waits at most `longest_wait` ms (0: no
  // limit). After a failure only close() may be called.
  Failure open(uv_loop_t* host, const Rings& rings, double longest_wait);
  Failure start();
  void stop();
  // Embedded, children that still run are reaped by the uv loop that goes on: the last handle closes after the last of
  // them. `end` closes as well, and lets go of them at once: for a uv loop that ends.
  void close();
  void end();

  // Slots below `count` may be used; their deadlines stand in `deadlines` until the next call.
  void set_slots(const double* deadlines, uint32_t count);
  // Make the next poll not wait.
  Failure wake();
  // Take over what the submission ring holds.
  void drain();
  // Put what is due into the completion ring, as far as it has room; the word `more` says whether something remains.
  void collect();
  // Standalone: look for work, waiting for it when `block`. False: nothing is pending that could ever wake this loop.
  bool pump(bool block);

  Failure watch_signal(int signum);
  void unwatch_signal(int signum) { signals_.unwatch(signum); }
  // Somebody waits for a signal: that alone keeps a running loop alive.
  void expect_signals(bool expected);

  // For the families of I/O: where their objects live, and what handles they may open.
  IoTable& io() { return io_; }
  StreamFamily& streams() { return streams_; }
  HandleGroup* group() { return &group_; }
  uv_loop_t* loop() const { return loop_; }
  Children& children() { return children_; }
  void io_pending() override;
  void io_keeps_alive(bool keep) override;

  const Rings& rings() const { return rings_; }
  double id() const { return wakeup_.id(); }
  // What other threads posted to this loop (mailbox.h); the caller discards it.
  Letter* take_letters() { return wakeup_.take_letters(); }
  // Letters are expected: that alone keeps a running loop alive.
  void expect_letters(bool expected);
  bool is_open() const { return open_; }
  size_t open_handles() const { return group_.open(); }
  const Timers& timers() const { return timers_; }

 private:
  Failure open_handles_on_loop();
  Failure open_embedded_handles();
  void close_handles();
  void let_children_go();
  void settle();
  void begin_poll();
  bool arm();
  void enter(double now);
  void begin_period(double now);
  void collect_at(double now);
  bool wake_is_near();
  void wait_once();
  void look_once();
  Failure set_idle(bool active);
  void keep_alive();

  static void on_prepare(uv_prepare_t* prepare);
  static void on_check(uv_check_t* check);
  static void on_idle(uv_idle_t*) {}
  static void on_slice(uv_timer_t*) {}
  static void on_deadline(void* core);

  LoopEntry* entry_;
  uv_loop_t* loop_ = nullptr;
  uv_loop_t private_loop_;
  bool owns_loop_ = false;
  bool open_ = false;
  bool running_ = false;
  bool entered_ = false;
  bool io_keeps_alive_ = false;
  bool expects_letters_ = false;
  bool expects_signals_ = false;
  double longest_wait_ = 0;
  const double* deadlines_ = nullptr;
  uint32_t slots_ = 0;
  double period_began_ = 0;
  uint32_t timers_of_period_ = 0;  // delivered in it

  Rings rings_;
  Timers timers_;
  HandleGroup group_;
  DeadlineClock clock_;
  Wakeup wakeup_;
  Spin spin_;
  IoTable io_;
  Children children_;
  StreamFamily streams_;
  Signals signals_;
  Handle<uv_idle_t> idle_;
  Handle<uv_prepare_t> prepare_;
  Handle<uv_check_t> check_;
  Handle<uv_timer_t> slice_;
};

}  // namespace aioloop

#endif  // AIOLOOP_LOOP_CORE_H_
