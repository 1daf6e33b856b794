// UDP sockets as methods. See datagram-methods.h.
#include "datagram-methods.h"

#include <climits>
#include <cstring>
#include <new>

#include "../udp.h"
#include "address-value.h"

namespace aioloop {

namespace {

// src/native/native-datagrams.ts has the same bits.
enum BindFlag : uint32_t { kIpv6 = 1, kReusePort = 2, kBroadcast = 4 };
enum DatagramOption : uint32_t { kTtl = 0, kMulticastTtl = 1, kMulticastLoopback = 2, kBroadcastOption = 3 };

// With the name of an interface behind it.
constexpr size_t kLongestAddress = 128;

// The address in two arguments from `index` on, null when the first is undefined. False when something was thrown.
bool read_end(const Call& call, size_t index, const char* syscall, sockaddr_storage* storage, const sockaddr** result) {
  *result = nullptr;
  if (is_type(call.env, call.arguments[index], napi_undefined)) return true;
  if (!read_address(call.env, call.arguments[index], call.arguments[index + 1], syscall, storage)) return false;
  *result = reinterpret_cast<const sockaddr*>(storage);
  return true;
}

Udp* read_udp(const Call& call) {
  IoObject* object = call.object(0);
  return object != nullptr && object->family() == IoFamily::datagram ? static_cast<Udp*>(object) : nullptr;
}

napi_value bind_datagram(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t flags;
  sockaddr_storage local_storage;
  sockaddr_storage remote_storage;
  const sockaddr* local;
  const sockaddr* remote;
  if (!read_whole(env, call.arguments[0], "flags", 0, 7, &flags) ||
      !read_end(call, 1, "bind", &local_storage, &local) || !read_end(call, 3, "connect", &remote_storage, &remote)) {
    return nullptr;
  }
  LoopCore* core = call.opening("bind");
  if (core == nullptr) return nullptr;
  UdpOptions options;
  options.ipv6 = (flags & kIpv6) != 0;
  options.reuse_port = (flags & kReusePort) != 0;
  options.broadcast = (flags & kBroadcast) != 0;
  Udp* udp = new (std::nothrow) Udp(&core->streams().reads());
  Failure failure = {UV_ENOMEM, "bind"};
  if (udp != nullptr) failure = udp->open(core, local, remote, options);
  if (!failure.failed() && !core->io().add(udp)) failure = {UV_ENOMEM, "bind"};
  if (failure.failed()) {
    // Its handle gives its memory back by itself.
    delete udp;
    throw_failure(env, failure);
    return nullptr;
  }
  udp->opened();
  return number_value(env, udp->id());
}

napi_value adopt_datagram(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t fd;
  LoopCore* core = call.opening("open");
  if (core == nullptr || !read_whole(env, call.arguments[0], "fd", 0, INT_MAX, &fd)) return nullptr;
  Udp* udp = new (std::nothrow) Udp(&core->streams().reads());
  Failure failure = {UV_ENOMEM, "open"};
  if (udp != nullptr) failure = udp->adopt(core, static_cast<int>(fd));
  if (!failure.failed() && !core->io().add(udp)) failure = {UV_ENOMEM, "open"};
  if (failure.failed()) {
    delete udp;
    throw_failure(env, failure);
    return nullptr;
  }
  udp->opened();
  return number_value(env, udp->id());
}

napi_value send_datagram(napi_env env, napi_callback_info info) {
  Call call(env, info);
  sockaddr_storage storage;
  const sockaddr* to;
  void* bytes = nullptr;
  size_t size = 0;
  Udp* udp = read_udp(call);
  if (udp == nullptr || !read_end(call, 2, "send", &storage, &to) ||
      napi_get_typedarray_info(env, call.arguments[1], nullptr, &size, &bytes, nullptr, nullptr) != napi_ok) {
    return nullptr;
  }
  udp->send(static_cast<const char*>(bytes), size, to);
  return nullptr;
}

napi_value datagram_name(napi_env env, napi_callback_info info) {
  Call call(env, info);
  bool peer;
  Udp* udp = read_udp(call);
  if (udp == nullptr || !read_boolean(env, call.arguments[1], "peer", &peer)) return nullptr;
  sockaddr_storage address;
  sockaddr* name = reinterpret_cast<sockaddr*>(&address);
  int length = sizeof address;
  int code = peer ? uv_udp_getpeername(udp->handle(), name, &length) : uv_udp_getsockname(udp->handle(), name, &length);
  return code < 0 ? nullptr : address_value(env, name);
}

napi_value datagram_source(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t offset;
  if (call.session == nullptr || !read_whole(env, call.arguments[0], "offset", 0, UINT32_MAX, &offset)) return nullptr;
  const Block* block = call.session->core().streams().reads().block();
  DatagramSource source;
  if (block == nullptr || offset > block->size() - sizeof source) return nullptr;
  memcpy(&source, block->data() + offset, sizeof source);
  sockaddr_storage address;
  return source_address(source, &address) ? address_value(env, reinterpret_cast<const sockaddr*>(&address)) : nullptr;
}

napi_value datagram_descriptor(napi_env env, napi_callback_info info) {
  Call call(env, info);
#ifdef _WIN32
  return number_value(env, -1);
#else
  const Udp* udp = read_udp(call);
  uv_os_fd_t fd;
  bool known = udp != nullptr && uv_fileno(reinterpret_cast<const uv_handle_t*>(udp->handle()), &fd) == 0;
  return number_value(env, known ? fd : -1);
#endif
}

// Null text where the argument is undefined. False when something was thrown.
bool read_optional(const Call& call, size_t index, const char* name, char* buffer, const char** text) {
  *text = nullptr;
  if (is_type(call.env, call.arguments[index], napi_undefined)) return true;
  if (!read_text(call.env, call.arguments[index], name, buffer, kLongestAddress)) return false;
  *text = buffer;
  return true;
}

napi_value set_membership(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char group[kLongestAddress];
  char interface_buffer[kLongestAddress];
  char source_buffer[kLongestAddress];
  const char* interface;
  const char* source;
  bool member;
  Udp* udp = read_udp(call);
  if (udp == nullptr || !read_text(env, call.arguments[1], "group", group, kLongestAddress) ||
      !read_optional(call, 2, "interface", interface_buffer, &interface) ||
      !read_optional(call, 3, "source", source_buffer, &source) ||
      !read_boolean(env, call.arguments[4], "member", &member)) {
    return nullptr;
  }
  uv_membership membership = member ? UV_JOIN_GROUP : UV_LEAVE_GROUP;
  int code = source == nullptr ? uv_udp_set_membership(udp->handle(), group, interface, membership)
                               : uv_udp_set_source_membership(udp->handle(), group, interface, source, membership);
  throw_failure(env, {code, "setsockopt"});
  return nullptr;
}

napi_value set_multicast_interface(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char interface[kLongestAddress];
  Udp* udp = read_udp(call);
  if (udp == nullptr || !read_text(env, call.arguments[1], "interface", interface, kLongestAddress)) return nullptr;
  throw_failure(env, {uv_udp_set_multicast_interface(udp->handle(), interface), "setsockopt"});
  return nullptr;
}

int set_option(uv_udp_t* udp, uint32_t option, int value) {
  switch (option) {
    case kTtl:
      return uv_udp_set_ttl(udp, value);
    case kMulticastTtl:
      return uv_udp_set_multicast_ttl(udp, value);
    case kMulticastLoopback:
      return uv_udp_set_multicast_loop(udp, value);
    default:
      return uv_udp_set_broadcast(udp, value);
  }
}

napi_value set_datagram_option(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t option;
  uint32_t value;
  Udp* udp = read_udp(call);
  if (udp == nullptr || !read_whole(env, call.arguments[1], "option", kTtl, kBroadcastOption, &option) ||
      !read_whole(env, call.arguments[2], "value", 0, 255, &value)) {
    return nullptr;
  }
  throw_failure(env, {set_option(udp->handle(), option, static_cast<int>(value)), "setsockopt"});
  return nullptr;
}

}  // namespace

void add_datagram_methods(Methods* methods) {
  methods->push_back(method("bindDatagram", bind_datagram));
  methods->push_back(method("adoptDatagram", adopt_datagram));
  methods->push_back(method("sendDatagram", send_datagram));
  methods->push_back(method("datagramName", datagram_name));
  methods->push_back(method("datagramSource", datagram_source));
  methods->push_back(method("datagramDescriptor", datagram_descriptor));
  methods->push_back(method("setMembership", set_membership));
  methods->push_back(method("setMulticastInterface", set_multicast_interface));
  methods->push_back(method("setDatagramOption", set_datagram_option));
}

}  // namespace aioloop
