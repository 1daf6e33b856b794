// Where bytes that arrive are put: one block for all streams of a loop, filled from its start by each poll and handed
// to JavaScript as (offset, length). It is empty again when JavaScript has looked at everything in it (it counts in the
// word `consumed`), which is after the turn as a rule.
//
// The budget of a poll keeps the live part in the processor's cache, and every stream has a share of it. A stream that
// finds no room is declined (no buffer, no system call), and the poll finds it readable again. So that it is its turn
// then, polls belong to rounds: a round lasts until nobody was declined for want of room, and who was served in a round
// is not served again in it while somebody is hungry.
//
// Whoever reads asks `room`, and tells `put` how much arrived. Called by streams and LoopCore only.
#ifndef AIOLOOP_READ_SLAB_H_
#define AIOLOOP_READ_SLAB_H_

#include <cstddef>
#include <cstdint>

#include "block.h"
#include "rings.h"

namespace aioloop {

// The largest read. libuv's own, and what a socket gives at most at a time over loopback.
constexpr size_t kLargestRead = 64 * 1024;
// Bytes that one poll may put here. Measured with 50 connections that echo, CPU per request as multiples of C on libuv:
// of 10 KiB, with 128 / 256 / 512 KiB, 1.31 / 1.21 / 1.20; of 64 KiB 1.33 / 1.16 / 1.15. Half of the smallest L2
// caches.
constexpr size_t kReadBudget = 256 * 1024;

// A datagram has so many bytes before it (udp.h), for which the slab has room beyond what `room` says.
constexpr size_t kDatagramHeader = 32;

// What the slab knows of one reader.
struct ReadShare {
  uint32_t poll = 0;   // in which it was served last
  uint32_t round = 0;  // in which it was served last
  size_t taken = 0;    // in that poll
};

class ReadSlab {
 public:
  ReadSlab() = default;
  ReadSlab(const ReadSlab&) = delete;
  ReadSlab& operator=(const ReadSlab&) = delete;
  ~ReadSlab();

  void open(Rings* rings) { rings_ = rings; }
  // Before each poll.
  void begin_poll();

  // Where this reader may put up to `size` bytes; size 0 when it is declined. `record` says whether the completion ring
  // has room for the record of it.
  char* room(ReadShare* share, bool record, size_t* size);
  // `size` bytes were put where `room` said. Returns their offset.
  uint32_t put(ReadShare* share, size_t size);

  // The memory, made at first use; null when there is none.
  Block* block();
  // JavaScript has lost its view of the memory: other memory with the same contents. Null when there is none.
  Block* renew();

 private:
  bool empty() const { return issued_ == rings_->word(kWordConsumed); }

  Rings* rings_ = nullptr;
  Block* block_ = nullptr;
  size_t used_ = 0;
  uint32_t issued_ = 0;
  uint32_t poll_ = 1;
  uint32_t round_ = 1;
  bool hungry_ = false;    // somebody was declined in this poll for want of room
  bool pressure_ = false;  // the same, in the poll before
};

}  // namespace aioloop

#endif  // AIOLOOP_READ_SLAB_H_
