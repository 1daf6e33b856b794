// State and teardown of one environment. See environment.h.
#include "environment.h"

#include <new>

#include "session.h"

namespace aioloop {

Environment* Environment::install(napi_env env) {
  Environment* environment = new (std::nothrow) Environment;
  if (environment == nullptr) return nullptr;
  napi_status status = napi_get_uv_event_loop(env, &environment->loop_);
  if (status == napi_ok) {
    status = napi_set_instance_data(
        env, environment, [](napi_env, void* data, void*) { delete static_cast<Environment*>(data); }, nullptr);
  }
  if (status != napi_ok) {
    delete environment;
    return nullptr;
  }
  // Owned by the environment from here on.
  status = napi_add_async_cleanup_hook(env, on_cleanup, environment, &environment->hook_);
  return status == napi_ok ? environment : nullptr;
}

Environment* Environment::of(napi_env env) {
  void* data = nullptr;
  return napi_get_instance_data(env, &data) == napi_ok ? static_cast<Environment*>(data) : nullptr;
}

void Environment::add(Session* session) {
  session->next_ = first_;
  if (first_ != nullptr) first_->previous_ = session;
  first_ = session;
  count_++;
}

void Environment::remove(Session* session) {
  Session*& link = session->previous_ == nullptr ? first_ : session->previous_->next_;
  link = session->next_;
  if (session->next_ != nullptr) session->next_->previous_ = session->previous_;
  count_--;
  finish_if_empty();
}

void Environment::on_cleanup(napi_async_cleanup_hook_handle, void* data) {
  Environment* environment = static_cast<Environment*>(data);
  // A standalone session is gone when close() returns, and with the last of them the environment may be: find the next
  // one first, and finish only here.
  Session* session = environment->first_;
  while (session != nullptr) {
    Session* next = session->next_;
    session->end();
    session = next;
  }
  environment->ending_ = true;
  environment->orphans_.reap();
  environment->finish_if_empty();
}

void Environment::finish_if_empty() {
  if (!ending_ || first_ != nullptr) return;
  napi_async_cleanup_hook_handle hook = hook_;
  hook_ = nullptr;
  // The last use of this environment. Refused only for a null handle.
  (void)napi_remove_async_cleanup_hook(hook);
}

}  // namespace aioloop
