// Accepting. See listener.h.
#include "listener.h"

#ifndef _WIN32
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#endif

#include "stream-family.h"

namespace aioloop {

int Listener::open(uv_loop_t* loop, HandleGroup* group, int hint) {
  int code = handle_.open(group, this, [&](StreamHandle* handle) {
    if (kind_ != Stream::Kind::tcp) return uv_pipe_init(loop, &handle->pipe, 0);
    return uv_tcp_init_ex(loop, &handle->tcp, static_cast<unsigned int>(hint));
  });
  if (code == 0) handle_.keep_alive(false);
#ifndef _WIN32
  loop_ = loop;
  group_ = group;
#endif
  return code;
}

void Listener::submit(uint32_t op) {
  if (op != kSubmitPause && op != kSubmitResume) return;
  paused_ = op == kSubmitPause;
  update();
}

void Listener::fail(int code) {
  post(kCompleteFailed, static_cast<uint32_t>(-code), kSyscallAccept);
  rest();
}

void Listener::on_closed(void* listener) {
  Listener* self = static_cast<Listener*>(listener);
#ifndef _WIN32
  if (--self->open_handles_ > 0) return;
#endif
  self->table()->release(self);
}

#ifdef _WIN32

Failure Listener::listen(int backlog) {
  int code = uv_listen(&handle_.get()->stream, backlog, on_connection);
  if (code < 0) return {code, "listen"};
  listening_ = true;
  update();
  return {};
}

void Listener::on_connection(uv_stream_t* server, int status) {
  Listener* self = static_cast<Listener*>(server->data);
  if (status < 0) return self->fail(status);
  self->held_ = true;
  self->accept();
}

void Listener::accept() {
  if (held_ && !paused_ && !closing()) held_ = !accept_one();
}

// A client that libuv holds for us keeps it from accepting another.
bool Listener::accept_one() {
  Stream* stream = nullptr;
  if (!table()->has_room()) {
    rest();
    return false;
  }
  int code = family_->open_stream(kind_, &stream);
  if (code == UV_ENOMEM && stream == nullptr) {
    rest();
    return false;
  }
  if (code == 0) code = uv_accept(&handle_.get()->stream, stream->stream());
  if (code == 0 && kind_ == Stream::Kind::tcp) code = uv_tcp_nodelay(&stream->handle()->tcp, 1);
  if (code == 0) {
    post(kCompleteAccepted, stream->id());
    return true;
  }
  if (stream != nullptr) table()->abandon(stream);
  fail(code);
  return true;
}

void Listener::rest() { table()->wait(this); }

void Listener::resume() { accept(); }

void Listener::update() {
  set_active(listening_ && !paused_);
  accept();
}

void Listener::close() { handle_.close(on_closed, this); }

#else

namespace {

// Clients taken for one sign of the system that there are some. More would keep whoever else is ready waiting; fewer
// would cost a poll for each of many that come at once.
constexpr int kClientsAtOnce = 32;

int accept_client(int fd) {
  for (;;) {
#ifdef __linux__
    int client = accept4(fd, nullptr, nullptr, SOCK_NONBLOCK | SOCK_CLOEXEC);
#else
    int client = ::accept(fd, nullptr, nullptr);
    if (client >= 0) (void)fcntl(client, F_SETFD, FD_CLOEXEC);
#endif
    if (client >= 0) return client;
    // The client was gone before it was taken.
    if (errno != EINTR && errno != ECONNABORTED && errno != EPROTO) return uv_translate_sys_error(errno);
  }
}

}  // namespace

Failure Listener::listen(int backlog) {
  uv_os_fd_t fd;
  int code = uv_fileno(&handle_.get()->handle, &fd);
  if (code < 0) return {code, "listen"};
  fd_ = fd;
  if (::listen(fd_, backlog) != 0) return {uv_translate_sys_error(errno), "listen"};
  if (!poll_.alive()) {
    code = poll_.open(group_, this, [&](uv_poll_t* poll) { return uv_poll_init(loop_, poll, fd_); });
    if (code < 0) return {code, "listen"};
    poll_.keep_alive(false);
    open_handles_++;
  }
  listening_ = true;
  update();
  return {};
}

void Listener::on_poll(uv_poll_t* poll, int status, int) {
  Listener* self = Handle<uv_poll_t>::owner<Listener>(poll);
  if (self == nullptr) return;
  if (status < 0) return self->fail(status);
  self->accept();
}

void Listener::accept() {
  for (int i = 0; i < kClientsAtOnce && accept_one(); i++) continue;
}

// False when there is nobody, or nobody can be taken.
bool Listener::accept_one() {
  if (!table()->has_room()) {
    rest();
    return false;
  }
  int client = accept_client(fd_);
  if (client == UV_EAGAIN) return false;
  if (client < 0) {
    fail(client);
    return false;
  }
  Stream* stream = nullptr;
  int code = family_->open_stream(kind_, &stream);
  if (code == 0) {
    code = kind_ == Stream::Kind::tcp ? uv_tcp_open(&stream->handle()->tcp, client)
                                      : uv_pipe_open(&stream->handle()->pipe, client);
  }
  if (code < 0) {
    (void)::close(client);
    if (stream != nullptr) table()->abandon(stream);
    fail(code);
    return false;
  }
  // Some systems refuse it for a client that is gone already, which the first read will tell.
  if (kind_ == Stream::Kind::tcp) (void)uv_tcp_nodelay(&stream->handle()->tcp, 1);
  post(kCompleteAccepted, stream->id());
  return true;
}

void Listener::rest() {
  resting_ = true;
  update();
  table()->wait(this);
}

void Listener::resume() {
  resting_ = false;
  update();
}

void Listener::update() {
  if (closing()) return;
  set_active(listening_ && !paused_);
  if (!poll_.alive()) return;
  // Neither fails for an open handle; a descriptor that cannot be polled was refused when it was opened.
  if (listening_ && !paused_ && !resting_) {
    (void)uv_poll_start(poll_.get(), UV_READABLE, on_poll);
  } else {
    (void)uv_poll_stop(poll_.get());
  }
}

// The poll first: the socket is closed with its handle.
void Listener::close() {
  poll_.close(on_closed, this);
  handle_.close(on_closed, this);
}

#endif

}  // namespace aioloop
