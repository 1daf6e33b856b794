// The class `Loop` as JavaScript sees it: checks arguments, forwards to the session, throws what failed. Dumb on
// purpose. src/native/binding.ts declares the same methods; src/native/native-backend.ts is the only caller.
#ifndef AIOLOOP_BINDING_LOOP_OBJECT_H_
#define AIOLOOP_BINDING_LOOP_OBJECT_H_

#include <napi.h>

#include "session.h"

namespace aioloop {

class LoopObject final : public Napi::ObjectWrap<LoopObject> {
 public:
  static Napi::Function define(Napi::Env env);

  // new Loop({ standalone, submissionCapacity, completionCapacity, longestWait }, turn)
  explicit LoopObject(const Napi::CallbackInfo& info);
  ~LoopObject() override;

 private:
  Napi::Value id(const Napi::CallbackInfo& info);
  Napi::Value memory(const Napi::CallbackInfo& info);
  Napi::Value grow_slots(const Napi::CallbackInfo& info);
  void start(const Napi::CallbackInfo& info);
  void stop(const Napi::CallbackInfo& info);
  void close(const Napi::CallbackInfo& info);
  void wake(const Napi::CallbackInfo& info);
  void drain(const Napi::CallbackInfo& info);
  void collect(const Napi::CallbackInfo& info);
  Napi::Value pump(const Napi::CallbackInfo& info);
  void watch_signal(const Napi::CallbackInfo& info);
  void unwatch_signal(const Napi::CallbackInfo& info);

  Session* session_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_LOOP_OBJECT_H_
