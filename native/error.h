// The one place where a libuv code becomes what a Node system error carries: `{code, syscall, errno}`. The binding
// makes the JavaScript object of it; everything below passes `Failure` up. A `Failure` with code 0 is success.
#ifndef AIOLOOP_ERROR_H_
#define AIOLOOP_ERROR_H_

#include <cstddef>

namespace aioloop {

struct Failure {
  int code = 0;                   // libuv's, negative
  const char* syscall = nullptr;  // what was tried

  bool failed() const { return code < 0; }
};

// "ENOENT" and the like; never null. `buffer` serves codes that libuv does not know.
const char* error_name(int code, char* buffer, size_t size);
// "no such file or directory" and the like; never null.
const char* error_message(int code, char* buffer, size_t size);

}  // namespace aioloop

#endif  // AIOLOOP_ERROR_H_
