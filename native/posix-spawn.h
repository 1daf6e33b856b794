// Starts a program by posix_spawn(3): the child borrows the memory of this process until the program begins, where
// fork(2) copies the page tables first, which for a Node process costs several times as much as all the rest, and more
// the more memory it has. Linux alone, since libuv does the same elsewhere.
//
// It knows no errors: where it cannot start the program, for whatever reason, nothing was started, and uv_spawn is
// asked, which says what is wrong, or can what this cannot: another user, a script without a first line of its own, an
// older C library. The child is as uv_spawn makes it: signals 1 to 31 as by default and none blocked, its descriptors
// those asked for and /dev/null for 0 to 2 of which nothing is said, looked for along the PATH that it will have. Part
// of Children.
#ifndef AIOLOOP_POSIX_SPAWN_H_
#define AIOLOOP_POSIX_SPAWN_H_

#include <uv.h>

namespace aioloop {

class PosixSpawn {
 public:
  PosixSpawn() = default;
  PosixSpawn(const PosixSpawn&) = delete;
  PosixSpawn& operator=(const PosixSpawn&) = delete;

  // The options of uv_spawn, whose streams are none or descriptors. True when the program has begun.
  bool start(const uv_process_options_t& options, int* pid);

 private:
  enum class Support { kUnknown, kNone, kFull };

  bool supported();

  Support support_ = Support::kUnknown;
  // int (posix_spawn_file_actions_t*, const char*), younger than what Node needs.
  void* add_chdir_ = nullptr;
};

}  // namespace aioloop

#endif  // AIOLOOP_POSIX_SPAWN_H_
