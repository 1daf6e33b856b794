// The only thread-safe entry into a loop: a uv_async_t, named by an id that any thread may hold for ever. `wake(id)`
// looks the id up in the process-wide registry, the one process-wide object there is, and returns false when that loop
// is closed; `post` puts a letter into its box, and wakes it. Everything else here belongs to the loop's thread.
//
// A wake is never lost: `take` returns true once for one or more wakes since the last. The id is a whole number below
// 2^53 that also differs between two loaded copies of the addon, whose registries do not know each other.
#ifndef AIOLOOP_WAKEUP_H_
#define AIOLOOP_WAKEUP_H_

#include <uv.h>

#include <atomic>

#include "error.h"
#include "handle.h"
#include "mailbox.h"

namespace aioloop {

class Wakeup {
 public:
  ~Wakeup() { close(); }

  Failure open(uv_loop_t* loop, HandleGroup* group);
  // From now on `wake` of this id returns false.
  void close();
  double id() const { return id_; }
  bool pending() const { return pending_; }
  // Another thread has sent, or is about to send, a wake that no poll has brought yet.
  bool coming() const { return coming_.load(std::memory_order_relaxed); }
  // The processor that the last wake came from, as `Spin::processor` has it.
  int waker() const { return waker_.load(std::memory_order_relaxed); }
  bool take();
  // Whether the open handle keeps its loop alive: for what has no handle of its own to do it.
  void keep_alive(bool keep);

  // Every letter that arrived since the last time, the oldest first; the caller discards them.
  Letter* take_letters();

  // From any thread.
  static bool wake(double id);
  // Takes the letter, whatever comes of it. `from`, unless 0, is a loop that is to hear when `to` closes.
  static PostResult post(double to, double from, Letter* letter);

 private:
  friend class WakeupRegistry;
  static void on_async(uv_async_t* async);

  Handle<uv_async_t> async_;
  Wakeup* next_ = nullptr;  // in the registry, under its lock
  Mailbox box_;             // likewise
  double id_ = 0;
  bool pending_ = false;
  std::atomic<bool> coming_{false};
  std::atomic<int> waker_{-1};
};

}  // namespace aioloop

#endif  // AIOLOOP_WAKEUP_H_
