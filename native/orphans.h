// Children whose private loop closed while they ran: nobody watches them any more, so they are looked at whenever there
// is an occasion, and one that has ended is reaped. Until then it is a zombie, as a child of any program is that does
// not wait for it. Owned by the environment, which outlives its loops.
#ifndef AIOLOOP_ORPHANS_H_
#define AIOLOOP_ORPHANS_H_

#include <cstddef>
#include <vector>

namespace aioloop {

class Orphans {
 public:
  void add(int pid);
  // Reap those that have ended. Never waits.
  void reap();
  size_t count() const { return pids_.size(); }

 private:
  std::vector<int> pids_;
};

}  // namespace aioloop

#endif  // AIOLOOP_ORPHANS_H_
