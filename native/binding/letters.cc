// Posting and taking letters. See letters.h. What is taken crosses as one ArrayBuffer: of each letter its kind and size
// as 32-bit words, then its bytes, padded to a multiple of 4; src/native/native-mail.ts reads it.
#include "letters.h"

#include <cstring>

#include "../mailbox.h"
#include "../wakeup.h"

namespace aioloop {

namespace {

constexpr double kLargestId = 9007199254740991.0;
constexpr size_t kHead = 2 * sizeof(uint32_t);

size_t padded(size_t size) { return (size + 3) & ~size_t{3}; }

void write_letters(const Letter* letter, char* to) {
  for (; letter != nullptr; letter = letter->next) {
    memcpy(to, &letter->kind, sizeof(letter->kind));
    memcpy(to + sizeof(letter->kind), &letter->size, sizeof(letter->size));
    if (letter->size > 0) memcpy(to + kHead, letter->bytes(), letter->size);
    to += kHead + padded(letter->size);
  }
}

// Everything that arrived, or undefined.
napi_value take_letters(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session == nullptr) return nullptr;
  Letter* letters = call.session->core().take_letters();
  if (letters == nullptr) return nullptr;
  size_t size = 0;
  for (const Letter* letter = letters; letter != nullptr; letter = letter->next) size += kHead + padded(letter->size);
  void* data = nullptr;
  napi_value buffer = nullptr;
  // Without memory the exception says so; what was sent is lost then, as everything is.
  if (napi_create_arraybuffer(env, size, &data, &buffer) == napi_ok) write_letters(letters, static_cast<char*>(data));
  Letter::discard(letters);
  return buffer;
}

napi_value expect_letters(napi_env env, napi_callback_info info) {
  Call call(env, info);
  bool expected;
  if (call.session != nullptr && read_boolean(env, call.arguments[0], "expected", &expected)) {
    call.session->core().expect_letters(expected);
  }
  return nullptr;
}

}  // namespace

napi_value post_letter(napi_env env, napi_callback_info info) {
  size_t count = 3;
  napi_value arguments[3] = {};
  double to;
  double from;
  void* data = nullptr;
  size_t size = 0;
  if (napi_get_cb_info(env, info, &count, arguments, nullptr, nullptr) != napi_ok) return nullptr;
  if (!read_number(env, arguments[0], "to", 0, kLargestId, &to)) return nullptr;
  if (!read_number(env, arguments[1], "from", 0, kLargestId, &from)) return nullptr;
  if (napi_get_typedarray_info(env, arguments[2], nullptr, &size, &data, nullptr, nullptr) != napi_ok) {
    (void)napi_throw_type_error(env, nullptr, "'bytes' must be a Uint8Array");
    return nullptr;
  }
  if (size > Mailbox::kMost) return number_value(env, kPostFull);
  Letter* letter = Letter::make(kLetterData, data, static_cast<uint32_t>(size));
  return number_value(env, letter == nullptr ? kPostNoMemory : Wakeup::post(to, from, letter));
}

void add_letter_methods(Methods* methods) {
  methods->push_back(method("takeLetters", take_letters));
  methods->push_back(method("expectLetters", expect_letters));
}

}  // namespace aioloop
