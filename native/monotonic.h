// The loop's clock: milliseconds with fractions, from the same source as `process.hrtime`. Deadlines and every "is it
// due" are on this one function, so that rounding cannot make a timer early.
#ifndef AIOLOOP_MONOTONIC_H_
#define AIOLOOP_MONOTONIC_H_

#include <uv.h>

namespace aioloop {

inline double monotonic_ms() { return static_cast<double>(uv_hrtime()) / 1e6; }

}  // namespace aioloop

#endif  // AIOLOOP_MONOTONIC_H_
