// Descriptors of our own for what others have open.
#ifndef AIOLOOP_DESCRIPTOR_H_
#define AIOLOOP_DESCRIPTOR_H_

namespace aioloop {

// Another descriptor for the same open file or socket, which no child inherits; or a libuv code. UV_ENOTSUP on Windows.
int copy_descriptor(int fd);

}  // namespace aioloop

#endif  // AIOLOOP_DESCRIPTOR_H_
