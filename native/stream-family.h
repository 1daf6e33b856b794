// What the streams of one loop share: the slabs, and the streams that have pieces to send. Makes streams and listeners;
// how each kind is bound and connected is in tcp.cc and pipe.cc. Part of LoopCore.
#ifndef AIOLOOP_STREAM_FAMILY_H_
#define AIOLOOP_STREAM_FAMILY_H_

#include <uv.h>

#include <vector>

#include "error.h"
#include "io-table.h"
#include "listener.h"
#include "read-slab.h"
#include "send-slab.h"
#include "stream.h"

namespace aioloop {

struct TcpBindOptions {
  bool reuse_address = true;
  bool reuse_port = false;
  bool ipv6_only = false;
};

class StreamFamily {
 public:
  StreamFamily(IoTable* table, HandleGroup* group) : table_(table), group_(group) {}
  StreamFamily(const StreamFamily&) = delete;
  StreamFamily& operator=(const StreamFamily&) = delete;

  void open(uv_loop_t* loop, Rings* rings);

  // Each adds an object to the table, or fails and leaves nothing behind.
  Failure connect_tcp(const sockaddr* to, const sockaddr* from, Stream** stream);
  Failure connect_pipe(const char* path, size_t length, Stream** stream);
  Failure bind_tcp(const sockaddr* address, const TcpBindOptions& options, Listener** listener);
  Failure bind_pipe(const char* path, size_t length, Listener** listener);
  // Ownership of `fd` passes when they succeed.
  Failure adopt_stream(int fd, Stream** stream);
  Failure adopt_listener(int fd, Listener** listener);
  // An unconnected stream of this kind. UV_ENOMEM with no stream where the table or the memory is full.
  int open_stream(Stream::Kind kind, Stream** stream, int hint = 0);

  // JavaScript's small writes: gather them by stream; send them.
  void gather();
  void flush();

  ReadSlab& reads() { return reads_; }
  SendSlab& sends() { return sends_; }
  std::vector<uv_buf_t>& scratch() { return scratch_; }

 private:
  int open_listener(Stream::Kind kind, Listener** listener, int hint = 0);
  Failure refuse(IoObject* object, int code, const char* syscall);

  IoTable* table_;
  HandleGroup* group_;
  uv_loop_t* loop_ = nullptr;
  Rings* rings_ = nullptr;
  ReadSlab reads_;
  SendSlab sends_;
  std::vector<Stream*> dirty_;
  std::vector<uv_buf_t> scratch_;
};

// Closing tells the peer by a reset. For any state of a TCP handle.
void reset_on_close(uv_handle_t* handle);

}  // namespace aioloop

#endif  // AIOLOOP_STREAM_FAMILY_H_
