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

#include <new>
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
    uv_connect_t* request = make_request<uv_connect_t>();
    if (request == nullptr) return UV_ENOMEM;
    int code = begin(request, on_connect);
    if (code < 0) delete request;
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
  // Requests live from their call to their callback: most streams have none under way most of the time.
  template <typename Request>
  Request* make_request() {
    Request* request = new (std::nothrow) Request;
    if (request != nullptr) request->data = this;
    return request;
  }
  template <typename Request>
  static Stream* end_request(Request* request) {
    Stream* self = static_cast<Stream*>(request->data);
    delete request;
    return self;
  }

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
  bool writing_ = false;   // a uv_write_t is under way
  bool shutdown_ = false;  // asked for
  bool shutting_ = false;  // a uv_shutdown_t is under way
  bool failed_ = false;
  bool reset_ = false;
  bool lingering_ = false;  // closing, when what it sends is sent
  uint32_t first_piece_ = Piece::kNone;
  uint32_t last_piece_ = Piece::kNone;
  std::vector<char> sending_;  // belongs to the uv_write_t
  std::vector<char> waiting_;  // behind it
};

}  // namespace aioloop

#endif  // AIOLOOP_STREAM_H_
