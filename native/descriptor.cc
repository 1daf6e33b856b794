// See descriptor.h.
#include "descriptor.h"

#include <uv.h>

#ifndef _WIN32
#include <fcntl.h>

#include <cerrno>
#endif

namespace aioloop {

int copy_descriptor(int fd) {
#ifdef _WIN32
  (void)fd;
  return UV_ENOTSUP;
#else
  int copy = fcntl(fd, F_DUPFD_CLOEXEC, 0);
  return copy >= 0 ? copy : uv_translate_sys_error(errno);
#endif
}

}  // namespace aioloop
