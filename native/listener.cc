// Accepting. See listener.h.
#include "listener.h"

#include <new>

#include "stream-family.h"

namespace aioloop {

int Listener::open(uv_loop_t* loop, HandleGroup* group, int hint) {
  int code = handle_.open(group, this, [&](StreamHandle* handle) {
    if (kind_ != Stream::Kind::tcp) return uv_pipe_init(loop, &handle->pipe, 0);
    return uv_tcp_init_ex(loop, &handle->tcp, static_cast<unsigned int>(hint));
  });
  if (code == 0) handle_.keep_alive(false);
  return code;
}

Failure Listener::listen(int backlog) {
  int code = uv_listen(&handle_.get()->stream, backlog, on_connection);
  if (code < 0) return {code, "listen"};
  listening_ = true;
  set_active(!paused_);
  return {};
}

void Listener::submit(uint32_t op) {
  if (op != kSubmitPause && op != kSubmitResume) return;
  paused_ = op == kSubmitPause;
  set_active(listening_ && !paused_);
  resume();
}

void Listener::resume() {
  if (held_) accept();
}

void Listener::on_connection(uv_stream_t* server, int status) {
  Listener* self = static_cast<Listener*>(server->data);
  if (status < 0) {
    self->post(kCompleteFailed, static_cast<uint32_t>(-status), kSyscallAccept);
    return;
  }
  self->held_ = true;
  self->accept();
}

void Listener::accept() {
  if (paused_ || closing()) return;
  if (!table()->has_room()) return table()->wait(this);
  Stream* stream = nullptr;
  int code = family_->open_stream(kind_, &stream);
  if (code == UV_ENOMEM && stream == nullptr) return table()->wait(this);
  held_ = false;
  if (code == 0) code = uv_accept(&handle_.get()->stream, stream->stream());
  if (code == 0 && kind_ == Stream::Kind::tcp) code = uv_tcp_nodelay(&stream->handle()->tcp, 1);
  if (code == 0) {
    post(kCompleteAccepted, stream->id());
  } else {
    if (stream != nullptr) table()->abandon(stream);
    post(kCompleteFailed, static_cast<uint32_t>(-code), kSyscallAccept);
  }
}

void Listener::close() { handle_.close(on_closed, this); }

void Listener::on_closed(void* listener) {
  Listener* self = static_cast<Listener*>(listener);
  self->table()->release(self);
}

}  // namespace aioloop
