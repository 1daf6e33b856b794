// Letters between loops: order, notices of the end, and what is refused.
#include "../../native/mailbox.h"

#include <doctest/doctest.h>

#include <cstring>
#include <string>

#include "../../native/wakeup.h"

using namespace aioloop;

namespace {

Letter* letter(const char* text) { return Letter::make(kLetterData, text, static_cast<uint32_t>(strlen(text))); }

std::string read_all(Letter* letters) {
  std::string text;
  for (Letter* one = letters; one != nullptr; one = one->next) {
    text += one->kind == kLetterClosed ? "closed" : std::string(one->bytes(), one->size);
    text += ";";
  }
  Letter::discard(letters);
  return text;
}

struct TestLoop {
  uv_loop_t loop;
  HandleGroup group;
  Wakeup wakeup;
  bool closed = false;

  TestLoop() {
    REQUIRE(uv_loop_init(&loop) == 0);
    REQUIRE(!wakeup.open(&loop, &group).failed());
    // A loop with nothing that keeps it alive does not poll.
    wakeup.keep_alive(true);
  }
  ~TestLoop() {
    end();
    CHECK(uv_run(&loop, UV_RUN_DEFAULT) == 0);
    CHECK(uv_loop_close(&loop) == 0);
  }
  void end() { wakeup.close(); }
  bool woken() {
    uv_run(&loop, UV_RUN_NOWAIT);
    return wakeup.take();
  }
};

}  // namespace

TEST_CASE("letters arrive in order, with one wake-up or more") {
  TestLoop to;
  CHECK(Wakeup::post(to.wakeup.id(), 0, letter("a")) == kPosted);
  CHECK(Wakeup::post(to.wakeup.id(), 0, letter("")) == kPosted);
  CHECK(Wakeup::post(to.wakeup.id(), 0, letter("b")) == kPosted);
  CHECK(to.woken());
  CHECK(read_all(to.wakeup.take_letters()) == "a;;b;");
  CHECK(to.wakeup.take_letters() == nullptr);
}

TEST_CASE("a letter to a closed loop is refused") {
  TestLoop to;
  to.end();
  CHECK(Wakeup::post(to.wakeup.id(), 0, letter("a")) == kPostClosed);
  CHECK(Wakeup::post(12345, 0, letter("a")) == kPostClosed);
}

TEST_CASE("who wants answers hears once of the end of a loop") {
  TestLoop from;
  TestLoop other;
  {
    TestLoop to;
    CHECK(Wakeup::post(to.wakeup.id(), from.wakeup.id(), letter("a")) == kPosted);
    CHECK(Wakeup::post(to.wakeup.id(), from.wakeup.id(), letter("b")) == kPosted);
    CHECK(Wakeup::post(to.wakeup.id(), 0, letter("c")) == kPosted);
    CHECK(!from.woken());
  }
  CHECK(from.woken());
  CHECK(read_all(from.wakeup.take_letters()) == "closed;");
  CHECK(!other.woken());
}

TEST_CASE("the end of both is no trouble") {
  TestLoop to;
  {
    TestLoop from;
    CHECK(Wakeup::post(to.wakeup.id(), from.wakeup.id(), letter("a")) == kPosted);
  }
  to.end();
}

TEST_CASE("a box has a limit in bytes") {
  Mailbox box;
  CHECK(box.has_room(Mailbox::kMost));
  box.put(letter("x"));
  CHECK(!box.has_room(Mailbox::kMost));
  CHECK(box.has_room(Mailbox::kMost - 1));
  Letter::discard(box.take());
  CHECK(box.has_room(Mailbox::kMost));
}
