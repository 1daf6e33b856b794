// Readiness of a descriptor that somebody else owns: one uv_poll_t, level-triggered. A record says what is so now; as
// long as it is, another follows in each poll.
//
// libuv ends the process when a descriptor that it is to poll has been closed meanwhile. So a watch begins to poll at
// the last moment, in the prepare phase, when nobody can come between any more, and only if the descriptor is still one
// that can be polled; and every change begins anew, since the number may stand for something else by now. A descriptor
// that is gone is reported as ready once: whoever reads or writes it then finds out.
#ifndef AIOLOOP_FD_WATCH_H_
#define AIOLOOP_FD_WATCH_H_

#include <uv.h>

#include "error.h"
#include "handle.h"
#include "io-table.h"
#include "loop-core.h"

namespace aioloop {

class FdWatch final : public IoObject {
 public:
  FdWatch() = default;

  // UV_EEXIST for a descriptor that this uv loop uses already, UV_EPERM for one that is never not ready. A code below 0
  // leaves everything closed.
  Failure open(LoopCore* core, int fd);

  // UV_READABLE and UV_WRITABLE, or 0 to rest.
  void want(int events);

  void submit(uint32_t) override {}
  void close() override;

 private:
  bool ready(int events);
  bool gone();
  bool pollable() const;

  static void on_prepare(uv_prepare_t* prepare);
  static void on_poll(uv_poll_t* poll, int status, int events);
  static void on_closed(void* watch);

  Handle<uv_poll_t> poll_;
  Handle<uv_prepare_t> prepare_;
  int fd_ = -1;
  int wanted_ = 0;
  int closed_ = 0;
};

}  // namespace aioloop

#endif  // AIOLOOP_FD_WATCH_H_
