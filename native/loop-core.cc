// The life of a loop and the phases of a turn. See loop-core.h; docs/turn.md tells the turn as a list.
#include "loop-core.h"

#include <algorithm>

#include "monotonic.h"

namespace aioloop {

namespace {

// Timers due a few microseconds apart would keep the loop from ever sleeping, with a poll and a turn for each. So once
// this many were delivered in one period, the next poll waits for the end of the period, and what comes due meanwhile
// gathers. Timers farther apart than the quotient never wait.
constexpr uint32_t kDenseTimers = 8;
// Milliseconds; a period begins with the first turn after the last one. Measured with 10,000 timers spread over 100 ms:
// at 0.1 / 0.15 / 0.2 / 0.25 they cost 750 / 580 / 440 / 370 turns, of some 20 µs with waking up, and 90 % of them were
// late by less than 0.13 / 0.16 / 0.21 / 0.25 ms.
constexpr double kPeriod = 0.2;

}  // namespace

Failure LoopCore::open(uv_loop_t* host, const Rings& rings, double longest_wait) {
  rings_ = rings;
  rings_.set_word(kWordAwake, 1);
  io_.open(&rings_);
  longest_wait_ = longest_wait;
  open_ = true;
  loop_ = host;
  if (host == nullptr) {
    int code = uv_loop_init(&private_loop_);
    if (code < 0) return {code, "uv_loop_init"};
    owns_loop_ = true;
    loop_ = &private_loop_;
  }
  streams_.open(loop_, &rings_);
  return open_handles_on_loop();
}

Failure LoopCore::open_handles_on_loop() {
  int code = idle_.open(&group_, this, [&](uv_idle_t* idle) { return uv_idle_init(loop_, idle); });
  if (code < 0) return {code, "uv_idle_init"};
  Failure failure = clock_.open(loop_, &group_, this, on_deadline);
  if (failure.failed()) return failure;
  failure = wakeup_.open(loop_, &group_);
  if (failure.failed()) return failure;
  if (!owns_loop_) return open_embedded_handles();
  if (longest_wait_ == 0) return {};
  return {slice_.open(&group_, this, [&](uv_timer_t* timer) { return uv_timer_init(loop_, timer); }), "uv_timer_init"};
}

Failure LoopCore::open_embedded_handles() {
  int code = prepare_.open(&group_, this, [&](uv_prepare_t* prepare) { return uv_prepare_init(loop_, prepare); });
  if (code < 0) return {code, "uv_prepare_init"};
  prepare_.keep_alive(false);
  code = check_.open(&group_, this, [&](uv_check_t* check) { return uv_check_init(loop_, check); });
  if (code < 0) return {code, "uv_check_init"};
  check_.keep_alive(false);
  return {};
}

Failure LoopCore::start() {
  if (!open_ || running_) return {};
  running_ = true;
  io_.start();
  keep_alive();
  if (owns_loop_) return {};
  int code = uv_prepare_start(prepare_.get(), on_prepare);
  if (code < 0) return {code, "uv_prepare_start"};
  code = uv_check_start(check_.get(), on_check);
  if (code < 0) return {code, "uv_check_start"};
  // Whatever was submitted or came due while stopped is found by the next prepare and check.
  return set_idle(true);
}

void LoopCore::stop() {
  if (!open_ || !running_) return;
  running_ = false;
  io_.stop();
  keep_alive();
  rings_.set_word(kWordInside, 0);
  clock_.disarm();
  clock_.keep_alive(false);
  if (owns_loop_) return;
  // Stopping fails for no open handle.
  (void)uv_prepare_stop(prepare_.get());
  (void)uv_check_stop(check_.get());
  (void)set_idle(false);
}

void LoopCore::close() {
  if (!open_) return;
  stop();
  open_ = false;
  close_handles();
  if (owns_loop_) let_children_go();
  // Nothing but the handles closed here is on the private loop, so this ends with their close callbacks.
  while (owns_loop_ && uv_loop_close(loop_) == UV_EBUSY) (void)uv_run(loop_, UV_RUN_DEFAULT);
  group_.when_empty([](void* core) { static_cast<LoopCore*>(core)->entry_->closed(); }, this);
}

void LoopCore::end() {
  // First, because a private loop is gone when close() returns, and this with it.
  let_children_go();
  close();
}

void LoopCore::let_children_go() {
  std::vector<int> orphans;
  children_.close(&orphans);
  for (int pid : orphans) entry_->orphaned(pid);
}

void LoopCore::close_handles() {
  io_.close();
  signals_.close();
  wakeup_.close();
  clock_.close();
  idle_.close();
  prepare_.close();
  check_.close();
  slice_.close();
}

void LoopCore::set_slots(const double* deadlines, uint32_t count) {
  deadlines_ = deadlines;
  slots_ = count;
  timers_.reserve_slots(count);
}

Failure LoopCore::wake() {
  if (!open_ || !running_ || owns_loop_) return {};
  return set_idle(true);
}

void LoopCore::drain() {
  if (!open_) return;
  // Writes first: what is submitted beside them (to close, to shut down) comes after them.
  streams_.gather();
  Submission submission;
  while (rings_.take(&submission)) {
    if (submission.op >= kSubmitClose) {
      io_.submit(submission.op, submission.slot);
      continue;
    }
    if (submission.slot >= slots_) continue;
    if (submission.op == kSubmitStartTimer) timers_.start(submission.slot, deadlines_[submission.slot]);
    if (submission.op == kSubmitCancelTimer) timers_.cancel(submission.slot);
  }
  streams_.flush();
  rings_.set_number(kNumberTimers, static_cast<double>(timers_.live()));
}

void LoopCore::collect() {
  if (!open_) return;
  drain();
  collect_at(monotonic_ms());
}

void LoopCore::begin_period(double now) {
  if (now < period_began_ + kPeriod) return;
  period_began_ = now;
  timers_of_period_ = 0;
}

void LoopCore::collect_at(double now) {
  io_.collect(rings_.word(kWordReady) != 0);
  if (wakeup_.pending() && rings_.put(kCompleteWake, 0)) {
    wakeup_.take();
    spin_.woken(wakeup_.waker());
  }
  Timer timer;
  while (!rings_.completions_full() && timers_.take_due(now, &timer)) {
    rings_.put(kCompleteTimer, timer.slot);
    timers_of_period_++;
    double lag = now - timer.deadline;
    if (lag > rings_.number(kNumberMaxLag)) rings_.set_number(kNumberMaxLag, lag);
  }
  double earliest;
  bool due = timers_.earliest(&earliest) && earliest <= now;
  // Signals come behind every timer that is due, as on the other loops.
  int signum;
  while (!due && !rings_.completions_full() && signals_.take(&signum)) {
    rings_.put(kCompleteSignal, static_cast<uint32_t>(signum));
  }
  rings_.set_word(kWordMore, due || signals_.pending() || wakeup_.pending() || io_.pending());
  rings_.set_number(kNumberTimers, static_cast<double>(timers_.live()));
}

// What must hold before every poll: submissions taken, the clock covering the earliest deadline, a live handle while
// anything is pending, and no waiting while a turn is wanted.
void LoopCore::settle() {
  drain();
  bool due = arm();
  bool wanted = rings_.word(kWordReady) != 0 || rings_.has_completions();
  (void)set_idle(due || wanted);
}

// Once before each poll, when all that was submitted is taken.
void LoopCore::begin_poll() {
  streams_.reads().begin_poll();
  io_.begin_poll();
}

// True when something is due already, or when the device fails: then only not waiting keeps timers from being late.
bool LoopCore::arm() {
  double earliest = 0;
  bool timers = timers_.earliest(&earliest);
  clock_.keep_alive(timers);
  if (!timers) clock_.rest();
  // A coarse device gathers by itself.
  if (DeadlineClock::kExact && timers_of_period_ >= kDenseTimers) {
    earliest = std::max(earliest, period_began_ + kPeriod);
  }
  if (!timers || clock_.covers(earliest)) return false;
  double now = monotonic_ms();
  return earliest <= now || clock_.arm(earliest, now).failed();
}

void LoopCore::enter(double now) {
  rings_.set_word(kWordReady, 0);
  rings_.set_number(kNumberTurnStarted, now);
  rings_.count(kNumberTurns);
  rings_.set_word(kWordInside, 1);
  entered_ = true;
  bool ok = entry_->turn();
  entered_ = false;
  if (open_) rings_.set_word(kWordInside, 0);
  if (!ok) entry_->turn_failed();
  // In the turn or after it this loop may have been stopped or closed.
  if (open_ && running_) settle();
}

bool LoopCore::pump(bool block) {
  if (!open_ || !owns_loop_) return false;
  drain();
  begin_poll();
  bool due = arm();
  bool wanted = due || rings_.word(kWordReady) != 0 || rings_.has_completions();
  bool pending = wanted || uv_loop_alive(loop_) != 0;
  if (block && pending && !wanted && !wake_is_near()) {
    wait_once();
  } else {
    look_once();
  }
  double now = monotonic_ms();
  drain();
  begin_period(now);
  collect_at(now);
  rings_.set_word(kWordReady, 0);
  rings_.set_number(kNumberTurnStarted, now);
  rings_.count(kNumberTurns);
  return pending || rings_.has_completions();
}

// Before a poll that would wait: true when it need not.
bool LoopCore::wake_is_near() {
  return spin_.look([this] { return wakeup_.coming(); });
}

void LoopCore::wait_once() {
  bool sliced = slice_.alive() && uv_timer_start(slice_.get(), on_slice, static_cast<uint64_t>(longest_wait_), 0) == 0;
  // A thread that can be ended must not wait without a limit.
  (void)uv_run(loop_, slice_.alive() && !sliced ? UV_RUN_NOWAIT : UV_RUN_ONCE);
  if (sliced) (void)uv_timer_stop(slice_.get());
}

// The idle handle, because a loop without live handles does not poll at all, not even for signals and wake-ups.
void LoopCore::look_once() {
  (void)set_idle(true);
  (void)uv_run(loop_, UV_RUN_NOWAIT);
  (void)set_idle(false);
}

// A handle that closes does so after check; without a live one the loop would end before it is told.
void LoopCore::io_pending() {
  if (open_ && running_ && !owns_loop_ && !entered_) (void)set_idle(true);
}

void LoopCore::io_keeps_alive(bool keep) {
  io_keeps_alive_ = keep;
  keep_alive();
}

void LoopCore::expect_letters(bool expected) {
  expects_letters_ = expected;
  keep_alive();
}

void LoopCore::expect_signals(bool expected) {
  expects_signals_ = expected;
  keep_alive();
}

// A running loop may wait for a letter or for a signal alone.
void LoopCore::keep_alive() {
  wakeup_.keep_alive(io_keeps_alive_ || (running_ && (expects_letters_ || expects_signals_)));
}

Failure LoopCore::watch_signal(int signum) {
  if (!open_) return {UV_EINVAL, "uv_signal_start"};
  return signals_.watch(loop_, &group_, signum);
}

Failure LoopCore::set_idle(bool active) {
  int code = active ? uv_idle_start(idle_.get(), on_idle) : uv_idle_stop(idle_.get());
  if (code == 0) rings_.set_word(kWordAwake, active || !running_ || owns_loop_);
  return {code, active ? "uv_idle_start" : "uv_idle_stop"};
}

void LoopCore::on_prepare(uv_prepare_t* prepare) {
  LoopCore* core = Handle<uv_prepare_t>::owner<LoopCore>(prepare);
  if (core != nullptr && core->running_ && !core->entered_) {
    core->settle();
    core->begin_poll();
    if (uv_backend_timeout(core->loop_) != 0 && core->wake_is_near()) (void)core->set_idle(true);
  }
}

// A poll-phase callback may have cancelled what is due: drained first. Nothing is entered twice, not even when somebody
// runs this uv loop from within a turn.
void LoopCore::on_check(uv_check_t* check) {
  LoopCore* core = Handle<uv_check_t>::owner<LoopCore>(check);
  if (core == nullptr || !core->running_ || core->entered_) return;
  double now = monotonic_ms();
  core->drain();
  core->begin_period(now);
  core->collect_at(now);
  if (core->rings_.word(kWordReady) != 0 || core->rings_.has_completions()) core->enter(now);
}

// The device covers nothing any more. The uv_timer_t fires after check, so the loop may end before the next prepare.
void LoopCore::on_deadline(void* data) {
  LoopCore* core = static_cast<LoopCore*>(data);
  if (core->open_ && core->running_ && !core->owns_loop_ && !core->entered_ && core->arm()) {
    (void)core->set_idle(true);
  }
}

}  // namespace aioloop
