// Unix sockets (named pipes on Windows), and descriptors that exist already. See stream-family.h.
#include "stream-family.h"

#ifndef _WIN32
#include <errno.h>
#include <fcntl.h>
#include <stddef.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>
#endif
#ifdef __linux__
#include <sys/epoll.h>
#endif

#include <cstring>
#include <string>

namespace aioloop {

namespace {

// Of 1.46, which every Node we run on has; the system's libuv, which the tests of the core use, may be older.
#if UV_VERSION_HEX >= 0x012e00
int connect_pipe_to(uv_connect_t* request, uv_pipe_t* pipe, const char* path, size_t length, uv_connect_cb connected) {
  return uv_pipe_connect2(request, pipe, path, length, UV_PIPE_NO_TRUNCATE, connected);
}
#else
int connect_pipe_to(uv_connect_t* request, uv_pipe_t* pipe, const char* path, size_t length, uv_connect_cb connected) {
  uv_pipe_connect(request, pipe, std::string(path, length).c_str(), connected);
  return 0;
}
#endif

#ifdef _WIN32
int bind_pipe_to(uv_pipe_t* pipe, const char* path, size_t length) {
  return uv_pipe_bind(pipe, std::string(path, length).c_str());
}
#else
int bind_socket_to(int fd, const char* path, size_t length) {
  if (fcntl(fd, F_SETFD, FD_CLOEXEC) != 0) return uv_translate_sys_error(errno);
  sockaddr_un address = {};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path, length);
  // A path ends with a NUL. An abstract name is as long as it is, but to the libuv of Node 20 (1.46), which pads it:
  // what connects here must find it.
  size_t size = offsetof(sockaddr_un, sun_path) + length + (path[0] == '\0' ? 0 : 1);
  if (path[0] == '\0' && uv_version() < 0x013000) size = sizeof(address);
  int code = bind(fd, reinterpret_cast<const sockaddr*>(&address), static_cast<socklen_t>(size));
  return code == 0 ? 0 : uv_translate_sys_error(errno);
}

// libuv removes the file of what it bound when it closes it, also one that took its place. Whoever listens decides
// about the file here, so the socket is bound without libuv.
int bind_pipe_to(uv_pipe_t* pipe, const char* path, size_t length) {
  int fd = socket(AF_UNIX, SOCK_STREAM, 0);
  if (fd < 0) return uv_translate_sys_error(errno);
  int code = bind_socket_to(fd, path, length);
  if (code == 0) code = uv_pipe_open(pipe, fd);
  if (code != 0) close(fd);
  return code;
}
#endif

int check_path(size_t length) {
  if (length == 0) return UV_EINVAL;
#ifndef _WIN32
  if (length >= sizeof(sockaddr_un::sun_path)) return UV_ENAMETOOLONG;
#endif
  return 0;
}

// libuv ends the process when the system cannot poll what it was given, so that is found out before.
int check_pollable(int fd) {
#ifdef __linux__
  int poll = epoll_create1(EPOLL_CLOEXEC);
  if (poll < 0) return uv_translate_sys_error(errno);
  epoll_event event = {};
  event.events = EPOLLIN;
  int code = epoll_ctl(poll, EPOLL_CTL_ADD, fd, &event) == 0 ? 0 : uv_translate_sys_error(errno);
  close(poll);
  return code;
#else
  return uv_guess_handle(fd) == UV_FILE ? UV_EPERM : 0;
#endif
}

// What libuv has no name for, but the system can poll, is treated as a pipe: a character device, for example.
int kind_of(int fd, Stream::Kind* kind) {
  uv_handle_type type = uv_guess_handle(fd);
  if (type == UV_TTY) {
    *kind = Stream::Kind::tty;
    return 0;
  }
  *kind = type == UV_TCP ? Stream::Kind::tcp : Stream::Kind::pipe;
  if (type == UV_UDP) return UV_EINVAL;
  return check_pollable(fd);
}

int open_descriptor(StreamHandle* handle, Stream::Kind kind, int fd) {
  if (kind == Stream::Kind::tcp) return uv_tcp_open(&handle->tcp, static_cast<uv_os_sock_t>(fd));
  return uv_pipe_open(&handle->pipe, fd);
}

}  // namespace

Failure StreamFamily::connect_pipe(const char* path, size_t length, Stream** stream) {
  int code = check_path(length);
  if (code < 0) return {code, "connect"};
  code = open_stream(Stream::Kind::pipe, stream);
  if (code < 0) return {code, "socket"};
  uv_pipe_t* pipe = &(*stream)->handle()->pipe;
  code = (*stream)->connect([&](uv_connect_t* request, uv_connect_cb connected) {
    return connect_pipe_to(request, pipe, path, length, connected);
  });
  return refuse(*stream, code, "connect");
}

Failure StreamFamily::bind_pipe(const char* path, size_t length, Listener** listener) {
  int code = check_path(length);
  if (code < 0) return {code, "bind"};
  code = open_listener(Stream::Kind::pipe, listener);
  if (code < 0) return {code, "socket"};
  return refuse(*listener, bind_pipe_to(&(*listener)->handle()->pipe, path, length), "bind");
}

Failure StreamFamily::adopt_stream(int fd, Stream** stream) {
  Stream::Kind kind;
  int code = kind_of(fd, &kind);
  if (code < 0) return {code, "open"};
  code = open_stream(kind, stream, kind == Stream::Kind::tty ? fd : 0);
  if (code < 0) return {code, "open"};
  if (kind == Stream::Kind::tty) return {};
  return refuse(*stream, open_descriptor((*stream)->handle(), kind, fd), "open");
}

Failure StreamFamily::adopt_listener(int fd, Listener** listener) {
  Stream::Kind kind;
  int code = kind_of(fd, &kind);
  if (code == 0 && kind == Stream::Kind::tty) code = UV_EINVAL;
  if (code < 0) return {code, "open"};
  code = open_listener(kind, listener);
  if (code < 0) return {code, "open"};
  return refuse(*listener, open_descriptor((*listener)->handle(), kind, fd), "open");
}

}  // namespace aioloop
