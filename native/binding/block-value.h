// An ArrayBuffer over a block of C++'s. Each call makes another one; the block is held until it is collected.
#ifndef AIOLOOP_BINDING_BLOCK_VALUE_H_
#define AIOLOOP_BINDING_BLOCK_VALUE_H_

#include <node_api.h>

#include "../block.h"

namespace aioloop {

// Null, perhaps with an exception pending, when `block` is null or the host refuses memory of others.
napi_value block_value(napi_env env, Block* block);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_BLOCK_VALUE_H_
