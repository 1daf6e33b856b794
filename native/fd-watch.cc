// Polling, begun as late as it can be. See fd-watch.h.
#include "fd-watch.h"

#ifndef _WIN32
#include <sys/stat.h>
#endif

namespace aioloop {

namespace {

constexpr int kHandles = 2;

}  // namespace

Failure FdWatch::open(LoopCore* core, int fd) {
  fd_ = fd;
  uv_loop_t* loop = core->loop();
  int code = poll_.open(core->group(), this, [&](uv_poll_t* poll) { return uv_poll_init(loop, poll, fd); });
  if (code < 0) return {code, "uv_poll_init"};
  poll_.keep_alive(false);
  code = prepare_.open(core->group(), this, [&](uv_prepare_t* prepare) { return uv_prepare_init(loop, prepare); });
  if (code < 0) {
    poll_.close();
    return {code, "uv_prepare_init"};
  }
  prepare_.keep_alive(false);
  return {};
}

void FdWatch::want(int events) {
  wanted_ = events;
  // None of these fails for an open handle.
  (void)uv_poll_stop(poll_.get());
  if (events == 0 || gone()) {
    (void)uv_prepare_stop(prepare_.get());
  } else {
    (void)uv_prepare_start(prepare_.get(), on_prepare);
  }
  set_active(events != 0);
}

void FdWatch::on_prepare(uv_prepare_t* prepare) {
  FdWatch* watch = Handle<uv_prepare_t>::owner<FdWatch>(prepare);
  // A stopped loop polls nothing, or it would find the same again and again.
  if (watch == nullptr || !watch->table()->running()) return;
  bool begun = watch->gone() || uv_poll_start(watch->poll_.get(), watch->wanted_, on_poll) == 0;
  // Else it is tried again before the next poll.
  if (begun) (void)uv_prepare_stop(prepare);
}

void FdWatch::on_poll(uv_poll_t* poll, int status, int events) {
  FdWatch* watch = Handle<uv_poll_t>::owner<FdWatch>(poll);
  if (watch == nullptr) return;
  // An error has ended the poll; it is ready for both, as far as they are asked for, and for as long as it is so.
  bool failed = status < 0;
  if (failed || !watch->table()->running()) {
    (void)uv_poll_stop(poll);
    (void)uv_prepare_start(watch->prepare_.get(), on_prepare);
  }
  if (watch->table()->running()) (void)watch->ready(failed ? watch->wanted_ : events);
}

// Without room in the ring the next poll will find the same.
bool FdWatch::ready(int events) {
  if (!table()->has_room()) return false;
  post(kCompleteReady, static_cast<uint32_t>(events & wanted_));
  return true;
}

// True when there is nothing to poll any more, and that was reported.
bool FdWatch::gone() { return !pollable() && ready(wanted_); }

bool FdWatch::pollable() const {
#ifdef _WIN32
  return true;
#else
  // By libuv: fstat itself is a symbol of a young glibc where this is built.
  uv_fs_t request;
  int code = uv_fs_fstat(nullptr, &request, fd_, nullptr);
  uint64_t mode = request.statbuf.st_mode;
  uv_fs_req_cleanup(&request);
  return code == 0 && !S_ISREG(mode) && !S_ISDIR(mode);
#endif
}

void FdWatch::close() {
  poll_.close(on_closed, this);
  prepare_.close(on_closed, this);
}

void FdWatch::on_closed(void* data) {
  FdWatch* watch = static_cast<FdWatch*>(data);
  if (++watch->closed_ == kHandles) watch->table()->release(watch);
}

}  // namespace aioloop
