// The table of I/O objects: ids, records that find the ring full, closing at any time, what keeps a loop alive.
#include "io-table.h"

#include <doctest/doctest.h>

#include <vector>

#include "fake-entry.h"

using namespace aioloop;

namespace {

constexpr CompletionOp kHappened = static_cast<CompletionOp>(99);
constexpr uint32_t kAsk = 98;

// An object over one handle, as families are.
class FakeObject final : public IoObject {
 public:
  FakeObject(LoopCore* core, int* alive) : alive_(alive) {
    ++*alive_;
    uv_loop_t* loop = core->loop();
    REQUIRE(handle_.open(core->group(), this, [&](uv_idle_t* idle) { return uv_idle_init(loop, idle); }) == 0);
    handle_.keep_alive(false);
    REQUIRE(core->io().add(this));
  }
  ~FakeObject() override { --*alive_; }

  void submit(uint32_t op) override { asked.push_back(op); }
  void close() override {
    handle_.close([](void* self) { released(static_cast<FakeObject*>(self)); }, this);
  }
  void happen(uint32_t a, uint32_t b = 0) { post(kHappened, a, b); }
  void work(bool active) { set_active(active); }
  uint32_t slot() const { return id() & kSlotMask; }

  std::vector<uint32_t> asked;

 private:
  static void released(FakeObject* object) { object->table()->release(object); }

  Handle<uv_idle_t> handle_;
  int* alive_;
};

}  // namespace

TEST_CASE("an object is made, works, and is told closed last; its slot then has another generation") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  int alive = 0;
  FakeObject* first = new FakeObject(&entry.core, &alive);
  uint32_t id = first->id();
  entry.submit(kAsk, first->slot());
  entry.core.drain();
  CHECK(first->asked == std::vector<uint32_t>{kAsk});
  first->happen(7, 8);
  entry.submit(kSubmitClose, first->slot());
  entry.submit(kAsk, first->slot());
  entry.submit(kSubmitClose, first->slot());
  loop.run();
  CHECK(alive == 0);
  CHECK(entry.rings.number(kNumberDrops) == 2);
  REQUIRE(entry.delivered.size() == 2);
  CHECK(entry.delivered[0].op == kHappened);
  CHECK(entry.delivered[0].id == id);
  CHECK(entry.delivered[0].a == 7);
  CHECK(entry.delivered[0].b == 8);
  CHECK(entry.delivered[1].op == kCompleteClosed);
  CHECK(entry.delivered[1].id == id);
  CHECK(entry.core.io().objects() == 0);

  FakeObject* second = new FakeObject(&entry.core, &alive);
  CHECK(second->slot() == (id & kSlotMask));
  CHECK(second->id() != id);
  entry.core.io().abandon(second);
  loop.run();
  CHECK(alive == 0);
  CHECK(entry.delivered.size() == 2);
}

TEST_CASE("an object that is retired makes no turn, and keeps its slot until there is one") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  entry.core.start();
  loop.run();
  int turns = entry.turns;
  int alive = 0;
  FakeObject* first = new FakeObject(&entry.core, &alive);
  uint32_t id = first->id();
  entry.submit(kSubmitRetire, first->slot());
  entry.core.drain();
  loop.run();
  CHECK(alive == 0);
  CHECK(entry.turns == turns);
  CHECK(entry.delivered.empty());
  CHECK(entry.core.io().objects() == 0);

  FakeObject* second = new FakeObject(&entry.core, &alive);
  CHECK(second->slot() != (id & kSlotMask));
  second->happen(1);
  loop.run();
  REQUIRE(entry.delivered.size() == 2);
  CHECK(entry.delivered[0].op == kHappened);
  CHECK(entry.delivered[1].op == kCompleteClosed);
  CHECK(entry.delivered[1].id == id);

  FakeObject* third = new FakeObject(&entry.core, &alive);
  CHECK(third->slot() == (id & kSlotMask));
  CHECK(third->id() != id);
  entry.submit(kSubmitRetire, second->slot());
  entry.submit(kSubmitRetire, third->slot());
  entry.core.drain();
  loop.run();
  entry.core.close();
  loop.run();
  CHECK(alive == 0);
  CHECK(entry.delivered.size() == 2);
}

TEST_CASE("records that find the ring full come later, in order, from all objects") {
  TestLoop loop;
  FakeEntry entry(&loop.loop, 4);
  entry.core.start();
  int alive = 0;
  FakeObject* one = new FakeObject(&entry.core, &alive);
  FakeObject* other = new FakeObject(&entry.core, &alive);
  CHECK(entry.core.io().has_room());
  for (uint32_t i = 0; i < 20; i++) (i % 3 == 0 ? one : other)->happen(i);
  CHECK_FALSE(entry.core.io().has_room());
  CHECK(entry.core.io().pending());
  entry.core.io().close(one);
  entry.core.io().close(other);
  loop.run();
  CHECK(alive == 0);
  REQUIRE(entry.delivered.size() == 22);
  for (uint32_t i = 0; i < 20; i++) CHECK(entry.delivered[i].a == i);
  CHECK(entry.turns <= 3);
}

TEST_CASE("what is under way keeps a running loop alive, and a stopped one never") {
  TestLoop loop;
  FakeEntry entry(&loop.loop);
  int alive = 0;
  FakeObject* object = new FakeObject(&entry.core, &alive);
  entry.core.start();
  loop.run();
  object->work(true);
  CHECK(loop.alive());
  entry.core.stop();
  CHECK_FALSE(loop.alive());
  object->happen(1);
  loop.run();
  CHECK(entry.turns == 0);
  entry.core.start();
  CHECK(loop.alive());
  entry.on_turn = [&] { object->work(false); };
  loop.run();
  CHECK(entry.delivered.size() == 1);
  entry.on_turn = nullptr;
  object->work(true);
  for (bool left_out : {true, false}) {
    entry.submit(left_out ? kSubmitLeave : kSubmitKeep, object->slot());
    entry.submit(left_out ? kSubmitLeave : kSubmitKeep, object->slot());
    uv_run(&loop.loop, UV_RUN_NOWAIT);
    CHECK(loop.alive() == !left_out);
    object->work(false);
    CHECK_FALSE(loop.alive());
    object->work(true);
    CHECK(loop.alive() == !left_out);
  }
  entry.submit(kSubmitLeave, object->slot());
  entry.core.drain();
  entry.core.io().close(object);
  loop.run();
  CHECK(entry.core.io().active() == 0);
  CHECK(entry.delivered.back().op == kCompleteClosed);
}

TEST_CASE("a loop that closes closes its objects, whatever they were doing") {
  int alive = 0;
  for (bool standalone : {false, true}) {
    TestLoop loop;
    FakeEntry entry(standalone ? nullptr : &loop.loop, 4);
    entry.core.start();
    for (int i = 0; i < 10; i++) {
      FakeObject* object = new FakeObject(&entry.core, &alive);
      object->work(i % 2 == 0);
      object->happen(1);
      if (i % 3 == 0) entry.core.io().close(object);
    }
    CHECK(alive == 10);
    entry.core.close();
    if (!standalone) loop.run();
    CHECK(alive == 0);
    CHECK(entry.is_closed);
    CHECK_FALSE(entry.core.io().has_room());
  }
}

TEST_CASE("a standalone loop is pending while something is under way, and tells the closing of objects") {
  FakeEntry entry(nullptr);
  entry.core.start();
  int alive = 0;
  FakeObject* object = new FakeObject(&entry.core, &alive);
  CHECK_FALSE(entry.core.pump(true));
  object->work(true);
  CHECK(entry.core.pump(false));
  entry.submit(kSubmitClose, object->slot());
  for (int i = 0; i < 3 && entry.delivered.empty(); i++) {
    entry.core.pump(true);
    entry.deliver();
  }
  REQUIRE(entry.delivered.size() == 1);
  CHECK(entry.delivered[0].op == kCompleteClosed);
  CHECK_FALSE(entry.core.pump(true));
}
