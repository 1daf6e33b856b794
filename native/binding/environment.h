// What one load of the addon in one environment knows: its uv loop and the sessions open in it. Kept as instance data,
// so that the addon may be loaded any number of times, in any number of Workers; there are no statics.
//
// When the environment is torn down, the async cleanup hook closes every session and ends when the last one has closed.
// From then on JavaScript cannot be entered and the environment must not be used.
#ifndef AIOLOOP_BINDING_ENVIRONMENT_H_
#define AIOLOOP_BINDING_ENVIRONMENT_H_

#include <node_api.h>
#include <uv.h>

#include <cstddef>

#include "../orphans.h"

namespace aioloop {

class Session;

class Environment {
 public:
  // Called once per load. Null when the host refuses.
  static Environment* install(napi_env env);
  static Environment* of(napi_env env);

  uv_loop_t* loop() const { return loop_; }
  bool ending() const { return ending_; }
  size_t sessions() const { return count_; }
  void add(Session* session);
  void remove(Session* session);
  Orphans& orphans() { return orphans_; }

 private:
  Environment() = default;
  static void on_cleanup(napi_async_cleanup_hook_handle handle, void* environment);
  void finish_if_empty();

  uv_loop_t* loop_ = nullptr;
  napi_async_cleanup_hook_handle hook_ = nullptr;
  Session* first_ = nullptr;
  size_t count_ = 0;
  Orphans orphans_;
  bool ending_ = false;
};

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_ENVIRONMENT_H_
