// Whether to look out for a wake for a moment before a poll that would sleep. Threads that answer each other within
// microseconds gain by it: sleeping and being woken costs both sides more than the answer takes. It is tried after a
// wake that came from another processor (on the same one, looking out would only keep the other thread from
// answering), and after each time in vain it is left out for longer, so that a loop whose wakes are far apart pays
// next to nothing. Knows no loop: `look` is told what to look at.
#ifndef AIOLOOP_SPIN_H_
#define AIOLOOP_SPIN_H_

#include <algorithm>
#include <cstdint>
#ifdef __linux__
#include <sched.h>
#endif

#include "monotonic.h"

namespace aioloop {

class Spin {
 public:
  // Milliseconds. A round trip to a thread that runs takes 5 to 15 µs, and whatever else the loop waits for is late by
  // this at most.
  static constexpr double kLongest = 0.025;
  // Wakes after which nothing is tried, at most.
  static constexpr uint32_t kMostSkips = 63;

  // The processor that this thread runs on; below 0 where the system does not say.
  static int processor() {
#ifdef __linux__
    return sched_getcpu();
#else
    return -1;
#endif
  }

  // The last poll brought a wake from this processor.
  void woken(int processor) {
    recent_ = true;
    waker_ = processor;
  }

  // True as soon as `there()` is. Calls it only when it is worth while.
  template <typename There>
  bool look(There there) {
    if (!recent_) return false;
    recent_ = false;
    if (waker_ < 0 || waker_ == processor()) return false;
    if (skips_ > 0) {
      skips_--;
      return false;
    }
    double end = monotonic_ms() + kLongest;
    do {
      for (int i = 0; i < 32; i++) {
        if (there()) {
          vain_ = 0;
          return true;
        }
        pause();
      }
    } while (monotonic_ms() < end);
    vain_ = std::min(2 * vain_ + 1, kMostSkips);
    skips_ = vain_;
    return false;
  }

 private:
  static void pause() {
#if defined(__x86_64__) || defined(__i386__)
    __builtin_ia32_pause();
#elif defined(__aarch64__) && defined(__GNUC__)
    __asm__ volatile("yield");
#endif
  }

  bool recent_ = false;
  int waker_ = -1;
  uint32_t skips_ = 0;
  uint32_t vain_ = 0;
};

}  // namespace aioloop

#endif  // AIOLOOP_SPIN_H_
