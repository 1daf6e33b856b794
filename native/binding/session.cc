// A loop core and its JavaScript. See session.h. Every status is looked at; while an environment is torn down all of
// them may fail, and then nothing is entered.
#include "session.h"

#include <cstring>
#include <new>

namespace aioloop {

namespace {

// Handles made while it lives are given back at its end.
class HandleScope {
 public:
  explicit HandleScope(napi_env env) : env_(env) {
    if (napi_open_handle_scope(env, &scope_) != napi_ok) scope_ = nullptr;
  }
  ~HandleScope() {
    if (scope_ != nullptr) (void)napi_close_handle_scope(env_, scope_);
  }
  bool open() const { return scope_ != nullptr; }

 private:
  napi_env env_;
  napi_handle_scope scope_ = nullptr;
};

napi_value value_of(napi_env env, napi_ref reference) {
  napi_value value = nullptr;
  return reference != nullptr && napi_get_reference_value(env, reference, &value) == napi_ok ? value : nullptr;
}

void delete_reference(napi_env env, napi_ref* reference) {
  if (*reference != nullptr) (void)napi_delete_reference(env, *reference);
  *reference = nullptr;
}

}  // namespace

Session* Session::open(napi_env env, const SessionOptions& options, napi_value turn, Failure* failure) {
  Environment* environment = Environment::of(env);
  if (environment == nullptr || environment->ending()) {
    *failure = {UV_ECANCELED, "open"};
    return nullptr;
  }
  Session* session = new (std::nothrow) Session(env, environment);
  if (session == nullptr) {
    *failure = {UV_ENOMEM, "open"};
    return nullptr;
  }
  Rings rings;
  if (napi_create_reference(env, turn, 0, &session->turn_) != napi_ok || !session->create_memory(options, &rings)) {
    session->delete_references();
    delete session;
    *failure = {UV_ENOMEM, "open"};
    return nullptr;
  }
  environment->add(session);
  *failure = session->core_.open(options.standalone ? nullptr : environment->loop(), rings, options.longest_wait);
  if (!failure->failed()) return session;
  session->release();
  return nullptr;
}

Session::~Session() {
  if (door_ == nullptr) return;
  door_->session = nullptr;
  door_->let_go();
}

Door* Session::door() {
  if (door_ == nullptr) door_ = new (std::nothrow) Door;
  if (door_ != nullptr) door_->session = this;
  return door_;
}

bool Session::create_memory(const SessionOptions& options, Rings* rings) {
  size_t bytes = Rings::bytes(options.submission_capacity, options.completion_capacity);
  void* data = nullptr;
  napi_value buffer;
  if (napi_create_arraybuffer(env_, bytes, &data, &buffer) != napi_ok) return false;
  if (napi_create_reference(env_, buffer, 1, &memory_) != napi_ok) return false;
  memset(data, 0, bytes);
  rings->attach(data, options.submission_capacity, options.completion_capacity);
  return true;
}

napi_value Session::memory() { return value_of(env_, memory_); }

napi_value Session::grow_slots(uint32_t count) {
  if (!core_.is_open() || count < slot_count_) return nullptr;
  // What is still in the submission ring must not be read from the old memory.
  core_.drain();
  void* data = nullptr;
  napi_value buffer;
  napi_ref reference;
  size_t bytes = size_t{count} * sizeof(double);
  if (napi_create_arraybuffer(env_, bytes, &data, &buffer) != napi_ok) return nullptr;
  if (napi_create_reference(env_, buffer, 1, &reference) != napi_ok) return nullptr;
  if (slot_count_ > 0) memcpy(data, deadlines_, size_t{slot_count_} * sizeof(double));
  delete_reference(env_, &slots_);
  slots_ = reference;
  deadlines_ = static_cast<double*>(data);
  slot_count_ = count;
  core_.set_slots(deadlines_, count);
  return buffer;
}

Failure Session::start() {
  hold_turn(true);
  return core_.start();
}

void Session::stop() {
  core_.stop();
  hold_turn(false);
}

void Session::close() {
  hold_turn(false);
  core_.close();
}

void Session::end() {
  hold_turn(false);
  core_.end();
}

void Session::orphaned(int pid) { environment_->orphans().add(pid); }

void Session::release() {
  released_ = true;
  if (closed_) {
    delete this;
  } else {
    close();
  }
}

void Session::hold_turn(bool hold) {
  if (hold == holds_turn_ || turn_ == nullptr) return;
  uint32_t count;
  napi_status status = hold ? napi_reference_ref(env_, turn_, &count) : napi_reference_unref(env_, turn_, &count);
  if (status == napi_ok) holds_turn_ = hold;
}

// The one entry into JavaScript. napi_make_callback opens a callback scope: promise jobs and nextTicks run at its end,
// on every Node line.
bool Session::turn() {
  HandleScope scope(env_);
  napi_value function = scope.open() ? value_of(env_, turn_) : nullptr;
  napi_value result;
  if (function == nullptr) return true;
  return napi_make_callback(env_, nullptr, function, function, 0, nullptr, &result) != napi_pending_exception;
}

void Session::turn_failed() {
  HandleScope scope(env_);
  napi_value error;
  if (!scope.open() || napi_get_and_clear_last_exception(env_, &error) != napi_ok) return;
  (void)napi_fatal_exception(env_, error);
}

void Session::closed() {
  delete_references();
  closed_ = true;
  Environment* environment = environment_;
  bool released = released_;
  environment->remove(this);
  if (released) delete this;
}

void Session::delete_references() {
  delete_reference(env_, &turn_);
  delete_reference(env_, &memory_);
  delete_reference(env_, &slots_);
}

}  // namespace aioloop
