// Names and messages of libuv codes. See error.h. The `_r` forms, because the plain ones leak for unknown codes.
#include "error.h"

#include <uv.h>

namespace aioloop {

const char* error_name(int code, char* buffer, size_t size) { return uv_err_name_r(code, buffer, size); }

const char* error_message(int code, char* buffer, size_t size) { return uv_strerror_r(code, buffer, size); }

}  // namespace aioloop
