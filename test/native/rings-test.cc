// The rings: order, wrapping of indexes and of positions, fullness, the header.
#include "rings.h"

#include <doctest/doctest.h>

#include <set>
#include <string>
#include <vector>

using namespace aioloop;

namespace {

struct Block {
  explicit Block(uint32_t capacity) : memory(Rings::bytes(capacity, capacity) / 8, 0.0) {
    rings.attach(memory.data(), capacity, capacity);
  }
  uint32_t* words() { return reinterpret_cast<uint32_t*>(memory.data()); }
  std::vector<double> memory;
  Rings rings;
};

}  // namespace

TEST_CASE("capacities are powers of two from 4 to 2^20") {
  for (uint32_t good : {4u, 8u, 1024u, 1u << 20}) CHECK(Rings::valid_capacity(good));
  for (uint32_t bad : {0u, 1u, 2u, 3u, 5u, 1000u, 1u << 21}) CHECK_FALSE(Rings::valid_capacity(bad));
}

TEST_CASE("the header says what is in the memory") {
  Block block(8);
  CHECK(block.words()[kWordMagic] == kMagic);
  CHECK(block.words()[kWordAbiVersion] == kAbiVersion);
  CHECK(block.words()[kWordSubmissionCapacity] == 8);
  CHECK(Rings::bytes(8, 4) == kHeaderBytes + 8 * 4 + 4 * 16);
}

TEST_CASE("words and numbers of the header do not overlap, and lie inside it") {
  std::set<uint32_t> used;
  for (size_t i = 0; i < kLayoutSize; i++) CHECK(std::string(kLayout[i].name).size() > 0);
  for (uint32_t word = kWordMagic; word <= kWordWriteTo; word++) CHECK(used.insert(word).second);
  for (uint32_t number = kNumberTurnStarted; number <= kNumberMaxLag; number++) {
    CHECK(used.insert(number * 2).second);
    CHECK(used.insert(number * 2 + 1).second);
  }
  CHECK(*used.rbegin() < kHeaderBytes / 4);
}

TEST_CASE("submissions are taken in order, also when positions wrap at 2^32") {
  Block block(4);
  block.rings.set_word(kWordSubmissionHead, 0xfffffffe);
  block.rings.set_word(kWordSubmissionTail, 0xfffffffe);
  uint32_t* ring = block.words() + kHeaderBytes / 4;
  Submission submission;
  CHECK_FALSE(block.rings.take(&submission));
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t tail = block.rings.word(kWordSubmissionTail);
    ring[tail & 3] = kSubmitStartTimer << kSlotBits | (kSlotMask - i);
    block.rings.set_word(kWordSubmissionTail, tail + 1);
  }
  for (uint32_t i = 0; i < 4; i++) {
    REQUIRE(block.rings.take(&submission));
    CHECK(submission.op == kSubmitStartTimer);
    CHECK(submission.slot == kSlotMask - i);
  }
  CHECK_FALSE(block.rings.take(&submission));
}

TEST_CASE("a full completion ring refuses records and loses none, also when positions wrap at 2^32") {
  Block block(4);
  block.rings.set_word(kWordCompletionHead, 0xfffffffd);
  block.rings.set_word(kWordCompletionTail, 0xfffffffd);
  for (uint32_t i = 0; i < 4; i++) CHECK(block.rings.put(kCompleteTimer, i));
  CHECK(block.rings.completions_full());
  CHECK_FALSE(block.rings.put(kCompleteTimer, 9));
  CHECK(block.rings.number(kNumberRecords) == 4);
  uint32_t* ring = block.words() + kHeaderBytes / 4 + 4;
  for (uint32_t i = 0; i < 4; i++) {
    uint32_t head = block.rings.word(kWordCompletionHead);
    CHECK(ring[(head & 3) * kCompletionWords] == kCompleteTimer);
    CHECK(ring[(head & 3) * kCompletionWords + 1] == i);
    block.rings.set_word(kWordCompletionHead, head + 1);
  }
  CHECK_FALSE(block.rings.has_completions());
}
