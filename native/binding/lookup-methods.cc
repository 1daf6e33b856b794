// Name look-ups as methods. See lookup-methods.h. The answers are read from records of ids that JavaScript knows to be
// open; an id of another kind of object would be a mistake of src/native/, never of a user.
#include "lookup-methods.h"

#include <cstring>
#include <new>

#include "../resolver.h"
#include "address-value.h"

#ifndef _WIN32
#include <netdb.h>
#endif

namespace aioloop {

namespace {

// Longer than any name that the resolver takes.
constexpr size_t kTextSize = 1025;

// src/native/native-names.ts has the same bits.
enum LookupFlag : uint32_t {
  kDatagram = 1,
  kPassive = 2,
  kAddressConfigured = 4,
  kV4Mapped = 8,
  kAll = 16,
};
enum NameFlag : uint32_t { kNumericHost = 1, kNumericService = 2, kNameRequired = 4, kDatagramService = 8 };

bool read_optional_text(const Call& call, size_t index, const char* name, char* buffer, const char** text) {
  *text = nullptr;
  if (is_type(call.env, call.arguments[index], napi_null)) return true;
  if (!read_text(call.env, call.arguments[index], name, buffer, kTextSize)) return false;
  *text = buffer;
  return true;
}

int address_family(uint32_t family) { return family == 4 ? AF_INET : family == 6 ? AF_INET6 : AF_UNSPEC; }

napi_value resolve_address(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char host_buffer[kTextSize];
  char service_buffer[kTextSize];
  const char* host;
  const char* service;
  uint32_t family;
  uint32_t flags;
  LoopCore* core = call.opening("getaddrinfo");
  if (core == nullptr || !read_optional_text(call, 0, "host", host_buffer, &host) ||
      !read_optional_text(call, 1, "service", service_buffer, &service) ||
      !read_whole(env, call.arguments[2], "family", 0, 6, &family) ||
      !read_whole(env, call.arguments[3], "flags", 0, 31, &flags)) {
    return nullptr;
  }
  addrinfo hints;
  memset(&hints, 0, sizeof hints);
  hints.ai_family = address_family(family);
  hints.ai_socktype = (flags & kDatagram) != 0 ? SOCK_DGRAM : SOCK_STREAM;
  if ((flags & kPassive) != 0) hints.ai_flags |= AI_PASSIVE;
  if ((flags & kAddressConfigured) != 0) hints.ai_flags |= AI_ADDRCONFIG;
  if ((flags & kV4Mapped) != 0) hints.ai_flags |= AI_V4MAPPED;
  if ((flags & kAll) != 0) hints.ai_flags |= AI_ALL;
  AddressLookup* lookup = new (std::nothrow) AddressLookup(core);
  if (lookup == nullptr || !core->io().add(lookup)) {
    delete lookup;
    throw_failure(env, {UV_ENOMEM, "getaddrinfo"});
    return nullptr;
  }
  uint32_t id = lookup->id();
  lookup->begin(core->loop(), host, service, hints);
  return number_value(env, id);
}

napi_value resolve_name(napi_env env, napi_callback_info info) {
  Call call(env, info);
  sockaddr_storage address;
  uint32_t flags;
  LoopCore* core = call.opening("getnameinfo");
  if (core == nullptr || !read_address(env, call.arguments[0], call.arguments[1], "getnameinfo", &address) ||
      !read_whole(env, call.arguments[2], "flags", 0, 15, &flags)) {
    return nullptr;
  }
  int system_flags = 0;
  if ((flags & kNumericHost) != 0) system_flags |= NI_NUMERICHOST;
  if ((flags & kNumericService) != 0) system_flags |= NI_NUMERICSERV;
  if ((flags & kNameRequired) != 0) system_flags |= NI_NAMEREQD;
  if ((flags & kDatagramService) != 0) system_flags |= NI_DGRAM;
  NameLookup* lookup = new (std::nothrow) NameLookup(core);
  if (lookup == nullptr || !core->io().add(lookup)) {
    delete lookup;
    throw_failure(env, {UV_ENOMEM, "getnameinfo"});
    return nullptr;
  }
  uint32_t id = lookup->id();
  lookup->begin(core->loop(), reinterpret_cast<const sockaddr*>(&address), system_flags);
  return number_value(env, id);
}

napi_value found_addresses(napi_env env, napi_callback_info info) {
  Call call(env, info);
  const IoObject* object = call.object(0);
  napi_value list = nullptr;
  if (object == nullptr || napi_create_array(env, &list) != napi_ok) return nullptr;
  uint32_t count = 0;
  const addrinfo* found = static_cast<const AddressLookup*>(object)->found();
  for (; found != nullptr; found = found->ai_next) {
    if (found->ai_family != AF_INET && found->ai_family != AF_INET6) continue;
    napi_value address = address_value(env, found->ai_addr);
    if (address == nullptr || napi_set_element(env, list, count++, address) != napi_ok) return nullptr;
  }
  return list;
}

napi_value found_name(napi_env env, napi_callback_info info) {
  Call call(env, info);
  const NameLookup* lookup = static_cast<const NameLookup*>(call.object(0));
  napi_value pair = nullptr;
  if (lookup == nullptr || napi_create_array(env, &pair) != napi_ok) return nullptr;
  napi_value hostname = text_value(env, lookup->hostname().c_str());
  napi_value service = text_value(env, lookup->service().c_str());
  bool made = hostname != nullptr && service != nullptr && napi_set_element(env, pair, 0, hostname) == napi_ok &&
              napi_set_element(env, pair, 1, service) == napi_ok;
  return made ? pair : nullptr;
}

}  // namespace

void add_lookup_methods(Methods* methods) {
  methods->push_back(method("resolveAddress", resolve_address));
  methods->push_back(method("resolveName", resolve_name));
  methods->push_back(method("foundAddresses", found_addresses));
  methods->push_back(method("foundName", found_name));
}

}  // namespace aioloop
