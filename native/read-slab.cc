// Bump allocation, budget and rounds. See read-slab.h.
#include "read-slab.h"

#include <cstring>

namespace aioloop {

namespace {

constexpr size_t kSize = kReadBudget + kLargestRead + kDatagramHeader;
// Of one stream in one poll.
constexpr size_t kShare = kLargestRead;

}  // namespace

ReadSlab::~ReadSlab() {
  if (block_ != nullptr) block_->let_go();
}

void ReadSlab::begin_poll() {
  poll_++;
  pressure_ = hungry_;
  if (!hungry_) round_++;
  hungry_ = false;
}

char* ReadSlab::room(ReadShare* share, bool record, size_t* size) {
  *size = 0;
  if (block() == nullptr) return nullptr;
  if (empty()) used_ = 0;
  if (share->poll == poll_) {
    if (share->taken >= kShare) return nullptr;
  } else if (pressure_ && share->round == round_) {
    return nullptr;
  }
  if (!record || used_ >= kReadBudget) {
    hungry_ = true;
    return nullptr;
  }
  *size = kLargestRead;
  return block_->data() + used_;
}

uint32_t ReadSlab::put(ReadShare* share, size_t size) {
  if (share->poll != poll_) share->taken = 0;
  share->poll = poll_;
  share->round = round_;
  share->taken += size;
  uint32_t offset = static_cast<uint32_t>(used_);
  // Aligned for those who look at the bytes as numbers.
  used_ += (size + 7) & ~size_t{7};
  issued_++;
  return offset;
}

Block* ReadSlab::block() {
  if (block_ == nullptr) block_ = Block::make(kSize);
  return block_;
}

Block* ReadSlab::renew() {
  Block* fresh = Block::make(kSize);
  if (fresh == nullptr) return nullptr;
  if (block_ != nullptr) {
    memcpy(fresh->data(), block_->data(), used_);
    block_->let_go();
  }
  block_ = fresh;
  return fresh;
}

}  // namespace aioloop
