// Numeric addresses between text and sockaddr. Never a name: names are resolved above.
#ifndef AIOLOOP_SOCKET_ADDRESS_H_
#define AIOLOOP_SOCKET_ADDRESS_H_

#include <uv.h>

#include <cstddef>
#include <cstdint>

namespace aioloop {

// Room for an IPv6 address with the name of an interface as its scope.
constexpr size_t kAddressText = 46 + 1 + 64;

// IPv6 when the text has a colon, and then perhaps with a scope (`fe80::1%eth0`). UV_EINVAL for anything else.
int parse_address(const char* text, uint16_t port, sockaddr_storage* address);

struct AddressText {
  char address[kAddressText];
  uint16_t port;
  bool ipv6;
};
// UV_EAFNOSUPPORT for what is neither IPv4 nor IPv6.
int format_address(const sockaddr* address, AddressText* text);

}  // namespace aioloop

#endif  // AIOLOOP_SOCKET_ADDRESS_H_
