// Reading arguments, and throwing what is wrong with them or what the system refused. The TypeScript side checks what
// users pass; these checks keep a mistake inside the library from becoming a crash.
//
// Raw Node-API here and in all of binding/: the C++ wrappers abort the process when a call fails, and while a Worker is
// being terminated every call may. Then nothing is thrown, nothing is returned, and the caller unwinds by itself.
#ifndef AIOLOOP_BINDING_ARGUMENTS_H_
#define AIOLOOP_BINDING_ARGUMENTS_H_

#include <node_api.h>

#include <cstdint>

#include "../error.h"

namespace aioloop {

// Each throws and returns false when the value is not what it should be. `name` is what the message calls it.
bool read_boolean(napi_env env, napi_value value, const char* name, bool* result);
bool read_number(napi_env env, napi_value value, const char* name, double smallest, double largest, double* result);
bool read_whole(napi_env env, napi_value value, const char* name, uint32_t smallest, uint32_t largest,
                uint32_t* result);
// Text of at most `size - 1` bytes, without a NUL inside.
bool read_text(napi_env env, napi_value value, const char* name, char* result, size_t size);
bool is_type(napi_env env, napi_value value, napi_valuetype type);

// Throws an Error as Node makes them, with `code`, `errno` and `syscall`. Does nothing for success.
void throw_failure(napi_env env, const Failure& failure);

// Null when it cannot be made.
napi_value number_value(napi_env env, double number);
napi_value boolean_value(napi_env env, bool boolean);
napi_value text_value(napi_env env, const char* text);
// False when `value` is null or cannot be set.
bool set_field(napi_env env, napi_value object, const char* name, napi_value value);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_ARGUMENTS_H_
