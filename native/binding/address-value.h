// Addresses between JavaScript (`{address, port, family}`, as src/loop/io/system.ts has them) and sockaddr.
#ifndef AIOLOOP_BINDING_ADDRESS_VALUE_H_
#define AIOLOOP_BINDING_ADDRESS_VALUE_H_

#include <node_api.h>

#include "../socket-address.h"

namespace aioloop {

// Two arguments, the numeric address and the port. Throws and returns false for anything else.
bool read_address(napi_env env, napi_value address, napi_value port, const char* syscall, sockaddr_storage* result);
// Null when it cannot be made.
napi_value address_value(napi_env env, const sockaddr* address);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_ADDRESS_VALUE_H_
