// Methods of the class `Loop` for watches of descriptors. src/native/native-watches.ts is the only caller.
//
//   watchFd(fd) -> id
//   updateWatch(id, events)     bits: 1 readable, 2 writable
//   closeWatch(id)
//
// All direct: the descriptor belongs to somebody else, who may close it and open another by the same number at once.
#ifndef AIOLOOP_BINDING_WATCH_METHODS_H_
#define AIOLOOP_BINDING_WATCH_METHODS_H_

#include "call.h"

namespace aioloop {

void add_watch_methods(Methods* methods);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_WATCH_METHODS_H_
