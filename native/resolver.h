// Name look-ups: the system's own resolver on libuv's threads. One object is one look-up. Its outcome is a record of
// one of two kinds, after which JavaScript reads the answer by a direct call and closes the object.
//
// A look-up that has begun cannot be stopped: closing forgets it, and its memory stays until the system has answered.
#ifndef AIOLOOP_RESOLVER_H_
#define AIOLOOP_RESOLVER_H_

#include <uv.h>

#include <string>

#include "error.h"
#include "io-table.h"
#include "loop-core.h"

namespace aioloop {

// What the two kinds share: counted as a handle of the loop, since its memory must outlive the request.
class Lookup : public IoObject {
 public:
  void submit(uint32_t) override {}
  void close() override;

 protected:
  explicit Lookup(LoopCore* core) : group_(core->group()) {}
  virtual uv_req_t* request() = 0;

  // The request is under way, or was refused with this code.
  void began(int code);
  // It is over.
  void ended(int status);

 private:
  HandleGroup* group_;
  bool waiting_ = false;
};

class AddressLookup final : public Lookup {
 public:
  explicit AddressLookup(LoopCore* core) : Lookup(core) {}
  ~AddressLookup() override;

  // Null stands for no host, or no service. After `IoTable::add`.
  void begin(uv_loop_t* loop, const char* host, const char* service, const addrinfo& hints);
  const addrinfo* found() const { return found_; }

 protected:
  uv_req_t* request() override { return reinterpret_cast<uv_req_t*>(&request_); }

 private:
  static void on_found(uv_getaddrinfo_t* request, int status, addrinfo* found);

  uv_getaddrinfo_t request_;
  addrinfo* found_ = nullptr;
};

class NameLookup final : public Lookup {
 public:
  explicit NameLookup(LoopCore* core) : Lookup(core) {}
  ~NameLookup() override;

  // `flags` are the system's NI_ constants. After `IoTable::add`.
  void begin(uv_loop_t* loop, const sockaddr* address, int flags);
  const std::string& hostname() const { return hostname_; }
  const std::string& service() const { return service_; }

 protected:
  uv_req_t* request() override { return reinterpret_cast<uv_req_t*>(&request_); }

 private:
  static void on_named(uv_getnameinfo_t* request, int status, const char* hostname, const char* service);

  uv_getnameinfo_t request_;
  std::string hostname_;
  std::string service_;
};

}  // namespace aioloop

#endif  // AIOLOOP_RESOLVER_H_
