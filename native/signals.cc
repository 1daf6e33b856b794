// Watched signals. See signals.h.
#include "signals.h"

#include <algorithm>

namespace aioloop {

Failure Signals::watch(uv_loop_t* loop, HandleGroup* group, int signum) {
  if (signum < 1 || signum >= kSignals) return {UV_EINVAL, "uv_signal_start"};
  Handle<uv_signal_t>& watcher = watchers_[signum];
  if (watcher.alive()) return {};
  int code = watcher.open(group, this, [&](uv_signal_t* signal) { return uv_signal_init(loop, signal); });
  if (code < 0) return {code, "uv_signal_init"};
  watcher.keep_alive(false);
  code = uv_signal_start(watcher.get(), on_signal, signum);
  if (code < 0) watcher.close();
  return {code, "uv_signal_start"};
}

void Signals::unwatch(int signum) {
  if (signum < 1 || signum >= kSignals) return;
  watchers_[signum].close();
  auto first = arrived_.begin() + static_cast<std::ptrdiff_t>(taken_);
  arrived_.erase(std::remove(first, arrived_.end(), signum), arrived_.end());
}

void Signals::close() {
  for (int signum = 1; signum < kSignals; signum++) unwatch(signum);
}

bool Signals::take(int* signum) {
  if (!pending()) return false;
  *signum = arrived_[taken_++];
  if (taken_ == arrived_.size()) {
    arrived_.clear();
    taken_ = 0;
  }
  return true;
}

void Signals::on_signal(uv_signal_t* signal, int signum) {
  Signals* signals = Handle<uv_signal_t>::owner<Signals>(signal);
  if (signals == nullptr) return;
  signals->arrived_.push_back(signum);
}

}  // namespace aioloop
