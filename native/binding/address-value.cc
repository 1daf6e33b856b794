// Reading and making addresses. See address-value.h.
#include "address-value.h"

#include "arguments.h"

namespace aioloop {

bool read_address(napi_env env, napi_value address, napi_value port, const char* syscall, sockaddr_storage* result) {
  char text[kAddressText];
  uint32_t number;
  if (!read_text(env, address, "address", text, sizeof text)) return false;
  if (!read_whole(env, port, "port", 0, 65535, &number)) return false;
  int code = parse_address(text, static_cast<uint16_t>(number), result);
  throw_failure(env, {code, syscall});
  return code >= 0;
}

napi_value address_value(napi_env env, const sockaddr* address) {
  AddressText text;
  napi_value object = nullptr;
  if (format_address(address, &text) < 0 || napi_create_object(env, &object) != napi_ok) return nullptr;
  bool made = set_field(env, object, "address", text_value(env, text.address)) &&
              set_field(env, object, "port", number_value(env, text.port)) &&
              set_field(env, object, "family", text_value(env, text.ipv6 ? "IPv6" : "IPv4"));
  return made ? object : nullptr;
}

}  // namespace aioloop
