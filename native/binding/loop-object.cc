// The JavaScript class over a session. See loop-object.h.
#include "loop-object.h"

#include "arguments.h"

namespace aioloop {

namespace {

constexpr double kLongestWait = 1e9;  // ms

bool read_capacity(const Napi::Value& value, const char* name, uint32_t* capacity) {
  if (!read_whole(value, name, kSmallestCapacity, kLargestCapacity, capacity)) return false;
  if (Rings::valid_capacity(*capacity)) return true;
  Napi::RangeError::New(value.Env(), "a ring capacity must be a power of two").ThrowAsJavaScriptException();
  return false;
}

bool read_options(const Napi::Object& object, SessionOptions* options) {
  return read_boolean(object.Get("standalone"), "standalone", &options->standalone) &&
         read_capacity(object.Get("submissionCapacity"), "submissionCapacity", &options->submission_capacity) &&
         read_capacity(object.Get("completionCapacity"), "completionCapacity", &options->completion_capacity) &&
         read_number(object.Get("longestWait"), "longestWait", 0, kLongestWait, &options->longest_wait);
}

}  // namespace

Napi::Function LoopObject::define(Napi::Env env) {
  return DefineClass(env, "Loop",
                     {InstanceMethod<&LoopObject::id>("id"), InstanceMethod<&LoopObject::memory>("memory"),
                      InstanceMethod<&LoopObject::grow_slots>("growSlots"), InstanceMethod<&LoopObject::start>("start"),
                      InstanceMethod<&LoopObject::stop>("stop"), InstanceMethod<&LoopObject::close>("close"),
                      InstanceMethod<&LoopObject::wake>("wake"), InstanceMethod<&LoopObject::drain>("drain"),
                      InstanceMethod<&LoopObject::collect>("collect"), InstanceMethod<&LoopObject::pump>("pump"),
                      InstanceMethod<&LoopObject::watch_signal>("watchSignal"),
                      InstanceMethod<&LoopObject::unwatch_signal>("unwatchSignal")});
}

LoopObject::LoopObject(const Napi::CallbackInfo& info) : Napi::ObjectWrap<LoopObject>(info) {
  SessionOptions options;
  if (!info[0].IsObject() || !info[1].IsFunction()) {
    Napi::TypeError::New(info.Env(), "new Loop(options, turn)").ThrowAsJavaScriptException();
    return;
  }
  if (!read_options(info[0].As<Napi::Object>(), &options)) return;
  Failure failure;
  session_ = Session::open(info.Env(), options, info[1], &failure);
  throw_failure(info.Env(), failure);
}

LoopObject::~LoopObject() {
  if (session_ != nullptr) session_->release();
}

Napi::Value LoopObject::id(const Napi::CallbackInfo& info) {
  return Napi::Number::New(info.Env(), session_->core().id());
}

Napi::Value LoopObject::memory(const Napi::CallbackInfo& info) { return Napi::Value(info.Env(), session_->memory()); }

Napi::Value LoopObject::grow_slots(const Napi::CallbackInfo& info) {
  uint32_t count;
  if (!read_whole(info[0], "slots", 1, kSlotMask + 1, &count)) return Napi::Value();
  napi_value memory = session_->grow_slots(count);
  if (memory == nullptr) throw_failure(info.Env(), {UV_ENOMEM, "growSlots"});
  return Napi::Value(info.Env(), memory);
}

void LoopObject::start(const Napi::CallbackInfo& info) { throw_failure(info.Env(), session_->start()); }

void LoopObject::stop(const Napi::CallbackInfo&) { session_->stop(); }

void LoopObject::close(const Napi::CallbackInfo&) { session_->close(); }

void LoopObject::wake(const Napi::CallbackInfo& info) { throw_failure(info.Env(), session_->core().wake()); }

void LoopObject::drain(const Napi::CallbackInfo&) { session_->core().drain(); }

void LoopObject::collect(const Napi::CallbackInfo&) { session_->core().collect(); }

Napi::Value LoopObject::pump(const Napi::CallbackInfo& info) {
  bool block;
  if (!read_boolean(info[0], "block", &block)) return Napi::Value();
  return Napi::Boolean::New(info.Env(), session_->core().pump(block));
}

void LoopObject::watch_signal(const Napi::CallbackInfo& info) {
  uint32_t signum;
  if (!read_whole(info[0], "signum", 0, 1024, &signum)) return;
  throw_failure(info.Env(), session_->core().watch_signal(static_cast<int>(signum)));
}

void LoopObject::unwatch_signal(const Napi::CallbackInfo& info) {
  uint32_t signum;
  if (!read_whole(info[0], "signum", 0, 1024, &signum)) return;
  session_->core().unwatch_signal(static_cast<int>(signum));
}

}  // namespace aioloop
