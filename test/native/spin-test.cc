// When a loop looks out for a wake before it sleeps.
#include "spin.h"

#include <doctest/doctest.h>

using namespace aioloop;

namespace {

// No machine has a processor of this number.
constexpr int kElsewhere = 1 << 20;

struct Looker {
  Spin spin;
  int looked = 0;

  // One poll that brings a wake from `processor`, and the look before the next.
  bool turn(int processor, bool there) {
    spin.woken(processor);
    return look(there);
  }
  bool look(bool there) {
    bool first = true;
    return spin.look([&] {
      if (first) looked++;
      first = false;
      return there;
    });
  }
};

}  // namespace

TEST_CASE("it looks once after each wake from another processor") {
  Looker looker;
  CHECK_FALSE(looker.look(true));
  CHECK(looker.looked == 0);
  CHECK(looker.turn(kElsewhere, true));
  CHECK_FALSE(looker.look(true));
  CHECK(looker.looked == 1);
  CHECK(looker.turn(kElsewhere, true));
  CHECK(looker.looked == 2);
}

TEST_CASE("it does not look where the system does not say which processor") {
  Looker looker;
  CHECK_FALSE(looker.turn(-1, true));
  CHECK(looker.looked == 0);
}

TEST_CASE("in vain it looks ever more seldom, and is as eager as before when it was not") {
  Looker looker;
  int wakes = 0;
  for (uint32_t skips : {1u, 3u, 7u, 15u, 31u, 63u, 63u}) {
    int before = looker.looked;
    CHECK_FALSE(looker.turn(kElsewhere, false));
    CHECK(looker.looked == before + 1);
    for (uint32_t i = 0; i < skips; i++) CHECK_FALSE(looker.turn(kElsewhere, true));
    CHECK(looker.looked == before + 1);
    wakes++;
  }
  CHECK(wakes == looker.looked);
  for (int i = 0; i < 10; i++) CHECK(looker.turn(kElsewhere, true));
  CHECK(looker.looked == wakes + 10);
}
