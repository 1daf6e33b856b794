// The two rings and their header. See rings.h; the names in `kLayout` are those of src/native/layout.ts.
#include "rings.h"

namespace aioloop {

const LayoutField kLayout[] = {
    {"magic", kMagic},
    {"abiVersion", kAbiVersion},
    {"headerBytes", kHeaderBytes},
    {"submissionWords", kSubmissionWords},
    {"completionWords", kCompletionWords},
    {"slotBits", kSlotBits},
    {"smallestCapacity", kSmallestCapacity},
    {"largestCapacity", kLargestCapacity},
    {"submissionHead", kWordSubmissionHead},
    {"submissionTail", kWordSubmissionTail},
    {"completionHead", kWordCompletionHead},
    {"completionTail", kWordCompletionTail},
    {"inside", kWordInside},
    {"ready", kWordReady},
    {"awake", kWordAwake},
    {"more", kWordMore},
    {"consumed", kWordConsumed},
    {"sendTail", kWordSendTail},
    {"sendEpoch", kWordSendEpoch},
    {"writeTo", kWordWriteTo},
    {"localAddress", kWordLocalAddress},
    {"localPort", kWordLocalPort},
    {"peerAddress", kWordPeerAddress},
    {"peerPort", kWordPeerPort},
    {"turnStarted", kNumberTurnStarted},
    {"turns", kNumberTurns},
    {"records", kNumberRecords},
    {"drops", kNumberDrops},
    {"timers", kNumberTimers},
    {"maxLag", kNumberMaxLag},
    {"submitNothing", kSubmitNothing},
    {"submitStartTimer", kSubmitStartTimer},
    {"submitCancelTimer", kSubmitCancelTimer},
    {"submitClose", kSubmitClose},
    {"submitKeep", kSubmitKeep},
    {"submitLeave", kSubmitLeave},
    {"submitReadStart", kSubmitReadStart},
    {"submitReadStop", kSubmitReadStop},
    {"submitShutdown", kSubmitShutdown},
    {"submitReset", kSubmitReset},
    {"submitPause", kSubmitPause},
    {"submitResume", kSubmitResume},
    {"submitRetire", kSubmitRetire},
    {"completeNothing", kCompleteNothing},
    {"completeTimer", kCompleteTimer},
    {"completeSignal", kCompleteSignal},
    {"completeWake", kCompleteWake},
    {"completeClosed", kCompleteClosed},
    {"completeLookup", kCompleteLookup},
    {"completeReady", kCompleteReady},
    {"completeExited", kCompleteExited},
    {"completeConnected", kCompleteConnected},
    {"completeReceived", kCompleteReceived},
    {"completeEnded", kCompleteEnded},
    {"completeDrained", kCompleteDrained},
    {"completeFinished", kCompleteFinished},
    {"completeFailed", kCompleteFailed},
    {"completeAccepted", kCompleteAccepted},
};
const size_t kLayoutSize = sizeof(kLayout) / sizeof(kLayout[0]);

bool Rings::valid_capacity(uint32_t capacity) {
  return capacity >= kSmallestCapacity && capacity <= kLargestCapacity && (capacity & (capacity - 1)) == 0;
}

size_t Rings::bytes(uint32_t submission_capacity, uint32_t completion_capacity) {
  size_t words = size_t{submission_capacity} * kSubmissionWords + size_t{completion_capacity} * kCompletionWords;
  return kHeaderBytes + words * sizeof(uint32_t);
}

void Rings::attach(void* memory, uint32_t submission_capacity, uint32_t completion_capacity) {
  words_ = static_cast<uint32_t*>(memory);
  numbers_ = static_cast<double*>(memory);
  submissions_ = words_ + kHeaderBytes / sizeof(uint32_t);
  completions_ = submissions_ + size_t{submission_capacity} * kSubmissionWords;
  submission_capacity_ = submission_capacity;
  completion_capacity_ = completion_capacity;
  set_word(kWordMagic, kMagic);
  set_word(kWordAbiVersion, kAbiVersion);
  set_word(kWordSubmissionCapacity, submission_capacity);
  set_word(kWordCompletionCapacity, completion_capacity);
}

bool Rings::take(Submission* submission) {
  uint32_t head = word(kWordSubmissionHead);
  if (head == word(kWordSubmissionTail)) return false;
  uint32_t record = submissions_[head & (submission_capacity_ - 1)];
  set_word(kWordSubmissionHead, head + 1);
  submission->op = record >> kSlotBits;
  submission->slot = record & kSlotMask;
  return true;
}

bool Rings::put(CompletionOp op, uint32_t id, uint32_t a, uint32_t b) {
  if (completions_full()) return false;
  uint32_t tail = word(kWordCompletionTail);
  uint32_t* record = completions_ + size_t{tail & (completion_capacity_ - 1)} * kCompletionWords;
  record[0] = op;
  record[1] = id;
  record[2] = a;
  record[3] = b;
  set_word(kWordCompletionTail, tail + 1);
  count(kNumberRecords);
  return true;
}

bool Rings::completions_full() const {
  return word(kWordCompletionTail) - word(kWordCompletionHead) >= completion_capacity_;
}

bool Rings::has_completions() const { return word(kWordCompletionTail) != word(kWordCompletionHead); }

}  // namespace aioloop
