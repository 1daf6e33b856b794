// Wake-ups from other threads, and the registry that finds a loop by id. See wakeup.h.
#include "wakeup.h"

#include <cstdlib>

#include "spin.h"

namespace aioloop {

// A list, since a process has a few loops. uv_async_send runs under the lock: so it cannot meet a handle that closes.
class WakeupRegistry {
 public:
  static void add(Wakeup* wakeup) {
    Locked locked;
    wakeup->id_ = next_id_++;
    wakeup->box_.owner = wakeup->id_;
    wakeup->next_ = first_;
    first_ = wakeup;
  }

  static void remove(Wakeup* wakeup) {
    Locked locked;
    for (Wakeup** link = &first_; *link != nullptr; link = &(*link)->next_) {
      if (*link != wakeup) continue;
      *link = wakeup->next_;
      wakeup->box_.tell_correspondents([](double id, Letter* notice) { deliver(find(id), notice); });
      return;
    }
  }

  static PostResult post(double to, double from, Letter* letter) {
    Locked locked;
    Wakeup* wakeup = find(to);
    PostResult result = kPosted;
    if (wakeup == nullptr) {
      result = kPostClosed;
    } else if (!wakeup->box_.has_room(letter->size)) {
      result = kPostFull;
    } else if (from != 0 && !wakeup->box_.add_correspondent(from)) {
      result = kPostNoMemory;
    }
    if (result != kPosted) {
      Letter::discard(letter);
    } else if (!deliver(wakeup, letter)) {
      result = kPostClosed;
    }
    return result;
  }

  static Letter* take(Wakeup* wakeup) {
    Locked locked;
    return wakeup->box_.take();
  }

  static bool wake(double id) {
    Locked locked;
    Wakeup* wakeup = find(id);
    return wakeup != nullptr && send(wakeup);
  }

 private:
  struct Locked {
    Locked() {
      uv_once(&once_, init);
      uv_mutex_lock(&mutex_);
    }
    ~Locked() { uv_mutex_unlock(&mutex_); }
  };

  // The three below are called under the lock.

  // `coming_` first: the poll that brings this wake, or one before it, takes it back.
  static bool send(Wakeup* wakeup) {
    wakeup->waker_.store(Spin::processor(), std::memory_order_relaxed);
    wakeup->coming_.store(true, std::memory_order_relaxed);
    if (uv_async_send(wakeup->async_.get()) == 0) return true;
    wakeup->coming_.store(false, std::memory_order_relaxed);
    return false;
  }

  static Wakeup* find(double id) {
    Wakeup* wakeup = first_;
    while (wakeup != nullptr && wakeup->id_ != id) wakeup = wakeup->next_;
    return wakeup;
  }

  // Takes the letter. False when nobody will ever read it.
  static bool deliver(Wakeup* wakeup, Letter* letter) {
    if (wakeup == nullptr || !send(wakeup)) {
      Letter::discard(letter);
      return false;
    }
    wakeup->box_.put(letter);
    return true;
  }

  // 20 bits of salt above 32 bits of counter. Never destroyed: threads may outlive static destructors.
  static void init() {
    uint64_t salt = uv_hrtime() ^ (reinterpret_cast<uintptr_t>(&first_) >> 4);
    next_id_ = static_cast<double>(((salt ^ (salt >> 20)) & 0xfffff) * 4294967296.0) + 1;
    if (uv_mutex_init(&mutex_) != 0) abort();
  }

  static uv_once_t once_;
  static uv_mutex_t mutex_;
  static Wakeup* first_;
  static double next_id_;
};

uv_once_t WakeupRegistry::once_ = UV_ONCE_INIT;
uv_mutex_t WakeupRegistry::mutex_;
Wakeup* WakeupRegistry::first_ = nullptr;
double WakeupRegistry::next_id_ = 0;

Failure Wakeup::open(uv_loop_t* loop, HandleGroup* group) {
  int code = async_.open(group, this, [&](uv_async_t* async) { return uv_async_init(loop, async, on_async); });
  if (code < 0) return {code, "uv_async_init"};
  async_.keep_alive(false);
  WakeupRegistry::add(this);
  return {};
}

void Wakeup::close() {
  if (!async_.alive()) return;
  WakeupRegistry::remove(this);
  async_.close();
}

bool Wakeup::take() {
  bool pending = pending_;
  pending_ = false;
  return pending;
}

void Wakeup::keep_alive(bool keep) {
  if (async_.alive()) async_.keep_alive(keep);
}

Letter* Wakeup::take_letters() { return WakeupRegistry::take(this); }

bool Wakeup::wake(double id) { return WakeupRegistry::wake(id); }

PostResult Wakeup::post(double to, double from, Letter* letter) { return WakeupRegistry::post(to, from, letter); }

void Wakeup::on_async(uv_async_t* async) {
  Wakeup* wakeup = Handle<uv_async_t>::owner<Wakeup>(async);
  if (wakeup == nullptr) return;
  wakeup->coming_.store(false, std::memory_order_relaxed);
  wakeup->pending_ = true;
}

}  // namespace aioloop
