// One loop core together with what it needs of JavaScript: the function that runs a turn, and the memory that both
// sides share. Here, and only here, libuv callbacks become JavaScript.
//
// Lives until both its JavaScript object has let go (`release`, when it is collected) and its last handle has closed; a
// running session holds the turn function strongly, and so is never collected, a stopped one does not.
#ifndef AIOLOOP_BINDING_SESSION_H_
#define AIOLOOP_BINDING_SESSION_H_

#include <node_api.h>

#include "../loop-core.h"
#include "environment.h"

namespace aioloop {

// How a function that is called often finds its session, without asking a JavaScript object: it is the function's own
// data, outlives both, and is empty once the session is gone.
struct Door {
  class Session* session = nullptr;
  int holders = 1;

  void let_go() {
    if (--holders == 0) delete this;
  }
};

struct SessionOptions {
  bool standalone = false;
  uint32_t submission_capacity = 0;
  uint32_t completion_capacity = 0;
  double longest_wait = 0;
};

class Session final : public LoopEntry {
 public:
  // Null when it fails; then `failure` says why.
  static Session* open(napi_env env, const SessionOptions& options, napi_value turn, Failure* failure);

  LoopCore& core() { return core_; }
  Failure start();
  void stop();
  void close();
  // As close(), for an environment that ends.
  void end();
  // Children of closed loops that have ended meanwhile.
  void reap_orphans() { environment_->orphans().reap(); }
  // The JavaScript object is gone. Closes; the session is freed when its handles have closed, perhaps now.
  void release();

  // The block with header and rings; null when it cannot be had.
  napi_value memory();
  // New memory for the deadlines of `count` slots, with what the old one holds.
  napi_value grow_slots(uint32_t count);

  // Null when there is no memory.
  Door* door();

  bool turn() override;
  void turn_failed() override;
  void orphaned(int pid) override;
  void closed() override;

 private:
  friend class Environment;

  Session(napi_env env, Environment* environment) : env_(env), environment_(environment), core_(this) {}
  ~Session();
  bool create_memory(const SessionOptions& options, Rings* rings);
  void hold_turn(bool hold);
  void delete_references();

  napi_env env_;
  Environment* environment_;
  Session* next_ = nullptr;
  Session* previous_ = nullptr;
  napi_ref turn_ = nullptr;
  napi_ref memory_ = nullptr;
  napi_ref slots_ = nullptr;
  Door* door_ = nullptr;
  double* deadlines_ = nullptr;
  uint32_t slot_count_ = 0;
  bool holds_turn_ = false;
  bool released_ = false;
  bool closed_ = false;
  LoopCore core_;
};

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_SESSION_H_
