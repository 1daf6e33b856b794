// UDP sockets on the loopback interface: records and memory, what waits, and ends with datagrams under way.
#include "udp.h"

#include <doctest/doctest.h>
#include <netinet/in.h>

#include <cstring>
#include <string>
#include <vector>

#include "fake-entry.h"
#include "socket-address.h"

using namespace aioloop;

namespace {

const sockaddr* any_port(sockaddr_storage* storage) {
  REQUIRE(parse_address("127.0.0.1", 0, storage) == 0);
  return reinterpret_cast<sockaddr*>(storage);
}

Udp* bound(FakeEntry* entry, const sockaddr* remote = nullptr) {
  sockaddr_storage local;
  Udp* udp = new Udp(&entry->core.streams().reads());
  REQUIRE_FALSE(udp->open(&entry->core, any_port(&local), remote, {}).failed());
  REQUIRE(entry->core.io().add(udp));
  udp->opened();
  return udp;
}

sockaddr_storage name_of(const Udp* udp) {
  sockaddr_storage name;
  int length = sizeof name;
  REQUIRE(uv_udp_getsockname(udp->handle(), reinterpret_cast<sockaddr*>(&name), &length) == 0);
  return name;
}

size_t count(const FakeEntry& entry, uint32_t op) {
  size_t found = 0;
  for (const Completion& each : entry.delivered) found += each.op == op;
  return found;
}

}  // namespace

TEST_CASE("a datagram lies in the slab behind where it came from, an empty one too") {
  TestLoop loop;
  FakeEntry entry(&loop.loop, 4);
  entry.core.start();
  Udp* to = bound(&entry);
  to->submit(kSubmitReadStart);
  sockaddr_storage address = name_of(to);
  Udp* from = bound(&entry, reinterpret_cast<sockaddr*>(&address));
  sockaddr_storage sender = name_of(from);
  const std::vector<std::string> texts = {"one", "", "three"};
  for (const std::string& text : texts) from->send(text.data(), text.size(), nullptr);
  while (count(entry, kCompleteReceived) < texts.size()) uv_run(&loop.loop, UV_RUN_ONCE);
  size_t next = 0;
  for (const Completion& each : entry.delivered) {
    if (each.op != kCompleteReceived) continue;
    CHECK(each.id == to->id());
    const char* memory = entry.core.streams().reads().block()->data() + each.a;
    CHECK(std::string(memory + kDatagramHeader, each.b) == texts[next++]);
    DatagramSource source;
    memcpy(&source, memory, sizeof source);
    sockaddr_storage came;
    REQUIRE(source_address(source, &came));
    CHECK(source.port == ntohs(reinterpret_cast<sockaddr_in*>(&sender)->sin_port));
    CHECK(memcmp(&reinterpret_cast<sockaddr_in*>(&came)->sin_addr, &reinterpret_cast<sockaddr_in*>(&sender)->sin_addr,
                 sizeof(in_addr)) == 0);
  }
}

TEST_CASE("the largest datagram has room at the very end of the slab") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  Udp* to = bound(&entry);
  to->submit(kSubmitReadStart);
  sockaddr_storage address = name_of(to);
  Udp* from = bound(&entry);
  std::string large(65507, 'x');
  for (int i = 0; i < 6; i++) from->send(large.data(), large.size(), reinterpret_cast<sockaddr*>(&address));
  while (count(entry, kCompleteReceived) < 2) uv_run(&loop.loop, UV_RUN_ONCE);
  for (int i = 0; i < 5; i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
  for (const Completion& each : entry.delivered) {
    if (each.op == kCompleteReceived) CHECK(each.b == large.size());
  }
}

TEST_CASE("what waits counts, is sent in order and told, and errors end nothing") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  Udp* to = bound(&entry);
  to->submit(kSubmitReadStart);
  sockaddr_storage address = name_of(to);
  const sockaddr* target = reinterpret_cast<sockaddr*>(&address);
  Udp* from = bound(&entry);
  from->queue("a", 1, target);
  from->queue("", 0, target);
  CHECK(*entry.core.io().cell(from) == 17);
  // Behind what waits.
  from->send("b", 1, target);
  CHECK(*entry.core.io().cell(from) == 26);
  while (count(entry, kCompleteReceived) < 3) uv_run(&loop.loop, UV_RUN_ONCE);
  while (*entry.core.io().cell(from) > 0) uv_run(&loop.loop, UV_RUN_ONCE);
  CHECK(count(entry, kCompleteDrained) >= 1);
  std::string large(70000, 'x');
  from->send(large.data(), large.size(), target);
  from->send("c", 1, target);
  while (count(entry, kCompleteReceived) < 4) uv_run(&loop.loop, UV_RUN_ONCE);
  REQUIRE(count(entry, kCompleteFailed) == 1);
  for (const Completion& each : entry.delivered) {
    if (each.op != kCompleteFailed) continue;
    CHECK(each.a == static_cast<uint32_t>(-UV_EMSGSIZE));
    CHECK(each.b == kCallSend);
  }
}

TEST_CASE("a stopped loop leaves datagrams with the system") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  Udp* to = bound(&entry);
  to->submit(kSubmitReadStart);
  sockaddr_storage address = name_of(to);
  Udp* from = bound(&entry);
  loop.alive();
  for (int i = 0; i < 3; i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
  entry.core.stop();
  from->send("x", 1, reinterpret_cast<sockaddr*>(&address));
  for (int i = 0; i < 10; i++) uv_run(&loop.loop, UV_RUN_NOWAIT);
  CHECK(count(entry, kCompleteReceived) == 0);
  CHECK_FALSE(loop.alive());
  entry.core.start();
  while (count(entry, kCompleteReceived) < 1) uv_run(&loop.loop, UV_RUN_ONCE);
}

TEST_CASE("an address that is taken is refused, and leaves nothing open") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  Udp* first = bound(&entry);
  sockaddr_storage address = name_of(first);
  size_t before = entry.core.open_handles();
  Udp second(&entry.core.streams().reads());
  Failure failure = second.open(&entry.core, reinterpret_cast<sockaddr*>(&address), nullptr, {});
  CHECK(failure.code == UV_EADDRINUSE);
  CHECK(std::string(failure.syscall) == "bind");
  uv_run(&loop.loop, UV_RUN_NOWAIT);
  CHECK(entry.core.open_handles() == before);
}

TEST_CASE("a socket, or its loop, may close with datagrams under way both ways") {
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop, 4);
    entry.core.start();
    for (int i = 0; i < 4; i++) {
      Udp* udp = bound(&entry);
      udp->submit(kSubmitReadStart);
      sockaddr_storage address = name_of(udp);
      for (int j = 0; j < 8; j++) udp->queue("to itself", 9, reinterpret_cast<sockaddr*>(&address));
      if (i % 2 == 0) entry.core.io().close(udp);
    }
    if (standalone) {
      entry.core.pump(false);
    } else {
      uv_run(&loop.loop, UV_RUN_NOWAIT);
    }
    entry.core.close();
    if (!standalone) loop.run();
    CHECK(entry.is_closed);
  }
}
