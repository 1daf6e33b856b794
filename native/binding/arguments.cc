// Argument checks and error objects. See arguments.h. A throw that fails is one that nobody is left to catch.
#include "arguments.h"

#include <cmath>
#include <cstdio>
#include <cstring>

namespace aioloop {

namespace {

constexpr size_t kMessageSize = 160;

}  // namespace

bool is_type(napi_env env, napi_value value, napi_valuetype type) {
  napi_valuetype actual;
  return value != nullptr && napi_typeof(env, value, &actual) == napi_ok && actual == type;
}

bool read_boolean(napi_env env, napi_value value, const char* name, bool* result) {
  if (is_type(env, value, napi_boolean) && napi_get_value_bool(env, value, result) == napi_ok) return true;
  char message[kMessageSize];
  snprintf(message, sizeof message, "%s must be a boolean", name);
  (void)napi_throw_type_error(env, nullptr, message);
  return false;
}

bool read_number(napi_env env, napi_value value, const char* name, double smallest, double largest, double* result) {
  char message[kMessageSize];
  if (!is_type(env, value, napi_number) || napi_get_value_double(env, value, result) != napi_ok) {
    snprintf(message, sizeof message, "%s must be a number", name);
    (void)napi_throw_type_error(env, nullptr, message);
    return false;
  }
  if (*result >= smallest && *result <= largest) return true;
  snprintf(message, sizeof message, "%s must be from %.0f to %.0f, not %g", name, smallest, largest, *result);
  (void)napi_throw_range_error(env, nullptr, message);
  return false;
}

bool read_whole(napi_env env, napi_value value, const char* name, uint32_t smallest, uint32_t largest,
                uint32_t* result) {
  double number;
  if (!read_number(env, value, name, smallest, largest, &number)) return false;
  if (number == std::floor(number)) {
    *result = static_cast<uint32_t>(number);
    return true;
  }
  char message[kMessageSize];
  snprintf(message, sizeof message, "%s must be a whole number, not %g", name, number);
  (void)napi_throw_range_error(env, nullptr, message);
  return false;
}

bool read_text(napi_env env, napi_value value, const char* name, char* result, size_t size) {
  char message[kMessageSize];
  size_t length = 0;
  if (!is_type(env, value, napi_string) || napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
    snprintf(message, sizeof message, "%s must be a string", name);
    (void)napi_throw_type_error(env, nullptr, message);
    return false;
  }
  size_t copied = 0;
  if (length < size && napi_get_value_string_utf8(env, value, result, size, &copied) == napi_ok &&
      memchr(result, 0, copied) == nullptr) {
    return true;
  }
  snprintf(message, sizeof message, "%s must be shorter than %u bytes and have no NUL in it", name,
           static_cast<unsigned>(size));
  (void)napi_throw_range_error(env, nullptr, message);
  return false;
}

void throw_failure(napi_env env, const Failure& failure) {
  if (!failure.failed()) return;
  char name_buffer[64];
  const char* name = error_name(failure.code, name_buffer, sizeof name_buffer);
  char text_buffer[128];
  const char* text = error_message(failure.code, text_buffer, sizeof text_buffer);
  char message[256];
  snprintf(message, sizeof message, "%s %s: %s", failure.syscall, name, text);
  napi_value code = text_value(env, name);
  napi_value message_value = text_value(env, message);
  napi_value error;
  if (code == nullptr || message_value == nullptr || napi_create_error(env, code, message_value, &error) != napi_ok) {
    return;
  }
  if (set_field(env, error, "errno", number_value(env, failure.code)) &&
      set_field(env, error, "syscall", text_value(env, failure.syscall))) {
    (void)napi_throw(env, error);
  }
}

napi_value number_value(napi_env env, double number) {
  napi_value value = nullptr;
  return napi_create_double(env, number, &value) == napi_ok ? value : nullptr;
}

napi_value text_value(napi_env env, const char* text) {
  napi_value value = nullptr;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &value) == napi_ok ? value : nullptr;
}

bool set_field(napi_env env, napi_value object, const char* name, napi_value value) {
  return value != nullptr && napi_set_named_property(env, object, name, value) == napi_ok;
}

napi_value boolean_value(napi_env env, bool boolean) {
  napi_value value = nullptr;
  return napi_get_boolean(env, boolean, &value) == napi_ok ? value : nullptr;
}

}  // namespace aioloop
