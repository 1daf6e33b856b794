// What the addon exports: the class `Loop`, the loop's clock, waking a loop of any thread by id, and the layout of the
// shared memory for comparison. Entry point of the .node file; runs once per load per environment.
#include <napi.h>

#include "../monotonic.h"
#include "../rings.h"
#include "../wakeup.h"
#include "arguments.h"
#include "environment.h"
#include "loop-object.h"

namespace aioloop {

namespace {

// Raw Node-API: read on every timer.
napi_value now(napi_env env, napi_callback_info) {
  napi_value result = nullptr;
  return napi_create_double(env, monotonic_ms(), &result) == napi_ok ? result : nullptr;
}

Napi::Value wake(const Napi::CallbackInfo& info) {
  double id;
  if (!read_number(info[0], "id", 0, 9007199254740991.0, &id)) return Napi::Value();
  return Napi::Boolean::New(info.Env(), Wakeup::wake(id));
}

// Loops of this load that have not closed to the end.
Napi::Value open_loops(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), static_cast<double>(Environment::of(info.Env())->sessions()));
}

Napi::Object layout(Napi::Env env) {
  Napi::Object object = Napi::Object::New(env);
  for (size_t i = 0; i < kLayoutSize; i++) object.Set(kLayout[i].name, kLayout[i].value);
  return object;
}

Napi::Object init(Napi::Env env, Napi::Object exports) {
  if (Environment::install(env) == nullptr) {
    if (!env.IsExceptionPending()) Napi::Error::New(env, "cannot set up the addon").ThrowAsJavaScriptException();
    return exports;
  }
  napi_value clock;
  if (napi_create_function(env, "now", NAPI_AUTO_LENGTH, now, nullptr, &clock) != napi_ok) return exports;
  exports.Set("now", clock);
  exports.Set("layout", layout(env));
  exports.Set("wake", Napi::Function::New<wake>(env, "wake"));
  exports.Set("openLoops", Napi::Function::New<open_loops>(env, "openLoops"));
  exports.Set("Loop", LoopObject::define(env));
  return exports;
}

}  // namespace

NODE_API_MODULE(aioloop, init)

}  // namespace aioloop
