// One UDP socket. See src/loop/io/datagram-io.ts for what JavaScript may expect of it.
//
// Receiving: each datagram lies in the read slab behind a `DatagramSource`, which says where it came from, and is told
// by a `received` record. Sending: a direct call, which gives the datagram to the system at once; what the system does
// not take is copied and goes out behind a uv_udp_send_t. Only that counts as queued (the object's cell). Errors end
// nothing.
#ifndef AIOLOOP_UDP_H_
#define AIOLOOP_UDP_H_

#include <uv.h>

#include "handle.h"
#include "io-table.h"
#include "loop-core.h"
#include "read-slab.h"

namespace aioloop {

// What lies before a datagram in the read slab. src/native/native-datagram.ts reads the same words.
struct DatagramSource {
  uint32_t version;  // 4 or 6; 0 when the system did not say
  uint32_t port;
  uint8_t address[16];
  uint32_t scope;
  uint32_t unused;
};
static_assert(sizeof(DatagramSource) == kDatagramHeader, "room for it is kept in the slab");

// What failed, as the word `b` of a `failed` record. src/native/native-datagram.ts has the names.
enum DatagramCall : uint32_t { kCallSend = 0, kCallReceive = 1 };

struct UdpOptions {
  bool ipv6 = false;
  bool reuse_port = false;
  bool broadcast = false;
};

class Udp final : public IoObject {
 public:
  explicit Udp(ReadSlab* reads) : IoObject(IoFamily::datagram), reads_(reads) {}

  // Bound to `local`, or to any port; connected to `remote` if there is one. After a failure it may be deleted.
  Failure open(LoopCore* core, const sockaddr* local, const sockaddr* remote, const UdpOptions& options);
  // The same of a socket that exists already, bound and perhaps connected. Ownership of `fd` passes when it succeeds.
  Failure adopt(LoopCore* core, int fd);
  // Tells JavaScript that it is open. After `IoTable::add`.
  void opened() { post(kCompleteConnected); }
  // `to` is null on a connected socket.
  void send(const char* bytes, size_t size, const sockaddr* to);
  // The same for what the system has not taken at once.
  void queue(const char* bytes, size_t size, const sockaddr* to);
  uv_udp_t* handle() const { return handle_.get(); }

  void submit(uint32_t op) override;
  void close() override;
  void resume() override;

 private:
  struct Sending;

  Failure set_up(const sockaddr* local, const sockaddr* remote, const UdpOptions& options);
  void fail(int code, DatagramCall call);
  void received(ssize_t count, const sockaddr* from);
  void update();

  static void on_alloc(uv_handle_t* handle, size_t suggested, uv_buf_t* buffer);
  static void on_received(uv_udp_t* handle, ssize_t count, const uv_buf_t* buffer, const sockaddr* from,
                          unsigned int flags);
  static void on_sent(uv_udp_send_t* request, int status);
  static void on_closed(void* udp);

  ReadSlab* reads_;
  Handle<uv_udp_t> handle_;
  ReadShare share_;
  char* room_ = nullptr;  // where the datagram that is being received goes, its source first
  double queued_ = 0;
  bool reading_ = false;
};

// The source as the system writes it. False for a version of 0.
bool source_address(const DatagramSource& source, sockaddr_storage* address);

}  // namespace aioloop

#endif  // AIOLOOP_UDP_H_
