// Letters between loops, for JavaScript: `post` of the addon, and the methods of a `Loop` that read its box.
#ifndef AIOLOOP_BINDING_LETTERS_H_
#define AIOLOOP_BINDING_LETTERS_H_

#include "call.h"

namespace aioloop {

// post(to, from, bytes) -> a PostResult of mailbox.h.
napi_value post_letter(napi_env env, napi_callback_info info);
void add_letter_methods(Methods* methods);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_LETTERS_H_
