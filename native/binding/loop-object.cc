// The JavaScript class over a session. See loop-object.h.
#include "loop-object.h"

#include "call.h"
#include "datagram-methods.h"
#include "letters.h"
#include "lookup-methods.h"
#include "process-methods.h"
#include "stream-methods.h"
#include "watch-methods.h"

namespace aioloop {

namespace {

constexpr double kLongestWait = 1e9;  // ms
constexpr uint32_t kLargestSignal = 1024;

bool read_field(napi_env env, napi_value object, const char* name, napi_value* value) {
  return napi_get_named_property(env, object, name, value) == napi_ok;
}

bool read_capacity(napi_env env, napi_value options, const char* name, uint32_t* capacity) {
  napi_value value;
  if (!read_field(env, options, name, &value)) return false;
  if (!read_whole(env, value, name, kSmallestCapacity, kLargestCapacity, capacity)) return false;
  if (Rings::valid_capacity(*capacity)) return true;
  (void)napi_throw_range_error(env, nullptr, "a ring capacity must be a power of two");
  return false;
}

bool read_options(napi_env env, napi_value object, SessionOptions* options) {
  napi_value standalone;
  napi_value longest_wait;
  return read_field(env, object, "standalone", &standalone) &&
         read_boolean(env, standalone, "standalone", &options->standalone) &&
         read_capacity(env, object, "submissionCapacity", &options->submission_capacity) &&
         read_capacity(env, object, "completionCapacity", &options->completion_capacity) &&
         read_field(env, object, "longestWait", &longest_wait) &&
         read_number(env, longest_wait, "longestWait", 0, kLongestWait, &options->longest_wait);
}

void on_collected(napi_env, void* session, void*) { static_cast<Session*>(session)->release(); }

napi_value construct(napi_env env, napi_callback_info info) {
  napi_value target = nullptr;
  Call call(env, info);
  if (napi_get_new_target(env, info, &target) != napi_ok || target == nullptr ||
      !is_type(env, call.arguments[0], napi_object) || !is_type(env, call.arguments[1], napi_function)) {
    (void)napi_throw_type_error(env, nullptr, "new Loop(options, turn) wants an object and a function");
    return nullptr;
  }
  SessionOptions options;
  if (!read_options(env, call.arguments[0], &options)) return nullptr;
  Failure failure;
  Session* session = Session::open(env, options, call.arguments[1], &failure);
  throw_failure(env, failure);
  if (session == nullptr) return nullptr;
  if (napi_wrap(env, call.self, session, on_collected, nullptr, nullptr) == napi_ok) return call.self;
  session->release();
  return nullptr;
}

napi_value id(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.session == nullptr ? nullptr : number_value(env, call.session->core().id());
}

napi_value memory(napi_env env, napi_callback_info info) {
  Call call(env, info);
  return call.session == nullptr ? nullptr : call.session->memory();
}

napi_value grow_slots(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t count;
  if (call.session == nullptr || !read_whole(env, call.arguments[0], "slots", 1, kSlotMask + 1, &count)) return nullptr;
  napi_value memory = call.session->grow_slots(count);
  if (memory == nullptr) throw_failure(env, {UV_ENOMEM, "growSlots"});
  return memory;
}

napi_value start(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session != nullptr) throw_failure(env, call.session->start());
  return nullptr;
}

napi_value stop(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session != nullptr) call.session->stop();
  return nullptr;
}

napi_value close(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session != nullptr) call.session->close();
  return nullptr;
}

napi_value wake(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session != nullptr) throw_failure(env, call.session->core().wake());
  return nullptr;
}

napi_value drain(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session != nullptr) call.session->core().drain();
  return nullptr;
}

napi_value collect(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session != nullptr) call.session->core().collect();
  return nullptr;
}

napi_value pump(napi_env env, napi_callback_info info) {
  Call call(env, info);
  bool block;
  if (call.session == nullptr || !read_boolean(env, call.arguments[0], "block", &block)) return nullptr;
  return boolean_value(env, call.session->core().pump(block));
}

napi_value watch_signal(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t signum;
  if (call.session == nullptr || !read_whole(env, call.arguments[0], "signum", 0, kLargestSignal, &signum)) {
    return nullptr;
  }
  throw_failure(env, call.session->core().watch_signal(static_cast<int>(signum)));
  return nullptr;
}

napi_value unwatch_signal(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t signum;
  if (call.session == nullptr || !read_whole(env, call.arguments[0], "signum", 0, kLargestSignal, &signum)) {
    return nullptr;
  }
  call.session->core().unwatch_signal(static_cast<int>(signum));
  return nullptr;
}

napi_value expect_signals(napi_env env, napi_callback_info info) {
  Call call(env, info);
  bool expected;
  if (call.session != nullptr && read_boolean(env, call.arguments[0], "expected", &expected)) {
    call.session->core().expect_signals(expected);
  }
  return nullptr;
}

}  // namespace

napi_value define_loop_class(napi_env env) {
  Methods methods = {
      method("id", id),
      method("memory", memory),
      method("growSlots", grow_slots),
      method("start", start),
      method("stop", stop),
      method("close", close),
      method("wake", wake),
      method("drain", drain),
      method("collect", collect),
      method("pump", pump),
      method("watchSignal", watch_signal),
      method("unwatchSignal", unwatch_signal),
      method("expectSignals", expect_signals),
  };
  add_lookup_methods(&methods);
  add_watch_methods(&methods);
  add_datagram_methods(&methods);
  add_letter_methods(&methods);
  add_process_methods(&methods);
  add_stream_methods(&methods);
  napi_value constructor = nullptr;
  napi_status status = napi_define_class(env, "Loop", NAPI_AUTO_LENGTH, construct, nullptr, methods.size(),
                                         methods.data(), &constructor);
  return status == napi_ok ? constructor : nullptr;
}

}  // namespace aioloop
