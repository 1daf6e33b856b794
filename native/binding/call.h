// What every method of the class `Loop` begins with, and how a family of methods joins it. The methods of the loop
// itself are in loop-object.cc; those of each I/O family in a file of its own, which hands its list to
// `define_loop_class`.
#ifndef AIOLOOP_BINDING_CALL_H_
#define AIOLOOP_BINDING_CALL_H_

#include <node_api.h>

#include <cstddef>
#include <vector>

#include "arguments.h"
#include "session.h"

namespace aioloop {

// One call of a method: its arguments, and the session of its `this`. V8 lets methods be called on nothing but a
// `Loop`; the session is null where the environment is being torn down, and then there is nothing to do.
struct Call {
  static constexpr size_t kArguments = 8;

  napi_env env;
  napi_value arguments[kArguments] = {};
  napi_value self = nullptr;
  Session* session = nullptr;

  Call(napi_env call_env, napi_callback_info info) : env(call_env) {
    size_t count = kArguments;
    void* data = nullptr;
    if (napi_get_cb_info(env, info, &count, arguments, &self, nullptr) != napi_ok) return;
    if (napi_unwrap(env, self, &data) == napi_ok) session = static_cast<Session*>(data);
  }

  // For what opens something: the core when its loop is open, with everything submitted before taken over, so that what
  // was closed in the same turn is closed. Else null, and a failure was thrown.
  LoopCore* opening(const char* syscall) const {
    if (session == nullptr) return nullptr;
    if (!session->core().is_open()) {
      throw_failure(env, {UV_ECANCELED, syscall});
      return nullptr;
    }
    session->core().drain();
    return &session->core();
  }

  // The I/O object whose id is this argument; null when it is gone, and then nothing was thrown.
  IoObject* object(size_t index) const {
    uint32_t id;
    if (session == nullptr || !read_whole(env, arguments[index], "id", 0, UINT32_MAX, &id)) return nullptr;
    IoObject* found = session->core().io().find(id & kSlotMask);
    return found != nullptr && found->id() == id ? found : nullptr;
  }
};

constexpr napi_property_descriptor method(const char* name, napi_callback callback) {
  return {name, nullptr, callback, nullptr, nullptr, nullptr, napi_default_method, nullptr};
}

using Methods = std::vector<napi_property_descriptor>;

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_CALL_H_
