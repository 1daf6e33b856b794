// The methods of the JavaScript class `Loop` that are about child processes. See ../process.h.
#ifndef AIOLOOP_BINDING_PROCESS_METHODS_H_
#define AIOLOOP_BINDING_PROCESS_METHODS_H_

#include "call.h"

namespace aioloop {

// spawn(file, args, env, cwd, stdio, flags, uid, gid): [id, pid, fd...]
//   args, env: arrays of strings; env and cwd may be null. stdio: `kind, fd` for each descriptor (StdioKind).
//   fd: our end of the pipe of each descriptor, or -1. Throws what the system refuses.
// killChild(id, signum): throws what the system refuses.
void add_process_methods(Methods* methods);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_PROCESS_METHODS_H_
