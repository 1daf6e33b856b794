// Counts what the test program allocates: by `new`, and by libuv.
#ifndef AIOLOOP_TEST_ALLOCATIONS_H_
#define AIOLOOP_TEST_ALLOCATIONS_H_

#include <cstdint>

namespace aioloop {

// How many allocations there were so far, on all threads.
uint64_t allocations();

}  // namespace aioloop

#endif  // AIOLOOP_TEST_ALLOCATIONS_H_
