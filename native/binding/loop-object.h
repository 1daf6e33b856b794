// The class `Loop` as JavaScript sees it: checks arguments, forwards to the session, throws what failed. Dumb on
// purpose. src/native/binding.ts declares the same methods; src/native/native-backend.ts is the only caller.
//
//   new Loop({ standalone, submissionCapacity, completionCapacity, longestWait }, turn)
#ifndef AIOLOOP_BINDING_LOOP_OBJECT_H_
#define AIOLOOP_BINDING_LOOP_OBJECT_H_

#include <node_api.h>

namespace aioloop {

// The constructor; null when it cannot be made.
napi_value define_loop_class(napi_env env);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_LOOP_OBJECT_H_
