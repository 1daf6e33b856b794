// Letters between loops: blocks of bytes that any thread posts to a loop by id (wakeup.h), in order of arrival. A box
// is a list under the lock of the registry; its loop takes all of it at once, without copying.
//
// A letter that was accepted is delivered or answered: whoever posted in its own name to a loop that then closes gets a
// `kLetterClosed` with that loop's id in its own box. Nothing here throws; what cannot be allocated is refused.
#ifndef AIOLOOP_MAILBOX_H_
#define AIOLOOP_MAILBOX_H_

#include <cstddef>
#include <cstdint>

namespace aioloop {

// The kind of a letter, mirrored by src/native/native-mail.ts.
enum LetterKind : uint32_t { kLetterData = 0, kLetterClosed = 1 };

// What became of a post, mirrored likewise.
enum PostResult : uint32_t { kPosted = 0, kPostClosed = 1, kPostFull = 2, kPostNoMemory = 3 };

struct Letter {
  Letter* next;
  uint32_t kind;
  uint32_t size;
  // `size` bytes follow.

  const char* bytes() const { return reinterpret_cast<const char*>(this + 1); }

  // Null when there is no memory. A letter belongs to whoever holds it, and ends in a box or in `discard`.
  static Letter* make(LetterKind kind, const void* bytes, uint32_t size);
  static void discard(Letter* letter);
};

class Mailbox {
 public:
  // No box holds more bytes than this: a loop that does not run must not take all memory.
  static constexpr size_t kMost = size_t{256} << 20;

  Mailbox() = default;
  Mailbox(const Mailbox&) = delete;
  Mailbox& operator=(const Mailbox&) = delete;
  ~Mailbox();

  // The id of the loop that this box belongs to, for its notices.
  double owner = 0;

  bool has_room(size_t size) const { return bytes_ + size <= kMost; }
  void put(Letter* letter);
  // Everything, the oldest first.
  Letter* take();

  // The loop `id` posted to this one and wants to hear of its end. False without memory.
  bool add_correspondent(double id);
  // Calls `tell(id, letter)` once for each; the letter then belongs to `tell`.
  template <typename Tell>
  void tell_correspondents(Tell tell) {
    while (correspondents_ != nullptr) {
      Correspondent* correspondent = correspondents_;
      correspondents_ = correspondent->next;
      tell(correspondent->id, correspondent->notice);
      delete correspondent;
    }
  }

 private:
  struct Correspondent {
    Correspondent* next;
    double id;
    Letter* notice;  // made ahead, so that it cannot fail
  };

  Letter* first_ = nullptr;
  Letter* last_ = nullptr;
  size_t bytes_ = 0;
  Correspondent* correspondents_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_MAILBOX_H_
