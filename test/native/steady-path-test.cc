// What is done for every event must not allocate: once a connection runs, or a timer was started, memory stays as it
// is.
#include <doctest/doctest.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>

#include "allocations.h"
#include "fake-entry.h"
#include "stream.h"

using namespace aioloop;

namespace {

constexpr int kWarm = 200;
constexpr int kCounted = 2000;

// Answers all that arrives with the same bytes, from the read slab to the send slab, as the TypeScript side does.
struct Echo {
  FakeEntry& entry;
  size_t seen = 0;

  void operator()() {
    for (; seen < entry.delivered.size(); seen++) {
      const Completion& completion = entry.delivered[seen];
      if (completion.op != kCompleteReceived) continue;
      answer(completion);
      entry.rings.set_word(kWordConsumed, entry.rings.word(kWordConsumed) + 1);
    }
  }

  void answer(const Completion& completion) {
    StreamFamily& streams = entry.core.streams();
    char* slab = streams.sends().block()->data();
    uint32_t at = (entry.rings.word(kWordSendTail) + 3) & ~3u;
    if (at + Piece::kHeader + completion.b > kSendSlabBytes) {
      entry.core.drain();
      at = 0;
    }
    const uint32_t header[4] = {completion.id, completion.b, 0, 0};
    memcpy(slab + at, header, sizeof header);
    memcpy(slab + at + Piece::kHeader, streams.reads().block()->data() + completion.a, completion.b);
    entry.rings.set_word(kWordSendTail, at + Piece::kHeader + completion.b);
  }
};

}  // namespace

TEST_CASE("a message that is read and answered allocates nothing") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.delivered.reserve(8 * (kWarm + kCounted));
  Echo echo{entry};
  entry.on_turn = [&echo] { echo(); };
  entry.core.start();
  int fds[2];
  REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
  fcntl(fds[1], F_SETFL, O_NONBLOCK);
  Stream* stream;
  REQUIRE_FALSE(entry.core.streams().adopt_stream(fds[0], &stream).failed());
  entry.submit(kSubmitReadStart, stream->id() & kSlotMask);

  char message[1024];
  memset(message, 'x', sizeof message);
  const auto ping_pong = [&] {
    if (write(fds[1], message, sizeof message) != static_cast<ssize_t>(sizeof message)) return false;
    size_t back = 0;
    while (back < sizeof message) {
      const ssize_t count = read(fds[1], message, sizeof message - back);
      if (count > 0)
        back += static_cast<size_t>(count);
      else if (count == 0 || errno != EAGAIN)
        return false;
      else
        uv_run(&loop.loop, UV_RUN_NOWAIT);
    }
    return true;
  };
  int done = 0;
  while (done < kWarm && ping_pong()) done++;
  const uint64_t before = allocations();
  while (done < kWarm + kCounted && ping_pong()) done++;
  const uint64_t after = allocations();
  CHECK(done == kWarm + kCounted);
  CHECK(after - before == 0);
  close(fds[1]);
  entry.on_turn = nullptr;
  entry.core.close();
  loop.run();
}

TEST_CASE("a timer that is started and fires, or is cancelled, allocates nothing") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.delivered.reserve(8 * (kWarm + kCounted));
  entry.core.start();
  const auto fire = [&](int times) {
    for (int i = 0; i < times; i++) {
      const size_t before = entry.delivered.size();
      entry.start_timer(1, monotonic_ms());
      entry.start_timer(2, monotonic_ms() + 60000);
      entry.cancel_timer(2);
      while (entry.delivered.size() == before) uv_run(&loop.loop, UV_RUN_NOWAIT);
    }
  };
  fire(kWarm);
  const uint64_t before = allocations();
  fire(kCounted);
  CHECK(allocations() - before == 0);
  CHECK(entry.timers_delivered().size() == kWarm + kCounted);
}

TEST_CASE("the count sees what allocates") {
  const uint64_t before = allocations();
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  CHECK(allocations() - before > 2);
}
