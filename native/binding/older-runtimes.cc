// Official Node binaries need libstdc++ symbols up to GLIBCXX_3.4.21, so that is what a machine that runs Node is known
// to have. Newer compilers call `std::__throw_bad_array_new_length`, which is younger; with a hidden one of our own the
// addon loads on every such machine. It is reached only when an array's size overflows.
#include <cstdlib>

#ifdef __GLIBCXX__
namespace std {

[[noreturn]] __attribute__((visibility("hidden"))) void __throw_bad_array_new_length();

void __throw_bad_array_new_length() { abort(); }

}  // namespace std
#endif
