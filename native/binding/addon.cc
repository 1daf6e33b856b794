// What the addon exports: the class `Loop`, the loop's clock, waking a loop of any thread by id, and the layout of the
// shared memory for comparison. Entry point of the .node file; runs once per load per environment.
//
// All of binding/ calls Node-API as it is, without a C++ wrapper: any call may fail while `terminate()` ends the Worker
// that is inside it, and wrappers made without exceptions answer that by aborting the process. Here a status that is
// not `napi_ok` means to return.
#include <node_api.h>

#include "../monotonic.h"
#include "../rings.h"
#include "../wakeup.h"
#include "arguments.h"
#include "environment.h"
#include "letters.h"
#include "loop-object.h"

namespace aioloop {

namespace {

napi_value now(napi_env env, napi_callback_info) { return number_value(env, monotonic_ms()); }

napi_value wake(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value argument = nullptr;
  double id;
  if (napi_get_cb_info(env, info, &count, &argument, nullptr, nullptr) != napi_ok) return nullptr;
  if (!read_number(env, argument, "id", 0, 9007199254740991.0, &id)) return nullptr;
  return boolean_value(env, Wakeup::wake(id));
}

// Loops of this load that have not closed to the end.
napi_value open_loops(napi_env env, napi_callback_info) {
  Environment* environment = Environment::of(env);
  return environment == nullptr ? nullptr : number_value(env, static_cast<double>(environment->sessions()));
}

napi_value layout(napi_env env) {
  napi_value object = nullptr;
  if (napi_create_object(env, &object) != napi_ok) return nullptr;
  for (size_t i = 0; i < kLayoutSize; i++) {
    napi_value value = number_value(env, kLayout[i].value);
    if (value == nullptr || napi_set_named_property(env, object, kLayout[i].name, value) != napi_ok) return nullptr;
  }
  return object;
}

bool export_value(napi_env env, napi_value exports, const char* name, napi_value value) {
  return value != nullptr && napi_set_named_property(env, exports, name, value) == napi_ok;
}

bool export_function(napi_env env, napi_value exports, const char* name, napi_callback callback) {
  napi_value function = nullptr;
  if (napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, nullptr, &function) != napi_ok) return false;
  return export_value(env, exports, name, function);
}

napi_value init(napi_env env, napi_value exports) {
  bool ready = Environment::install(env) != nullptr && export_function(env, exports, "now", now) &&
               export_function(env, exports, "wake", wake) && export_function(env, exports, "post", post_letter) &&
               export_function(env, exports, "openLoops", open_loops) &&
               export_value(env, exports, "layout", layout(env)) &&
               export_value(env, exports, "Loop", define_loop_class(env));
  // Fails too where an exception is pending already, or where the environment is being torn down.
  if (!ready) (void)napi_throw_error(env, nullptr, "the addon could not be set up");
  return exports;
}

}  // namespace

}  // namespace aioloop

NAPI_MODULE_INIT() { return aioloop::init(env, exports); }
