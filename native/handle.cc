// Counting of open handles. See handle.h.
#include "handle.h"

namespace aioloop {

void HandleGroup::when_empty(Emptied emptied, void* owner) {
  if (open_ == 0) {
    emptied(owner);
    return;
  }
  emptied_ = emptied;
  owner_ = owner;
}

void HandleGroup::closed() {
  open_--;
  if (open_ == 0 && emptied_ != nullptr) emptied_(owner_);
}

}  // namespace aioloop
