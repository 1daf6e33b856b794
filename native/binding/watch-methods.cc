// Watches of descriptors as methods. See watch-methods.h.
#include "watch-methods.h"

#include <climits>
#include <new>

#include "../fd-watch.h"

namespace aioloop {

namespace {

napi_value watch_fd(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t fd;
  LoopCore* core = call.opening("watch");
  if (core == nullptr || !read_whole(env, call.arguments[0], "fd", 0, INT_MAX, &fd)) return nullptr;
  FdWatch* watch = new (std::nothrow) FdWatch;
  if (watch == nullptr) {
    throw_failure(env, {UV_ENOMEM, "watch"});
    return nullptr;
  }
  Failure failure = watch->open(core, static_cast<int>(fd));
  if (failure.failed()) {
    delete watch;
    throw_failure(env, {failure.code, "watch"});
    return nullptr;
  }
  if (core->io().add(watch)) return number_value(env, watch->id());
  // Its handles give their memory back by themselves.
  delete watch;
  throw_failure(env, {UV_ENOMEM, "watch"});
  return nullptr;
}

napi_value update_watch(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t events;
  FdWatch* watch = static_cast<FdWatch*>(call.object(0));
  if (watch != nullptr && read_whole(env, call.arguments[1], "events", 0, UV_READABLE | UV_WRITABLE, &events)) {
    watch->want(static_cast<int>(events));
  }
  return nullptr;
}

napi_value close_watch(napi_env env, napi_callback_info info) {
  Call call(env, info);
  IoObject* watch = call.object(0);
  if (watch != nullptr) watch->table()->close(watch);
  return nullptr;
}

}  // namespace

void add_watch_methods(Methods* methods) {
  methods->push_back(method("watchFd", watch_fd));
  methods->push_back(method("updateWatch", update_watch));
  methods->push_back(method("closeWatch", close_watch));
}

}  // namespace aioloop
