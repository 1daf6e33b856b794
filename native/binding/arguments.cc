// Argument checks and error objects. See arguments.h.
#include "arguments.h"

#include <cmath>
#include <cstdio>

namespace aioloop {

bool read_boolean(const Napi::Value& value, const char* name, bool* result) {
  if (!value.IsBoolean()) {
    char message[128];
    snprintf(message, sizeof message, "%s must be a boolean", name);
    Napi::TypeError::New(value.Env(), message).ThrowAsJavaScriptException();
    return false;
  }
  *result = value.As<Napi::Boolean>().Value();
  return true;
}

bool read_number(const Napi::Value& value, const char* name, double smallest, double largest, double* result) {
  char message[128];
  if (!value.IsNumber()) {
    snprintf(message, sizeof message, "%s must be a number", name);
    Napi::TypeError::New(value.Env(), message).ThrowAsJavaScriptException();
    return false;
  }
  *result = value.As<Napi::Number>().DoubleValue();
  if (!(*result >= smallest && *result <= largest)) {
    snprintf(message, sizeof message, "%s must be from %.0f to %.0f, not %g", name, smallest, largest, *result);
    Napi::RangeError::New(value.Env(), message).ThrowAsJavaScriptException();
    return false;
  }
  return true;
}

bool read_whole(const Napi::Value& value, const char* name, uint32_t smallest, uint32_t largest, uint32_t* result) {
  double number;
  if (!read_number(value, name, smallest, largest, &number)) return false;
  if (number != std::floor(number)) {
    char message[128];
    snprintf(message, sizeof message, "%s must be a whole number, not %g", name, number);
    Napi::RangeError::New(value.Env(), message).ThrowAsJavaScriptException();
    return false;
  }
  *result = static_cast<uint32_t>(number);
  return true;
}

void throw_failure(Napi::Env env, const Failure& failure) {
  if (!failure.failed()) return;
  char name_buffer[64];
  const char* name = error_name(failure.code, name_buffer, sizeof name_buffer);
  char text_buffer[128];
  const char* text = error_message(failure.code, text_buffer, sizeof text_buffer);
  char message[256];
  snprintf(message, sizeof message, "%s %s: %s", failure.syscall, name, text);
  Napi::Error error = Napi::Error::New(env, message);
  error.Set("errno", static_cast<double>(failure.code));
  error.Set("code", Napi::String::New(env, name));
  error.Set("syscall", Napi::String::New(env, failure.syscall));
  error.ThrowAsJavaScriptException();
}

}  // namespace aioloop
