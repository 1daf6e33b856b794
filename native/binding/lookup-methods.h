// Methods of the class `Loop` for name look-ups. src/native/native-names.ts is the only caller.
//
//   resolveAddress(host | null, service | null, family, flags) -> id      flags: bits of `LookupFlag`
//   resolveName(address, port, flags) -> id                               flags: bits of `NameFlag`
//   foundAddresses(id) -> {address, port, family}[]
//   foundName(id) -> [hostname, service]
#ifndef AIOLOOP_BINDING_LOOKUP_METHODS_H_
#define AIOLOOP_BINDING_LOOKUP_METHODS_H_

#include "call.h"

namespace aioloop {

void add_lookup_methods(Methods* methods);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_LOOKUP_METHODS_H_
