// A listening socket, TCP or Unix: accepts clients while there is room for their records and JavaScript has not paused
// it. A client that libuv has accepted and nobody has taken is held by libuv, which then accepts no other: so pausing,
// and a full ring, leave clients waiting in the system's queue.
#ifndef AIOLOOP_LISTENER_H_
#define AIOLOOP_LISTENER_H_

#include "stream.h"

namespace aioloop {

class Listener final : public IoObject {
 public:
  Listener(StreamFamily* family, Stream::Kind kind) : IoObject(IoFamily::listener), family_(family), kind_(kind) {}

  // `hint`: the address family of a TCP socket to make, 0 for none yet.
  int open(uv_loop_t* loop, HandleGroup* group, int hint);
  Failure listen(int backlog);
  StreamHandle* handle() const { return handle_.get(); }
  Stream::Kind kind() const { return kind_; }

  void submit(uint32_t op) override;
  void close() override;
  void resume() override;

 private:
  void accept();
  static void on_connection(uv_stream_t* server, int status);
  static void on_closed(void* listener);

  StreamFamily* family_;
  Stream::Kind kind_;
  Handle<StreamHandle> handle_;
  bool listening_ = false;
  bool paused_ = false;
  bool held_ = false;  // libuv holds a client for us
};

}  // namespace aioloop

#endif  // AIOLOOP_LISTENER_H_
