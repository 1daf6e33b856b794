// Requests to libuv and their ends. See resolver.h.
#include "resolver.h"

namespace aioloop {

void Lookup::began(int code) {
  if (code < 0) {
    post(kCompleteLookup, static_cast<uint32_t>(-code));
    return;
  }
  waiting_ = true;
  group_->opened();
  set_active(true);
}

void Lookup::ended(int status) {
  HandleGroup* group = group_;
  waiting_ = false;
  if (closing()) {
    table()->release(this);
  } else {
    set_active(false);
    post(kCompleteLookup, status < 0 ? static_cast<uint32_t>(-status) : 0);
  }
  // Perhaps the end of the loop, so nothing comes behind it.
  group->closed();
}

void Lookup::close() {
  if (!waiting_) {
    table()->release(this);
  } else {
    // Refused when the system is at it already; then its answer is waited for.
    (void)uv_cancel(request());
  }
}

AddressLookup::~AddressLookup() { uv_freeaddrinfo(found_); }

void AddressLookup::begin(uv_loop_t* loop, const char* host, const char* service, const addrinfo& hints) {
  request_.data = this;
  began(uv_getaddrinfo(loop, &request_, on_found, host, service, &hints));
}

void AddressLookup::on_found(uv_getaddrinfo_t* request, int status, addrinfo* found) {
  AddressLookup* lookup = static_cast<AddressLookup*>(request->data);
  lookup->found_ = found;
  lookup->ended(status);
}

NameLookup::~NameLookup() = default;

void NameLookup::begin(uv_loop_t* loop, const sockaddr* address, int flags) {
  request_.data = this;
  began(uv_getnameinfo(loop, &request_, on_named, address, flags));
}

void NameLookup::on_named(uv_getnameinfo_t* request, int status, const char* hostname, const char* service) {
  NameLookup* lookup = static_cast<NameLookup*>(request->data);
  if (status == 0) {
    lookup->hostname_ = hostname;
    lookup->service_ = service;
  }
  lookup->ended(status);
}

}  // namespace aioloop
