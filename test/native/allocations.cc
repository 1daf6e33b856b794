// See allocations.h.
#include "allocations.h"

#include <uv.h>

#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<uint64_t> count{0};

void* counted(void* memory) {
  count.fetch_add(1, std::memory_order_relaxed);
  return memory;
}

// Before main: libuv takes its allocator only while it has nothing.
const int replaced = uv_replace_allocator([](size_t size) { return counted(malloc(size)); },
                                          [](void* old, size_t size) { return counted(realloc(old, size)); },
                                          [](size_t items, size_t size) { return counted(calloc(items, size)); }, free);

}  // namespace

namespace aioloop {

uint64_t allocations() { return replaced == 0 ? count.load() : UINT64_MAX; }

}  // namespace aioloop

// All of them, so that no memory comes from one family and goes to another.
void* operator new(size_t size, const std::nothrow_t&) noexcept { return counted(malloc(size)); }
void* operator new(size_t size) {
  void* memory = operator new(size, std::nothrow);
  if (memory == nullptr) throw std::bad_alloc();
  return memory;
}
void* operator new[](size_t size, const std::nothrow_t& tag) noexcept { return operator new(size, tag); }
void* operator new[](size_t size) { return operator new(size); }
void operator delete(void* memory) noexcept { free(memory); }
void operator delete(void* memory, size_t) noexcept { free(memory); }
void operator delete(void* memory, const std::nothrow_t&) noexcept { free(memory); }
void operator delete[](void* memory) noexcept { free(memory); }
void operator delete[](void* memory, size_t) noexcept { free(memory); }
void operator delete[](void* memory, const std::nothrow_t&) noexcept { free(memory); }
