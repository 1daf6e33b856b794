// TCP: connecting and binding. See stream-family.h. Where it can be, binding is done here and not by libuv, which
// always allows reuse of addresses and keeps EADDRINUSE back until somebody listens.
#include "stream-family.h"

#ifndef _WIN32
#include <errno.h>
#include <netinet/in.h>
#include <sys/socket.h>
#endif

namespace aioloop {

namespace {

#ifdef _WIN32

using Socket = SOCKET;

int bind_socket(uv_tcp_t* tcp, const sockaddr* address, const TcpBindOptions& options) {
  if (options.reuse_port) return UV_ENOTSUP;
  int code = uv_tcp_bind(tcp, address, options.ipv6_only && address->sa_family == AF_INET6 ? UV_TCP_IPV6ONLY : 0);
  if (code < 0) return code;
  // Brings out what libuv keeps back.
  sockaddr_storage name;
  int length = sizeof name;
  return uv_tcp_getsockname(tcp, reinterpret_cast<sockaddr*>(&name), &length);
}

#else

using Socket = int;

int set_option(int fd, int level, int name, int value) {
  return setsockopt(fd, level, name, &value, sizeof value) == 0 ? 0 : uv_translate_sys_error(errno);
}

int bind_socket(uv_tcp_t* tcp, const sockaddr* address, const TcpBindOptions& options) {
  uv_os_fd_t fd;
  int code = uv_fileno(reinterpret_cast<uv_handle_t*>(tcp), &fd);
  bool ipv6 = address->sa_family == AF_INET6;
  if (code == 0 && options.reuse_address) code = set_option(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  if (code == 0 && options.reuse_port) {
#ifdef SO_REUSEPORT
    code = set_option(fd, SOL_SOCKET, SO_REUSEPORT, 1);
#else
    code = UV_ENOTSUP;
#endif
  }
  if (code == 0 && ipv6) code = set_option(fd, IPPROTO_IPV6, IPV6_V6ONLY, options.ipv6_only);
  if (code < 0) return code;
  socklen_t length = ipv6 ? sizeof(sockaddr_in6) : sizeof(sockaddr_in);
  return bind(fd, address, length) == 0 ? 0 : uv_translate_sys_error(errno);
}

#endif

}  // namespace

Failure StreamFamily::connect_tcp(const sockaddr* to, const sockaddr* from, Stream** stream) {
  int code = open_stream(Stream::Kind::tcp, stream, to->sa_family);
  if (code < 0) return {code, "socket"};
  uv_tcp_t* tcp = &(*stream)->handle()->tcp;
  code = uv_tcp_nodelay(tcp, 1);
  if (code < 0) return refuse(*stream, code, "setsockopt");
  if (from != nullptr) {
    TcpBindOptions options;
    options.reuse_address = false;
    code = bind_socket(tcp, from, options);
    if (code < 0) return refuse(*stream, code, "bind");
  }
  code = (*stream)->connect(
      [&](uv_connect_t* request, uv_connect_cb connected) { return uv_tcp_connect(request, tcp, to, connected); });
  return refuse(*stream, code, "connect");
}

Failure StreamFamily::bind_tcp(const sockaddr* address, const TcpBindOptions& options, Listener** listener) {
  int code = open_listener(Stream::Kind::tcp, listener, address->sa_family);
  if (code < 0) return {code, "socket"};
  return refuse(*listener, bind_socket(&(*listener)->handle()->tcp, address, options), "bind");
}

// uv_tcp_close_reset refuses a socket that is being shut down; the option alone does not. Where it fails, the peer is
// told by an end and not by a reset.
void reset_on_close(uv_handle_t* handle) {
  uv_os_fd_t fd;
  if (uv_fileno(handle, &fd) != 0) return;
  linger reset = {};
  reset.l_onoff = 1;
  (void)setsockopt((Socket)fd, SOL_SOCKET, SO_LINGER, reinterpret_cast<const char*>(&reset), sizeof reset);
}

}  // namespace aioloop
