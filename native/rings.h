// The memory that C++ and TypeScript share: a header of words, the submission ring (written by JavaScript, read here)
// and the completion ring (written here, read by JavaScript), one after the other in one block. Numbers cross, objects
// never.
//
// This is the one definition of the layout; `kLayout` lists it by name, and src/native/layout.ts, the mirror, is
// compared with that list when the addon is loaded. Both sides run on one thread, so plain loads and stores are enough.
// Positions run freely and wrap at 2^32; capacities are powers of two. The memory is not owned here and must outlive
// its use.
#ifndef AIOLOOP_RINGS_H_
#define AIOLOOP_RINGS_H_

#include <cstddef>
#include <cstdint>

namespace aioloop {

constexpr uint32_t kMagic = 0x41494f4c;  // "AIOL"
constexpr uint32_t kAbiVersion = 12;

// Header words, by index of 32-bit words.
enum Word : uint32_t {
  kWordMagic = 0,
  kWordAbiVersion = 1,
  kWordSubmissionCapacity = 2,
  kWordCompletionCapacity = 3,
  kWordSubmissionHead = 4,  // C++ reads here next
  kWordSubmissionTail = 5,  // JavaScript writes here next
  kWordCompletionHead = 6,  // JavaScript reads here next
  kWordCompletionTail = 7,  // C++ writes here next
  kWordInside = 8,          // JavaScript runs in a turn: C++ looks at the rings again when that returns
  kWordReady = 9,           // JavaScript asks for a turn
  kWordAwake = 10,          // `wake` is not needed: the next poll does not wait, or the loop is stopped or pumped
  kWordMore = 11,           // completions remain that the ring had no room for
  kWordConsumed = 12,       // reads that JavaScript has looked at (read-slab.h)
  kWordSendTail = 13,       // bytes used of the send slab (send-slab.h)
  kWordSendEpoch = 14,      // times that the send slab was emptied
  kWordWriteTo = 15,        // id of the stream that the next direct write is for
  // Behind the doubles: the answer of `ipv4Names`. Addresses in the host's byte order.
  kWordLocalAddress = 28,
  kWordLocalPort = 29,
  kWordPeerAddress = 30,
  kWordPeerPort = 31,
};

// Header doubles, by index of 64-bit words. Counters are doubles so that they never wrap.
enum Number : uint32_t {
  kNumberTurnStarted = 8,  // milliseconds on the loop's clock
  kNumberTurns = 9,
  kNumberRecords = 10,
  kNumberDrops = 11,
  kNumberTimers = 12,
  kNumberMaxLag = 13,
};

constexpr uint32_t kHeaderBytes = 128;

// A submission is one word, `op << 24 | slot`.
constexpr uint32_t kSubmissionWords = 1;
constexpr uint32_t kSlotBits = 24;
constexpr uint32_t kSlotMask = (1u << kSlotBits) - 1;
enum SubmissionOp : uint32_t {
  kSubmitNothing = 0,
  kSubmitStartTimer = 1,
  kSubmitCancelTimer = 2,
  // From here on the slot is one of the I/O table (io-table.h), and all but these three are the object's own.
  kSubmitClose = 3,
  kSubmitKeep = 10,   // what is under way keeps the loop alive again
  kSubmitLeave = 11,  // it does not
  kSubmitReadStart = 4,
  kSubmitReadStop = 5,
  kSubmitShutdown = 6,
  kSubmitReset = 7,
  kSubmitPause = 8,
  kSubmitResume = 9,
  kSubmitRetire = 12,  // close; the `closed` record may wait for a turn that something else asks for
};

// A completion is four words, `{op, id, a, b}`. The id of a timer is its slot, that of a signal its number, and that of
// an I/O object `generation << 24 | slot`.
constexpr uint32_t kCompletionWords = 4;
enum CompletionOp : uint32_t {
  kCompleteNothing = 0,
  kCompleteTimer = 1,
  kCompleteSignal = 2,
  kCompleteWake = 3,
  // From here on the id is of an I/O object, and all but `closed` are its own.
  kCompleteClosed = 4,
  // A look-up is over (resolver.h): a is the code of its failure, without its sign, or 0.
  kCompleteLookup = 64,
  // A descriptor is ready (fd-watch.h): a has the bits 1 for readable, 2 for writable.
  kCompleteReady = 65,
  kCompleteExited = 48,  // a child ended: a is its exit code, b the signal that ended it
  kCompleteConnected = 5,
  kCompleteReceived = 6,  // a: offset in the read slab, b: bytes
  kCompleteEnded = 7,
  kCompleteDrained = 8,
  kCompleteFinished = 9,
  kCompleteFailed = 10,    // a: libuv's code, made positive; b: what failed, for the family to say
  kCompleteAccepted = 11,  // a: id of the new stream
};

constexpr uint32_t kSmallestCapacity = 4;
constexpr uint32_t kLargestCapacity = 1u << 20;

struct LayoutField {
  const char* name;
  uint32_t value;
};
extern const LayoutField kLayout[];
extern const size_t kLayoutSize;

struct Submission {
  uint32_t op;
  uint32_t slot;
};

class Rings {
 public:
  static bool valid_capacity(uint32_t capacity);
  // Bytes needed for two rings of these capacities, header included.
  static size_t bytes(uint32_t submission_capacity, uint32_t completion_capacity);

  // Takes memory of `bytes(...)` zeroed bytes, aligned for doubles, and writes the header.
  void attach(void* memory, uint32_t submission_capacity, uint32_t completion_capacity);

  bool take(Submission* submission);
  // False when the ring is full.
  bool put(CompletionOp op, uint32_t id, uint32_t a = 0, uint32_t b = 0);
  bool completions_full() const;
  bool has_completions() const;

  uint32_t word(Word word) const { return words_[word]; }
  void set_word(Word word, uint32_t value) { words_[word] = value; }
  double number(Number number) const { return numbers_[number]; }
  void set_number(Number number, double value) { numbers_[number] = value; }
  void count(Number number) { numbers_[number] += 1; }

 private:
  uint32_t* words_ = nullptr;
  double* numbers_ = nullptr;
  uint32_t* submissions_ = nullptr;
  uint32_t* completions_ = nullptr;
  uint32_t submission_capacity_ = 0;
  uint32_t completion_capacity_ = 0;
};

}  // namespace aioloop

#endif  // AIOLOOP_RINGS_H_
