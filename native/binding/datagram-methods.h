// Methods of the class `Loop` for UDP sockets. src/native/native-datagrams.ts is the only caller.
//
//   bindDatagram(flags, localAddress | undefined, localPort, remoteAddress | undefined, remotePort) -> id
//   adoptDatagram(fd) -> id
//   sendDatagram(id, bytes, address | undefined, port)
//   datagramName(id, peer) -> {address, port, family} | undefined
//   datagramSource(offset) -> {address, port, family} | undefined      offset: of the source in the read slab
//   datagramDescriptor(id) -> fd, or -1
//   setMembership(id, group, interface | undefined, source | undefined, member)
//   setMulticastInterface(id, interface)
//   setDatagramOption(id, option, value)      option: 0 ttl, 1 multicast ttl, 2 multicast loopback, 3 broadcast
#ifndef AIOLOOP_BINDING_DATAGRAM_METHODS_H_
#define AIOLOOP_BINDING_DATAGRAM_METHODS_H_

#include "call.h"

namespace aioloop {

void add_datagram_methods(Methods* methods);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_DATAGRAM_METHODS_H_
