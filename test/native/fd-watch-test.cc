// Watches of descriptors: level-triggered, at rest while the loop is stopped, and safe when the descriptor goes away.
#include "fd-watch.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <unistd.h>

#include "fake-entry.h"

using namespace aioloop;

namespace {

struct Pipe {
  int ends[2];
  Pipe() { REQUIRE(pipe(ends) == 0); }
  ~Pipe() {
    close_read();
    if (ends[1] >= 0) close(ends[1]);
  }
  void put() { REQUIRE(write(ends[1], "x", 1) == 1); }
  void take() {
    char byte;
    REQUIRE(read(ends[0], &byte, 1) == 1);
  }
  void close_read() {
    if (ends[0] >= 0) close(ends[0]);
    ends[0] = -1;
  }
};

FdWatch* watch(FakeEntry* entry, int fd) {
  FdWatch* object = new FdWatch;
  REQUIRE_FALSE(object->open(&entry->core, fd).failed());
  REQUIRE(entry->core.io().add(object));
  return object;
}

size_t ready(const FakeEntry& entry, uint32_t events) {
  size_t count = 0;
  for (const Completion& each : entry.delivered) count += each.op == kCompleteReady && each.a == events;
  return count;
}

}  // namespace

TEST_CASE("a record follows in every poll in which the descriptor is ready") {
  TestLoop loop;
  FakeEntry entry(&loop.loop, 4);
  entry.core.start();
  Pipe pipe;
  FdWatch* reader = watch(&entry, pipe.ends[0]);
  reader->want(UV_READABLE);
  pipe.put();
  while (ready(entry, UV_READABLE) < 3) uv_run(&loop.loop, UV_RUN_ONCE);
  pipe.take();
  size_t before = entry.delivered.size();
  for (int i = 0; i < 5; i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
  CHECK(entry.delivered.size() == before);
  CHECK(loop.alive());
  reader->want(0);
  loop.run();
  CHECK(ready(entry, UV_READABLE) == 3);
}

TEST_CASE("an error makes what is asked for ready, again and again") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  Pipe pipe;
  FdWatch* writer = watch(&entry, pipe.ends[1]);
  pipe.close_read();
  writer->want(UV_WRITABLE);
  while (ready(entry, UV_WRITABLE) < 3) uv_run(&loop.loop, UV_RUN_ONCE);
  entry.core.io().close(writer);
  loop.run();
  CHECK(entry.delivered.back().op == kCompleteClosed);
}

TEST_CASE("a stopped loop is not told, and does not poll in vain") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  Pipe pipe;
  FdWatch* reader = watch(&entry, pipe.ends[0]);
  reader->want(UV_READABLE);
  pipe.put();
  while (ready(entry, UV_READABLE) < 1) uv_run(&loop.loop, UV_RUN_ONCE);
  entry.core.stop();
  size_t before = entry.delivered.size();
  for (int i = 0; i < 10; i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
  CHECK(entry.delivered.size() == before);
  entry.core.start();
  while (ready(entry, UV_READABLE) < 2) uv_run(&loop.loop, UV_RUN_ONCE);
}

TEST_CASE("a descriptor that is gone before it is polled is reported, and nobody is harmed") {
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop, 4);
    entry.core.start();
    Pipe pipe;
    FdWatch* reader = watch(&entry, pipe.ends[0]);
    int fd = pipe.ends[0];
    reader->want(UV_READABLE);
    pipe.close_read();
    // The number stands for a file now, which the system refuses to poll.
    int file = open("/dev/zero", O_RDONLY);
    REQUIRE(file == fd);
    close(file);
    for (int i = 0; i < 3; i++) {
      if (standalone) {
        entry.core.pump(false);
        entry.deliver();
      } else {
        uv_run(&loop.loop, UV_RUN_NOWAIT);
      }
      reader->want(UV_READABLE | UV_WRITABLE);
    }
    CHECK(ready(entry, UV_READABLE | UV_WRITABLE) + ready(entry, UV_READABLE) >= 1);
    entry.core.io().close(reader);
  }
}

TEST_CASE("what cannot be watched is refused, and leaves nothing open") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  Pipe pipe;
  size_t before = entry.core.open_handles();
  int file = open("/proc/self/cmdline", O_RDONLY);
  close(file);
  FdWatch gone;
  CHECK(gone.open(&entry.core, file).code == UV_EBADF);
  FdWatch* reader = watch(&entry, pipe.ends[0]);
  reader->want(UV_READABLE);
  entry.core.start();
  uv_run(&loop.loop, UV_RUN_NOWAIT);
  FdWatch twice;
  CHECK(twice.open(&entry.core, pipe.ends[0]).code == UV_EEXIST);
  entry.core.io().close(reader);
  loop.run();
  CHECK(entry.core.open_handles() == before);
}

TEST_CASE("a loop that closes closes its watches") {
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop);
    Pipe pipe;
    watch(&entry, pipe.ends[0])->want(UV_READABLE);
    entry.core.start();
    pipe.put();
    if (standalone) {
      entry.core.pump(true);
    } else {
      uv_run(&loop.loop, UV_RUN_ONCE);
    }
    entry.core.close();
    if (!standalone) loop.run();
    CHECK(entry.is_closed);
  }
}
