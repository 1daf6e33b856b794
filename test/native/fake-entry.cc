// See fake-entry.h.
#include "fake-entry.h"

#include <doctest/doctest.h>

namespace aioloop {

TestLoop::~TestLoop() {
  uv_run(&loop, UV_RUN_DEFAULT);
  CHECK(uv_loop_close(&loop) == 0);
}

}  // namespace aioloop
