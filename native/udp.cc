// Opening, sending and receiving. See udp.h.
#include "udp.h"

#include <cerrno>
#include <cstring>
#include <new>

#ifndef _WIN32
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace aioloop {

namespace {

// What a datagram that waits costs beside its bytes; src/loop/io/datagram-io.ts.
constexpr double kOverhead = 8;

int share_port(uv_udp_t* udp) {
#if defined(SO_REUSEPORT) && !defined(_WIN32)
  uv_os_fd_t fd;
  int code = uv_fileno(reinterpret_cast<uv_handle_t*>(udp), &fd);
  if (code < 0) return code;
  int on = 1;
  return setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on) == 0 ? 0 : uv_translate_sys_error(errno);
#else
  (void)udp;
  return UV_ENOTSUP;
#endif
}

DatagramSource source_of(const sockaddr* from) {
  DatagramSource source;
  memset(&source, 0, sizeof source);
  if (from == nullptr) return source;
  if (from->sa_family == AF_INET) {
    const sockaddr_in* in = reinterpret_cast<const sockaddr_in*>(from);
    source.version = 4;
    source.port = ntohs(in->sin_port);
    memcpy(source.address, &in->sin_addr, sizeof in->sin_addr);
  } else if (from->sa_family == AF_INET6) {
    const sockaddr_in6* in6 = reinterpret_cast<const sockaddr_in6*>(from);
    source.version = 6;
    source.port = ntohs(in6->sin6_port);
    memcpy(source.address, &in6->sin6_addr, sizeof in6->sin6_addr);
    source.scope = in6->sin6_scope_id;
  }
  return source;
}

}  // namespace

bool source_address(const DatagramSource& source, sockaddr_storage* address) {
  memset(address, 0, sizeof *address);
  if (source.version == 4) {
    sockaddr_in* in = reinterpret_cast<sockaddr_in*>(address);
    in->sin_family = AF_INET;
    in->sin_port = htons(static_cast<uint16_t>(source.port));
    memcpy(&in->sin_addr, source.address, sizeof in->sin_addr);
  } else if (source.version == 6) {
    sockaddr_in6* in6 = reinterpret_cast<sockaddr_in6*>(address);
    in6->sin6_family = AF_INET6;
    in6->sin6_port = htons(static_cast<uint16_t>(source.port));
    memcpy(&in6->sin6_addr, source.address, sizeof in6->sin6_addr);
    in6->sin6_scope_id = source.scope;
  }
  return source.version != 0;
}

// A datagram that waits, with its bytes behind it.
struct Udp::Sending {
  uv_udp_send_t request;
  double cost;

  char* bytes() { return reinterpret_cast<char*>(this + 1); }
};

Failure Udp::open(LoopCore* core, const sockaddr* local, const sockaddr* remote, const UdpOptions& options) {
  uv_loop_t* loop = core->loop();
  unsigned int family = options.ipv6 ? AF_INET6 : AF_INET;
  int code = handle_.open(core->group(), this, [&](uv_udp_t* udp) { return uv_udp_init_ex(loop, udp, family); });
  if (code < 0) return {code, "socket"};
  handle_.keep_alive(false);
  Failure failure = set_up(local, remote, options);
  // Its memory comes back by itself.
  if (failure.failed()) handle_.close();
  return failure;
}

Failure Udp::adopt(LoopCore* core, int fd) {
  if (uv_guess_handle(fd) != UV_UDP) return {UV_EINVAL, "open"};
  uv_loop_t* loop = core->loop();
  int code = handle_.open(core->group(), this, [&](uv_udp_t* udp) { return uv_udp_init(loop, udp); });
  if (code < 0) return {code, "open"};
  handle_.keep_alive(false);
  code = uv_udp_open(handle_.get(), static_cast<uv_os_sock_t>(fd));
  if (code < 0) handle_.close();
  return {code, "open"};
}

Failure Udp::set_up(const sockaddr* local, const sockaddr* remote, const UdpOptions& options) {
  uv_udp_t* udp = handle_.get();
  int code = options.reuse_port ? share_port(udp) : 0;
  if (code < 0) return {code, "setsockopt"};
  sockaddr_storage any;
  memset(&any, 0, sizeof any);
  any.ss_family = options.ipv6 ? AF_INET6 : AF_INET;
  code = uv_udp_bind(udp, local == nullptr ? reinterpret_cast<sockaddr*>(&any) : local, 0);
  if (code < 0) return {code, "bind"};
  code = options.broadcast ? uv_udp_set_broadcast(udp, 1) : 0;
  if (code < 0) return {code, "setsockopt"};
  code = remote == nullptr ? 0 : uv_udp_connect(udp, remote);
  return {code, "connect"};
}

void Udp::submit(uint32_t op) {
  if (op == kSubmitReadStart && !reading_) {
    reading_ = true;
    resume();
  } else if (op == kSubmitReadStop && reading_) {
    reading_ = false;
    (void)uv_udp_recv_stop(handle_.get());
  }
  update();
}

void Udp::resume() {
  if (!reading_ || closing()) return;
  int code = uv_udp_recv_start(handle_.get(), on_alloc, on_received);
  if (code < 0 && code != UV_EALREADY) fail(code, kCallReceive);
}

void Udp::on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  *buffer = uv_buf_init(nullptr, 0);
  Udp* udp = Handle<uv_udp_t>::owner<Udp>(reinterpret_cast<uv_udp_t*>(handle));
  if (udp == nullptr) return;
  size_t size = 0;
  udp->room_ = udp->reads_->room(&udp->share_, udp->table()->has_room(), &size);
  if (size == 0) return;
  // The slab has room for a header beyond what it says.
  *buffer = uv_buf_init(udp->room_ + kDatagramHeader, static_cast<unsigned int>(size));
}

void Udp::on_received(uv_udp_t* handle, ssize_t count, const uv_buf_t*, const sockaddr* from, unsigned int) {
  Udp* udp = Handle<uv_udp_t>::owner<Udp>(handle);
  if (udp != nullptr) udp->received(count, from);
}

void Udp::received(ssize_t count, const sockaddr* from) {
  // Nothing more is there for now.
  if (count == 0 && from == nullptr) return;
  if (count >= 0) {
    DatagramSource source = source_of(from);
    memcpy(room_, &source, sizeof source);
    uint32_t offset = reads_->put(&share_, kDatagramHeader + static_cast<size_t>(count));
    post(kCompleteReceived, offset, static_cast<uint32_t>(count));
  } else if (count != UV_ENOBUFS) {
    fail(static_cast<int>(count), kCallReceive);
  } else if (!table()->running() || reads_->block() == nullptr) {
    // No turn comes that could make room: the poll would find this socket readable for ever.
    (void)uv_udp_recv_stop(handle_.get());
    table()->wait(this);
  }
}

void Udp::send(const char* bytes, size_t size, const sockaddr* to) {
  if (closing()) return;
  if (queued_ == 0) {
    uv_buf_t buffer = uv_buf_init(const_cast<char*>(bytes), static_cast<unsigned int>(size));
    int code = uv_udp_try_send(handle_.get(), &buffer, 1, to);
    if (code >= 0) return;
    if (code != UV_EAGAIN) return fail(code, kCallSend);
  }
  queue(bytes, size, to);
}

void Udp::queue(const char* bytes, size_t size, const sockaddr* to) {
  void* memory = ::operator new(sizeof(Sending) + size, std::nothrow);
  if (memory == nullptr) return fail(UV_ENOMEM, kCallSend);
  Sending* sending = new (memory) Sending;
  sending->cost = static_cast<double>(size) + kOverhead;
  if (size > 0) memcpy(sending->bytes(), bytes, size);
  sending->request.data = this;
  uv_buf_t buffer = uv_buf_init(sending->bytes(), static_cast<unsigned int>(size));
  int code = uv_udp_send(&sending->request, handle_.get(), &buffer, 1, to, on_sent);
  if (code < 0) {
    ::operator delete(memory);
    return fail(code, kCallSend);
  }
  queued_ += sending->cost;
  update();
}

void Udp::on_sent(uv_udp_send_t* request, int status) {
  Udp* udp = static_cast<Udp*>(request->data);
  Sending* sending = reinterpret_cast<Sending*>(request);
  udp->queued_ -= sending->cost;
  sending->~Sending();
  ::operator delete(sending);
  if (udp->closing()) return;
  udp->update();
  if (status < 0) udp->fail(status, kCallSend);
  udp->post(kCompleteDrained);
}

void Udp::fail(int code, DatagramCall call) { post(kCompleteFailed, static_cast<uint32_t>(-code), call); }

void Udp::update() {
  *table()->cell(this) = queued_;
  set_active(reading_ || queued_ > 0);
}

// What waits comes back as cancelled before the handle does.
void Udp::close() { handle_.close(on_closed, this); }

void Udp::on_closed(void* data) {
  Udp* udp = static_cast<Udp*>(data);
  udp->table()->release(udp);
}

}  // namespace aioloop
