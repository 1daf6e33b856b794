// Reading arguments, and throwing what is wrong with them or what the system refused. The TypeScript side checks what
// users pass; these checks keep a mistake inside the library from becoming a crash.
#ifndef AIOLOOP_BINDING_ARGUMENTS_H_
#define AIOLOOP_BINDING_ARGUMENTS_H_

#include <napi.h>

#include <cstdint>

#include "../error.h"

namespace aioloop {

// Each throws and returns false when the value is not what it should be. `name` is what the message calls it.
bool read_boolean(const Napi::Value& value, const char* name, bool* result);
bool read_number(const Napi::Value& value, const char* name, double smallest, double largest, double* result);
bool read_whole(const Napi::Value& value, const char* name, uint32_t smallest, uint32_t largest, uint32_t* result);

// Throws an Error as Node makes them, with `code`, `errno` and `syscall`. Does nothing for success.
void throw_failure(Napi::Env env, const Failure& failure);

}  // namespace aioloop

#endif  // AIOLOOP_BINDING_ARGUMENTS_H_
