// Look-ups: their records, their answers, and ends of every kind while the system is at it. Nothing here needs a
// network.
#include "resolver.h"

#include <doctest/doctest.h>
#include <netdb.h>

#include <cstring>
#include <string>

#include "fake-entry.h"
#include "socket-address.h"

using namespace aioloop;

namespace {

addrinfo stream_hints() {
  addrinfo hints;
  memset(&hints, 0, sizeof hints);
  hints.ai_socktype = SOCK_STREAM;
  return hints;
}

AddressLookup* look_up(FakeEntry* entry, const char* host, const char* service) {
  AddressLookup* lookup = new AddressLookup(&entry->core);
  REQUIRE(entry->core.io().add(lookup));
  lookup->begin(entry->core.loop(), host, service, stream_hints());
  return lookup;
}

}  // namespace

TEST_CASE("a look-up is told by a record, keeps the loop alive until then, and gives addresses") {
  TestLoop loop;
  FakeEntry entry(&loop.loop, 4);
  entry.core.start();
  AddressLookup* lookup = look_up(&entry, "127.0.0.1", "80");
  loop.run();
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].op == kCompleteLookup);
  CHECK(entry.delivered[0].id == lookup->id());
  CHECK(entry.delivered[0].a == 0);
  REQUIRE(lookup->found() != nullptr);
  AddressText text;
  CHECK(format_address(lookup->found()->ai_addr, &text) == 0);
  CHECK(std::string(text.address) == "127.0.0.1");
  CHECK(text.port == 80);
  entry.core.io().close(lookup);
  loop.run();
  CHECK(entry.delivered.back().op == kCompleteClosed);
  CHECK(entry.core.io().objects() == 0);
}

TEST_CASE("a look-up that fails says why") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  AddressLookup* lookup = look_up(&entry, "127.0.0.1", "nosuchservice");
  loop.run();
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].a == static_cast<uint32_t>(-UV_EAI_SERVICE));
  CHECK(lookup->found() == nullptr);
}

TEST_CASE("what libuv refuses at once is told the same way") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  look_up(&entry, nullptr, nullptr);
  loop.run();
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].a == static_cast<uint32_t>(-UV_EINVAL));
}

TEST_CASE("an address has a name, or its number") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  sockaddr_storage address;
  REQUIRE(parse_address("192.0.2.1", 65000, &address) == 0);
  NameLookup* lookup = new NameLookup(&entry.core);
  REQUIRE(entry.core.io().add(lookup));
  lookup->begin(&loop.loop, reinterpret_cast<sockaddr*>(&address), NI_NUMERICHOST | NI_NUMERICSERV);
  loop.run();
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].a == 0);
  CHECK(lookup->hostname() == "192.0.2.1");
  CHECK(lookup->service() == "65000");
}

TEST_CASE("closing a look-up forgets it, whether the system is at it or not") {
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop, 4);
    entry.core.start();
    // More than there are threads: some are under way, others wait for theirs.
    for (int i = 0; i < 12; i++) {
      AddressLookup* lookup = look_up(&entry, "127.0.0.1", "80");
      if (i % 2 == 0) entry.core.io().close(lookup);
    }
    CHECK(entry.core.io().active() == 6);
    while (entry.core.io().active() > 0) {
      if (standalone) {
        entry.core.pump(true);
        entry.deliver();
      } else {
        uv_run(&loop.loop, UV_RUN_ONCE);
      }
    }
    CHECK(entry.core.io().objects() >= 6);
  }
}

TEST_CASE("a loop that closes waits for the look-ups that cannot be stopped") {
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop);
    entry.core.start();
    for (int i = 0; i < 12; i++) look_up(&entry, "localhost", nullptr);
    entry.core.close();
    if (!standalone) loop.run();
    CHECK(entry.is_closed);
    CHECK(entry.delivered.empty());
  }
}
