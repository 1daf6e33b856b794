// Lists of letters. See mailbox.h; everything here happens under the lock of the registry, or to letters in hand.
#include "mailbox.h"

#include <cstdlib>
#include <cstring>
#include <new>

namespace aioloop {

Letter* Letter::make(LetterKind kind, const void* bytes, uint32_t size) {
  Letter* letter = static_cast<Letter*>(malloc(sizeof(Letter) + size));
  if (letter == nullptr) return nullptr;
  letter->next = nullptr;
  letter->kind = kind;
  letter->size = size;
  if (size > 0) memcpy(letter + 1, bytes, size);
  return letter;
}

void Letter::discard(Letter* letter) {
  while (letter != nullptr) {
    Letter* next = letter->next;
    free(letter);
    letter = next;
  }
}

Mailbox::~Mailbox() {
  Letter::discard(first_);
  tell_correspondents([](double, Letter* notice) { Letter::discard(notice); });
}

void Mailbox::put(Letter* letter) {
  letter->next = nullptr;
  if (last_ == nullptr) {
    first_ = letter;
  } else {
    last_->next = letter;
  }
  last_ = letter;
  bytes_ += letter->size;
}

Letter* Mailbox::take() {
  Letter* letters = first_;
  first_ = last_ = nullptr;
  bytes_ = 0;
  return letters;
}

bool Mailbox::add_correspondent(double id) {
  for (Correspondent* known = correspondents_; known != nullptr; known = known->next) {
    if (known->id == id) return true;
  }
  Letter* notice = Letter::make(kLetterClosed, &owner, sizeof(owner));
  Correspondent* added = notice == nullptr ? nullptr : new (std::nothrow) Correspondent{correspondents_, id, notice};
  if (added == nullptr) {
    Letter::discard(notice);
    return false;
  }
  correspondents_ = added;
  return true;
}

}  // namespace aioloop
