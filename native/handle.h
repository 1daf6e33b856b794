// The one life story of every libuv handle. A `Handle` owns a uv handle from `open` to `close`: `get` is valid only
// while it is alive, closing happens once, and the memory belongs to libuv until its close callback has run, which
// frees it. A `HandleGroup` counts the open handles of one loop, so that its owner knows when the last memory is back.
//
// After `close` the uv handle's `data` is null; libuv calls nothing but the close callback (and those of requests that
// were under way). The owner may be gone by then, the group may not; an owner that must not be gone passes `then`,
// which is called when the handle's memory is back, before the group counts it.
#ifndef AIOLOOP_HANDLE_H_
#define AIOLOOP_HANDLE_H_

#include <uv.h>

#include <cstddef>
#include <new>

namespace aioloop {

class HandleGroup {
 public:
  using Emptied = void (*)(void* owner);

  // Calls back once when no handle is open, perhaps at once. The callback may delete the group.
  void when_empty(Emptied emptied, void* owner);
  void opened() { open_++; }
  void closed();
  size_t open() const { return open_; }

 private:
  size_t open_ = 0;
  Emptied emptied_ = nullptr;
  void* owner_ = nullptr;
};

template <typename UvHandle>
class Handle {
 public:
  using Then = void (*)(void* argument);

  Handle() = default;
  Handle(const Handle&) = delete;
  Handle& operator=(const Handle&) = delete;
  ~Handle() { close(); }

  // `init` is the uv_<type>_init call; a code below 0 leaves the handle closed. `owner` is what callbacks get.
  template <typename Init>
  int open(HandleGroup* group, void* owner, Init init) {
    Node* node = new (std::nothrow) Node;
    if (node == nullptr) return UV_ENOMEM;
    int code = init(&node->handle);
    if (code < 0) {
      delete node;
      return code;
    }
    node->group = group;
    node->handle.data = owner;
    group->opened();
    node_ = node;
    return 0;
  }

  bool alive() const { return node_ != nullptr; }
  UvHandle* get() const { return &node_->handle; }

  // Whether this handle, while active, keeps its loop alive.
  void keep_alive(bool keep) {
    uv_handle_t* handle = reinterpret_cast<uv_handle_t*>(&node_->handle);
    if (keep) {
      uv_ref(handle);
    } else {
      uv_unref(handle);
    }
  }

  void close(Then then = nullptr, void* argument = nullptr) {
    if (node_ == nullptr) return;
    node_->then = then;
    node_->argument = argument;
    node_->handle.data = nullptr;
    uv_close(reinterpret_cast<uv_handle_t*>(&node_->handle), on_closed);
    node_ = nullptr;
  }

  template <typename Owner>
  static Owner* owner(const UvHandle* handle) {
    return static_cast<Owner*>(handle->data);
  }

 private:
  struct Node {
    UvHandle handle;  // first, so that its address is the node's
    HandleGroup* group;
    Then then;
    void* argument;
  };

  static void on_closed(uv_handle_t* handle) {
    Node* node = reinterpret_cast<Node*>(handle);
    HandleGroup* group = node->group;
    Then then = node->then;
    void* argument = node->argument;
    delete node;
    if (then != nullptr) then(argument);
    group->closed();
  }

  Node* node_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_HANDLE_H_
