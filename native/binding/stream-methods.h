// The methods of the class `Loop` for streams and listeners. src/native/binding.ts declares them;
// src/native/native-streams.ts and its neighbours are the only callers. Objects are named by id; a call for one that is
// gone does nothing.
#ifndef AIOLOOP_BINDING_STREAM_METHODS_H_
#define AIOLOOP_BINDING_STREAM_METHODS_H_

#include "call.h"

namespace aioloop {

void add_stream_methods(Methods* methods);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_STREAM_METHODS_H_
