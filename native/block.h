// Memory that C++ and JavaScript hold together: it is freed when both have let go. It never moves, so C++ may write to
// it whatever becomes of the ArrayBuffer that JavaScript has of it (a user may transfer that away, and collect it).
// Counted without atomics: both sides let go on the loop's own thread.
#ifndef AIOLOOP_BLOCK_H_
#define AIOLOOP_BLOCK_H_

#include <cstddef>
#include <cstdlib>
#include <new>

namespace aioloop {

class Block {
 public:
  // Zeroed, aligned for doubles, held once. Null when there is no memory.
  static Block* make(size_t size) {
    Block* block = new (std::nothrow) Block;
    if (block == nullptr) return nullptr;
    block->data_ = static_cast<char*>(calloc(1, size));
    block->size_ = size;
    if (block->data_ != nullptr) return block;
    delete block;
    return nullptr;
  }
  Block(const Block&) = delete;
  Block& operator=(const Block&) = delete;

  char* data() const { return data_; }
  size_t size() const { return size_; }
  void hold() { holders_++; }
  void let_go() {
    if (--holders_ > 0) return;
    free(data_);
    delete this;
  }

 private:
  Block() = default;
  ~Block() = default;

  char* data_ = nullptr;
  size_t size_ = 0;
  size_t holders_ = 1;
};

}  // namespace aioloop

#endif  // AIOLOOP_BLOCK_H_
