// Small writes on their way from JavaScript: bytes copied into one block, each piece behind a header of four words
// `{id, length, next, unused}`, pieces beginning at multiples of four bytes. JavaScript appends
// (src/native/send-slab.ts) and keeps the end in the word `sendTail`; C++ takes all pieces at once and empties the
// slab. `next` is C++'s own: it chains the pieces of one stream, so that they leave in one vectored write.
#ifndef AIOLOOP_SEND_SLAB_H_
#define AIOLOOP_SEND_SLAB_H_

#include <cstddef>
#include <cstdint>

#include "block.h"

namespace aioloop {

// With this much waiting, JavaScript has it sent before it goes on.
constexpr uint32_t kSendSlabBytes = 64 * 1024;

struct Piece {
  static constexpr uint32_t kHeader = 16;
  static constexpr uint32_t kNone = 0xffffffff;

  uint32_t id;
  uint32_t length;
  uint32_t next;
  uint32_t unused;

  char* bytes() { return reinterpret_cast<char*>(this) + kHeader; }
};

class SendSlab {
 public:
  SendSlab() = default;
  SendSlab(const SendSlab&) = delete;
  SendSlab& operator=(const SendSlab&) = delete;
  ~SendSlab() {
    if (block_ != nullptr) block_->let_go();
  }

  // Made at first use; null when there is no memory.
  Block* block() {
    if (block_ == nullptr) block_ = Block::make(kSendSlabBytes);
    return block_;
  }
  Piece* at(uint32_t offset) { return reinterpret_cast<Piece*>(block_->data() + offset); }
  static uint32_t after(uint32_t offset, const Piece* piece) {
    return offset + Piece::kHeader + ((piece->length + 3) & ~3u);
  }

 private:
  Block* block_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_SEND_SLAB_H_
