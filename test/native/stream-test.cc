// Streams and listeners of the core, with this file as their JavaScript: what is read and written, rounds under
// pressure, full rings, closing at any time.
#include "stream.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstring>
#include <functional>
#include <map>
#include <string>

#include "fake-entry.h"

using namespace aioloop;

namespace {

// The other side of the boundary: keeps what came for each object, and looks at bytes as it is told.
struct Lab {
  TestLoop loop;
  FakeEntry entry;
  std::map<uint32_t, std::string> received;
  std::map<uint32_t, std::vector<uint32_t>> events;
  std::vector<uint32_t> accepted;
  std::function<void(const Completion&)> on_event;
  size_t seen = 0;
  bool consume = true;

  explicit Lab(uint32_t capacity = 64) : entry(&loop.loop, capacity) {
    signal(SIGPIPE, SIG_IGN);
    entry.on_turn = [this] { look(); };
    entry.core.start();
  }
  // Everything must be closed before the maps go.
  ~Lab() {
    entry.on_turn = nullptr;
    entry.core.close();
    loop.run();
  }

  StreamFamily& streams() { return entry.core.streams(); }

  void look() {
    for (; seen < entry.delivered.size(); seen++) {
      const Completion completion = entry.delivered[seen];
      if (completion.op == kCompleteReceived) {
        received[completion.id].append(streams().reads().block()->data() + completion.a, completion.b);
        if (consume) entry.rings.set_word(kWordConsumed, entry.rings.word(kWordConsumed) + 1);
      }
      if (completion.op == kCompleteAccepted) accepted.push_back(completion.a);
      events[completion.id].push_back(completion.op);
      if (on_event) on_event(completion);
    }
  }

  void submit(uint32_t op, uint32_t id) { entry.submit(op, id & kSlotMask); }
  void turns(int count) {
    for (int i = 0; i < count; i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
  }
  void until(const std::function<bool()>& so) {
    for (int i = 0; i < 1000000 && !so(); i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
    REQUIRE(so());
  }
  bool happened(uint32_t id, uint32_t op) {
    for (uint32_t event : events[id]) {
      if (event == op) return true;
    }
    return false;
  }

  // A small write, as src/native/send-slab.ts makes it.
  void put(uint32_t id, const std::string& bytes) {
    char* slab = streams().sends().block()->data();
    uint32_t at = (entry.rings.word(kWordSendTail) + 3) & ~3u;
    if (at + Piece::kHeader + bytes.size() > kSendSlabBytes) {
      entry.core.drain();
      at = 0;
    }
    const uint32_t header[4] = {id, static_cast<uint32_t>(bytes.size()), 0, 0};
    memcpy(slab + at, header, sizeof header);
    memcpy(slab + at + Piece::kHeader, bytes.data(), bytes.size());
    entry.rings.set_word(kWordSendTail, at + Piece::kHeader + static_cast<uint32_t>(bytes.size()));
    if (entry.rings.word(kWordAwake) == 0 && entry.rings.word(kWordInside) == 0) entry.core.wake();
  }

  // A stream over one end of a socket pair; the other end is returned.
  int pair(Stream** stream) {
    int fds[2];
    REQUIRE(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds) == 0);
    REQUIRE_FALSE(streams().adopt_stream(fds[0], stream).failed());
    fcntl(fds[1], F_SETFL, O_NONBLOCK);
    return fds[1];
  }

  Listener* listen(sockaddr_storage* name) {
    sockaddr_in address;
    uv_ip4_addr("127.0.0.1", 0, &address);
    Listener* listener = nullptr;
    REQUIRE_FALSE(streams().bind_tcp(reinterpret_cast<sockaddr*>(&address), {}, &listener).failed());
    REQUIRE_FALSE(listener->listen(64).failed());
    int length = sizeof *name;
    REQUIRE(uv_tcp_getsockname(&listener->handle()->tcp, reinterpret_cast<sockaddr*>(name), &length) == 0);
    return listener;
  }

  Stream* connect(const sockaddr_storage& name) {
    Stream* stream = nullptr;
    REQUIRE_FALSE(streams().connect_tcp(reinterpret_cast<const sockaddr*>(&name), nullptr, &stream).failed());
    return stream;
  }
};

std::string read_all(int fd, size_t size) {
  std::string all;
  char buffer[65536];
  while (all.size() < size) {
    ssize_t count = read(fd, buffer, sizeof buffer);
    if (count <= 0) break;
    all.append(buffer, static_cast<size_t>(count));
  }
  return all;
}

}  // namespace

TEST_CASE("small writes of a turn leave together, in order, and nothing is queued") {
  Lab lab;
  Stream* stream;
  int peer = lab.pair(&stream);
  for (int i = 0; i < 500; i++) lab.put(stream->id(), std::to_string(i) + ",");
  lab.entry.core.drain();
  std::string expected;
  for (int i = 0; i < 500; i++) expected += std::to_string(i) + ",";
  CHECK(read_all(peer, expected.size()) == expected);
  CHECK(*lab.entry.core.io().cell(stream) == 0);
  lab.turns(3);
  CHECK(lab.events[stream->id()].empty());
  close(peer);
}

TEST_CASE("both ends of a TCP connection send without delay") {
  Lab lab;
  sockaddr_storage name;
  lab.listen(&name);
  Stream* client = lab.connect(name);
  lab.until([&] { return !lab.accepted.empty() && lab.happened(client->id(), kCompleteConnected); });
  auto* peer = static_cast<Stream*>(lab.entry.core.io().find_exact(lab.accepted[0]));
  REQUIRE(peer != nullptr);
  for (Stream* stream : {client, peer}) {
    uv_os_fd_t fd;
    REQUIRE(uv_fileno(reinterpret_cast<uv_handle_t*>(stream->handle()), &fd) == 0);
    int no_delay = 0;
    socklen_t size = sizeof no_delay;
    REQUIRE(getsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &no_delay, &size) == 0);
    CHECK(no_delay != 0);
  }
}

TEST_CASE("pieces for a stream that is gone are dropped and counted") {
  Lab lab;
  Stream* stream;
  int peer = lab.pair(&stream);
  uint32_t id = stream->id();
  lab.submit(kSubmitClose, id);
  lab.until([&] { return lab.happened(id, kCompleteClosed); });
  double drops = lab.entry.rings.number(kNumberDrops);
  lab.put(id, "late");
  lab.entry.core.drain();
  CHECK(lab.entry.rings.number(kNumberDrops) == drops + 1);
  // Nor are they taken for those of the next stream in the slot.
  Stream* other;
  int other_peer = lab.pair(&other);
  CHECK((other->id() & kSlotMask) == (id & kSlotMask));
  lab.put(id, "late");
  lab.put(other->id(), "mine");
  lab.entry.core.drain();
  CHECK(read_all(other_peer, 4) == "mine");
  close(peer);
  close(other_peer);
}

TEST_CASE("what the system refuses is queued, sent later, and told once it is gone; a close drops it") {
  Lab lab;
  Stream* stream;
  int peer = lab.pair(&stream);
  std::string bytes(4 << 20, 'x');
  stream->write(bytes.data(), bytes.size());
  lab.put(stream->id(), "behind");
  lab.entry.core.drain();
  double queued = *lab.entry.core.io().cell(stream);
  CHECK(queued > 0);
  std::string got;
  lab.until([&] {
    got += read_all(peer, bytes.size());
    return got.size() == bytes.size() + 6;
  });
  CHECK(got.substr(bytes.size()) == "behind");
  lab.until([&] { return *lab.entry.core.io().cell(stream) == 0; });
  lab.turns(2);
  CHECK(lab.happened(stream->id(), kCompleteDrained));
  stream->write(bytes.data(), bytes.size());
  uint32_t id = stream->id();
  lab.submit(kSubmitClose, id);
  lab.until([&] { return lab.happened(id, kCompleteClosed); });
  CHECK(read_all(peer, bytes.size()).size() < bytes.size());
  close(peer);
}

TEST_CASE("what was not queued is sent behind a close, and the end of the loop does not wait for it") {
  Lab lab;
  for (bool finish : {true, false}) {
    Stream* stream;
    int peer = lab.pair(&stream);
    uint32_t id = stream->id();
    // More than the socket takes, all of it in the slab of one drain.
    int size = 4096;
    setsockopt(peer, SOL_SOCKET, SO_RCVBUF, &size, sizeof size);
    uv_os_fd_t fd;
    REQUIRE(uv_fileno(&stream->handle()->handle, &fd) == 0);
    setsockopt(fd, SOL_SOCKET, SO_SNDBUF, &size, sizeof size);
    for (int i = 0; i < 20; i++) lab.put(id, std::string(2000, static_cast<char>('a' + i)));
    lab.submit(kSubmitClose, id);
    lab.entry.core.drain();
    lab.turns(3);
    CHECK_FALSE(lab.happened(id, kCompleteClosed));
    if (finish) {
      std::string got;
      lab.until([&] {
        got += read_all(peer, 40000);
        return got.size() == 40000;
      });
      CHECK(got.back() == 't');
      lab.until([&] { return lab.happened(id, kCompleteClosed); });
    } else {
      lab.entry.core.close();
      lab.loop.run();
      CHECK(lab.entry.is_closed);
    }
    close(peer);
  }
}

TEST_CASE("reading starts and stops as asked, and ends once") {
  Lab lab;
  Stream* stream;
  int peer = lab.pair(&stream);
  uint32_t id = stream->id();
  REQUIRE(write(peer, "one", 3) == 3);
  lab.turns(3);
  CHECK(lab.received[id].empty());
  lab.submit(kSubmitReadStart, id);
  lab.until([&] { return lab.received[id] == "one"; });
  lab.submit(kSubmitReadStop, id);
  lab.turns(2);
  REQUIRE(write(peer, "two", 3) == 3);
  shutdown(peer, SHUT_WR);
  lab.turns(3);
  CHECK(lab.received[id] == "one");
  lab.submit(kSubmitReadStart, id);
  lab.until([&] { return lab.happened(id, kCompleteEnded); });
  CHECK(lab.received[id] == "onetwo");
  lab.turns(5);
  CHECK(lab.events[id].back() == kCompleteEnded);
  close(peer);
}

TEST_CASE("many streams with much to read are served in rounds, none twice before all were") {
  for (uint32_t capacity : {4u, 64u}) {
    Lab lab(capacity);
    constexpr int kStreams = 12;
    Stream* streams[kStreams];
    int peers[kStreams];
    std::string bytes(150000, 'x');
    for (int i = 0; i < kStreams; i++) {
      peers[i] = lab.pair(&streams[i]);
      lab.submit(kSubmitReadStart, streams[i]->id());
    }
    size_t least = 0;
    size_t most = 0;
    for (int turn = 0; turn < 300; turn++) {
      for (int peer : peers) (void)!write(peer, bytes.data(), bytes.size());
      lab.turns(1);
      size_t total = 0;
      least = SIZE_MAX;
      most = 0;
      for (Stream* stream : streams) {
        size_t size = lab.received[stream->id()].size();
        least = std::min(least, size);
        most = std::max(most, size);
        total += size;
      }
      CHECK(most - least <= 3 * kLargestRead);
    }
    CHECK(least > 10 * kLargestRead);
    for (int peer : peers) close(peer);
  }
}

TEST_CASE("a slab that nobody looks at fills up, and no further; a stopped loop does not spin") {
  Lab lab;
  lab.consume = false;
  Stream* stream;
  int peer = lab.pair(&stream);
  lab.submit(kSubmitReadStart, stream->id());
  std::string bytes(64 * 1024, 'x');
  size_t written = 0;
  for (int i = 0; i < 100; i++) {
    ssize_t count = write(peer, bytes.data(), bytes.size());
    if (count > 0) written += static_cast<size_t>(count);
    lab.turns(1);
  }
  size_t size = lab.received[stream->id()].size();
  CHECK(size >= kReadBudget);
  CHECK(size <= kReadBudget + kLargestRead);
  lab.entry.core.stop();
  // Nothing keeps a stopped loop alive, so this returns although there is much to read.
  lab.loop.run();
  lab.entry.rings.set_word(kWordConsumed, static_cast<uint32_t>(lab.events[stream->id()].size()));
  lab.consume = true;
  lab.entry.core.start();
  lab.until([&] { return lab.received[stream->id()].size() == written; });
  close(peer);
}

TEST_CASE("memory whose view was lost is replaced, with what is in it") {
  Lab lab;
  Stream* stream;
  int peer = lab.pair(&stream);
  lab.submit(kSubmitReadStart, stream->id());
  lab.consume = false;
  lab.on_event = [&](const Completion& completion) {
    if (completion.op != kCompleteReceived) return;
    Block* old = lab.streams().reads().block();
    old->hold();
    Block* fresh = lab.streams().reads().renew();
    CHECK(fresh != old);
    CHECK(std::string(fresh->data() + completion.a, completion.b) == "hello");
    old->let_go();
  };
  REQUIRE(write(peer, "hello", 5) == 5);
  lab.until([&] { return lab.received[stream->id()] == "hello"; });
  close(peer);
}

TEST_CASE("clients wait while the listener is paused or the ring is full, and all come") {
  Lab lab(4);
  sockaddr_storage name;
  Listener* listener = lab.listen(&name);
  uint32_t id = listener->id();
  lab.submit(kSubmitPause, id);
  std::vector<uint32_t> clients;
  for (int i = 0; i < 20; i++) clients.push_back(lab.connect(name)->id());
  lab.until([&] {
    for (uint32_t client : clients) {
      if (!lab.happened(client, kCompleteConnected)) return false;
    }
    return true;
  });
  CHECK(lab.accepted.empty());
  lab.submit(kSubmitResume, id);
  lab.until([&] { return lab.accepted.size() == 20; });
  lab.submit(kSubmitPause, id);
  lab.connect(name);
  lab.turns(5);
  // With a client held by libuv.
  lab.submit(kSubmitClose, id);
  lab.until([&] { return lab.happened(id, kCompleteClosed); });
  CHECK(lab.accepted.size() == 20);
}

TEST_CASE("a shutdown comes behind what is queued, a reset at once; both ways of failing are told once") {
  Lab lab;
  sockaddr_storage name;
  lab.listen(&name);
  Stream* client = lab.connect(name);
  uint32_t id = client->id();
  std::string bytes(8 << 20, 'x');
  client->write(bytes.data(), bytes.size());
  lab.submit(kSubmitShutdown, id);
  lab.until([&] { return !lab.accepted.empty(); });
  uint32_t server = lab.accepted[0];
  lab.turns(5);
  CHECK_FALSE(lab.happened(id, kCompleteFinished));
  lab.submit(kSubmitReadStart, server);
  lab.until([&] { return lab.happened(server, kCompleteEnded) && lab.happened(id, kCompleteFinished); });
  CHECK(lab.received[server].size() == bytes.size());
  lab.submit(kSubmitReset, server);
  lab.submit(kSubmitReadStart, id);
  lab.until([&] { return lab.happened(id, kCompleteFailed) && lab.happened(server, kCompleteClosed); });
  client->write("x", 1);
  lab.turns(5);
  CHECK(lab.events[id].back() == kCompleteFailed);
}

TEST_CASE("streams may be closed in any state, by JavaScript and with the loop") {
  for (int closing = 0; closing < 2; closing++) {
    Lab lab(closing == 0 ? 4 : 64);
    sockaddr_storage name;
    lab.listen(&name);
    for (int i = 0; i < 60; i++) {
      Stream* stream = lab.connect(name);
      uint32_t id = stream->id();
      if (i % 2 == 0) lab.submit(kSubmitReadStart, id);
      if (i % 3 == 0) stream->write(std::string(300000, 'x').data(), 300000);
      if (i % 3 == 1) lab.put(id, "small");
      lab.turns(i % 4);
      if (i % 5 == 0) lab.submit(kSubmitShutdown, id);
      if (i % 7 == 0) lab.submit(kSubmitReset, id);
      if (i % 3 != 2) lab.submit(kSubmitClose, id);
      lab.turns(i % 2);
    }
    for (uint32_t id : lab.accepted) lab.submit(kSubmitReadStart, id);
    if (closing == 0) lab.turns(20);
    lab.entry.core.close();
    lab.loop.run();
    CHECK(lab.entry.is_closed);
    CHECK(lab.entry.core.io().objects() == 0);
  }
}

TEST_CASE("files and devices that cannot be polled are refused and stay with the caller") {
  Lab lab;
  Stream* stream = nullptr;
  int file = open("/dev/null", O_RDWR | O_CLOEXEC);
  CHECK(lab.streams().adopt_stream(file, &stream).code == UV_EPERM);
  CHECK(fcntl(file, F_GETFD) >= 0);
  close(file);
  CHECK(lab.streams().adopt_stream(file, &stream).failed());
  CHECK(lab.entry.core.io().objects() == 0);
}
