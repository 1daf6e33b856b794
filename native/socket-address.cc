// Parsing and printing. See socket-address.h.
#include "socket-address.h"

#include <cstdio>
#include <cstring>

#ifndef _WIN32
#include <netinet/in.h>
#endif

namespace aioloop {

int parse_address(const char* text, uint16_t port, sockaddr_storage* address) {
  memset(address, 0, sizeof *address);
  if (strchr(text, ':') == nullptr) return uv_ip4_addr(text, port, reinterpret_cast<sockaddr_in*>(address));
  return uv_ip6_addr(text, port, reinterpret_cast<sockaddr_in6*>(address));
}

int format_address(const sockaddr* address, AddressText* text) {
  if (address->sa_family == AF_INET) {
    const sockaddr_in* in = reinterpret_cast<const sockaddr_in*>(address);
    text->ipv6 = false;
    text->port = ntohs(in->sin_port);
    return uv_ip4_name(in, text->address, sizeof text->address);
  }
  if (address->sa_family != AF_INET6) return UV_EAFNOSUPPORT;
  const sockaddr_in6* in6 = reinterpret_cast<const sockaddr_in6*>(address);
  text->ipv6 = true;
  text->port = ntohs(in6->sin6_port);
  int code = uv_ip6_name(in6, text->address, sizeof text->address);
  if (code < 0 || in6->sin6_scope_id == 0) return code;
  size_t length = strlen(text->address);
  size_t room = sizeof text->address - length - 1;
  text->address[length] = '%';
  // The interface may be gone; then its number says which it was.
  if (uv_if_indextoiid(in6->sin6_scope_id, text->address + length + 1, &room) < 0) {
    snprintf(text->address + length + 1, sizeof text->address - length - 1, "%u",
             static_cast<unsigned>(in6->sin6_scope_id));
  }
  return 0;
}

}  // namespace aioloop
