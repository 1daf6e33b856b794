// A listening socket, TCP or Unix: accepts clients while there is room for their records and JavaScript has not paused
// it. Those that are not accepted wait in the system's queue.
//
// The socket is polled and accepted from here, and not by libuv, because libuv tells nobody when the process is out of
// descriptors: it accepts every client that waits by one that it keeps in reserve, and closes it. Here the clients
// wait, JavaScript is told, and decides when to try again. (On Windows, where there is no such limit, libuv accepts.)
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
  bool accept_one();
  // Tries again when JavaScript had its turn, unless it pauses this.
  void fail(int code);
  // Take no clients until there is room for their records again.
  void rest();
  void update();
  static void on_closed(void* listener);

  StreamFamily* family_;
  Stream::Kind kind_;
  Handle<StreamHandle> handle_;
  bool listening_ = false;
  bool paused_ = false;
#ifdef _WIN32
  static void on_connection(uv_stream_t* server, int status);

  bool held_ = false;  // libuv holds a client for us
#else
  static void on_poll(uv_poll_t* poll, int status, int events);

  uv_loop_t* loop_ = nullptr;
  HandleGroup* group_ = nullptr;
  Handle<uv_poll_t> poll_;
  int fd_ = -1;
  int open_handles_ = 1;
  bool resting_ = false;
#endif
};

}  // namespace aioloop

#endif  // AIOLOOP_LISTENER_H_
