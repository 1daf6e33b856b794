// See block-value.h. Node runs finalizers of external memory on the thread of its environment.
#include "block-value.h"

#include <uv.h>

#include "arguments.h"

namespace aioloop {

napi_value block_value(napi_env env, Block* block) {
  if (block == nullptr) {
    throw_failure(env, {UV_ENOMEM, "malloc"});
    return nullptr;
  }
  napi_value buffer = nullptr;
  auto finalize = [](napi_env, void*, void* held) { static_cast<Block*>(held)->let_go(); };
  block->hold();
  napi_status status = napi_create_external_arraybuffer(env, block->data(), block->size(), finalize, block, &buffer);
  if (status == napi_ok) return buffer;
  block->let_go();
  throw_failure(env, {UV_ENOTSUP, "napi_create_external_arraybuffer"});
  return nullptr;
}

}  // namespace aioloop
