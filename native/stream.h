// One byte stream: a TCP connection, a Unix-socket connection, a pipe end or a terminal. What all kinds share is here;
// tcp.cc and pipe.cc make them. See src/loop/io/stream-io.ts for what JavaScript may expect of it.
//
// Writing: pieces that JavaScript left in the send slab are written together when its turn is over; large writes come
// by a direct call and are written at once. What the system does not take is copied, and goes out behind a uv_write_t
// when the system can take more; only that counts as queued (the stream's cell). Reading: see read-slab.h; a record for
// each read. Closing drops what is queued, but sends what was not (JavaScript was told that it was gone).
#ifndef AIOLOOP_STREAM_H_
#define AIOLOOP_STREAM_H_

#include <uv.h>

#include <vector>

#include "error.h"
#include "handle.h"
#include "io-table.h"
#include "read-slab.h"
#include "send-slab.h"

namespace aioloop {

class FileSending;
class StreamFamily;

// Every libuv handle begins with `data`.
union StreamHandle {
  void* data;
  uv_handle_t handle;
  uv_stream_t stream;
  uv_tcp_t tcp;
  uv_pipe_t pipe;
  uv_tty_t tty;
};

// What failed, as the word `b` of a `failed` record. src/native/native-stream.ts has the names.
enum Syscall : uint32_t {
  kSyscallConnect = 0,
  kSyscallRead = 1,
  kSyscallWrite = 2,
  kSyscallShutdown = 3,
  kSyscallAccept = 4,
};

class Stream final : public IoObject {
 public:
  enum class Kind { tcp, pipe, tty };

  Stream(StreamFamily* family, Kind kind) : IoObject(IoFamily::stream), family_(family), kind_(kind) {}

  // Opens the libuv handle; `hint` is the address family of a TCP socket to make (0: none yet), the descriptor of a
  // terminal. A code below 0 leaves it closed.
  int open(uv_loop_t* loop, HandleGroup* group, int hint);
  Kind kind() const { return kind_; }
  StreamHandle* handle() const { return handle_.get(); }
  uv_stream_t* stream() const { return &handle_.get()->stream; }

  // `begin(request, callback)` is a uv_..._connect call.
  template <typename Begin>
  int connect(Begin begin) {
    connect_.data = this;
    int code = begin(&connect_, on_connect);
    connecting_ = code >= 0;
    update_active();
    return code;
  }

  void write(const char* bytes, size_t size);
  // A file is on its way: what is written waits behind it, until `let_go`. It is told when the stream is gone before.
  bool busy() const { return connecting_ || writing_ || sender_ != nullptr; }
  void hold(FileSending* sender) { sender_ = sender; }
  void let_go();
  // A piece in the send slab. True when it is the first since the last flush.
  bool add_piece(uint32_t offset);
  void flush();

  void submit(uint32_t op) override;
  void close() override;
  void hurry() override;
  void resume() override;

 private:
  void start_reading();
  void stop_reading();
  void queue(const uv_buf_t* buffers, size_t count, size_t skip);
  void send_queued();
  void send(const uv_buf_t* buffers, size_t count, size_t total);
  void shut_down();
  void fail(int code, Syscall syscall);
  void update_active();
  void update_queued();
  void finish_close();
  void received(ssize_t count);

  static void on_connect(uv_connect_t* request, int status);
  static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer);
  static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer);
  static void on_write(uv_write_t* request, int status);
  static void on_shutdown(uv_shutdown_t* request, int status);
  static void on_closed(void* stream);

  StreamFamily* family_;
  FileSending* sender_ = nullptr;
  Kind kind_;
  Handle<StreamHandle> handle_;
  ReadShare share_;
  bool reading_ = false;  // JavaScript wants it
  bool connecting_ = false;
  bool writing_ = false;   // write_ is under way
  bool shutdown_ = false;  // asked for
  bool shutting_ = false;  // shutdown_request_ is under way
  bool failed_ = false;
  bool reset_ = false;
  bool lingering_ = false;  // closing, when what it sends is sent
  uint32_t first_piece_ = Piece::kNone;
  uint32_t last_piece_ = Piece::kNone;
  std::vector<char> sending_;  // belongs to write_
  std::vector<char> waiting_;  // behind it
  uv_connect_t connect_;
  uv_write_t write_;
  uv_shutdown_t shutdown_request_;
};

}  // namespace aioloop

#endif  // AIOLOOP_STREAM_H_
