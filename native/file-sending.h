// A file on its way into a stream by the system's own sendfile, so that its bytes never come into this process.
//
// The calls are made on libuv's threads, since reading a file may wait for a disk; the socket does not wait, so a peer
// that reads slowly holds up no thread: the socket is polled in between. Both descriptors are copies, so that nobody
// can close them under a thread that uses them. While this is under way the stream counts as busy: what is written to
// it is queued behind the file, also when this is closed before its last call has returned.
//
// Outcomes, as records: `finished`, or `failed` with libuv's code; how many bytes went out stands in the object's cell.
// Linux only; elsewhere it cannot be begun.
#ifndef AIOLOOP_FILE_SENDING_H_
#define AIOLOOP_FILE_SENDING_H_

#include <uv.h>

#include <cstdint>

#include "error.h"
#include "handle.h"
#include "io-table.h"
#include "loop-core.h"

namespace aioloop {

class Stream;

class FileSending final : public IoObject {
 public:
  explicit FileSending(LoopCore* core) : loop_(core->loop()), group_(core->group()) {}
  ~FileSending() override;

  // Copies the descriptors. UV_EBUSY for a stream that has something to send already. `count` of 0 is all there is.
  Failure open(Stream* stream, int file, int64_t offset, uint64_t count);
  // After `IoTable::add`.
  void begin(Stream* stream);
  // Told by the stream, whose handle is about to close.
  void stream_gone() { stream_ = nullptr; }

  void submit(uint32_t) override {}
  void close() override;

 private:
  void send_some();
  void work();
  void worked(int status);
  void wait();
  void finish(int code);
  void let_go_of_stream();
  void release_if_over();

  static void on_work(uv_work_t* request);
  static void on_worked(uv_work_t* request, int status);
  static void on_writable(uv_poll_t* poll, int status, int events);
  static void on_poll_closed(void* sending);

  uv_loop_t* loop_;
  HandleGroup* group_;
  Handle<uv_poll_t> poll_;
  uv_work_t request_;
  Stream* stream_ = nullptr;
  int socket_ = -1;
  int file_ = -1;
  int64_t offset_ = 0;
  uint64_t left_ = 0;
  double sent_ = 0;
  int outcome_ = 0;
  bool ended_ = false;  // of the file
  bool working_ = false;
  bool polling_ = false;  // the handle is open
};

}  // namespace aioloop

#endif  // AIOLOOP_FILE_SENDING_H_
