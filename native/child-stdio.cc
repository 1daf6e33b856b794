// Pipes to a child. See child-stdio.h.
#include "child-stdio.h"

namespace aioloop {

namespace {

// Closing a descriptor that is ours fails in no way that anybody could do something about.
void close_all(std::vector<int>* descriptors) {
  for (int fd : *descriptors) {
    if (fd < 0) continue;
    uv_fs_t request;
    (void)uv_fs_close(nullptr, &request, fd, nullptr);
    uv_fs_req_cleanup(&request);
  }
  descriptors->clear();
}

// Our end does not block; the child's does, as programs expect.
#ifdef _WIN32
Failure open_pipe(StdioKind kind, int* ours, int* theirs) {
  if (kind == StdioKind::kBoth) return {UV_ENOTSUP, "pipe"};
  bool reads = kind == StdioKind::kReads;
  uv_file ends[2];
  int code = uv_pipe(ends, reads ? 0 : UV_NONBLOCK_PIPE, reads ? UV_NONBLOCK_PIPE : 0);
  if (code < 0) return {code, "pipe"};
  *ours = ends[reads ? 1 : 0];
  *theirs = ends[reads ? 0 : 1];
  return {};
}
#else
Failure open_pipe(StdioKind kind, int* ours, int* theirs) {
  bool writes = kind == StdioKind::kWrites;
  int ends[2];
  int code = writes ? uv_pipe(ends, UV_NONBLOCK_PIPE, 0) : uv_socketpair(SOCK_STREAM, 0, ends, UV_NONBLOCK_PIPE, 0);
  if (code < 0) return {code, writes ? "pipe" : "socketpair"};
  *ours = ends[0];
  *theirs = ends[1];
  return {};
}
#endif

}  // namespace

ChildStdio::~ChildStdio() {
  close_all(&theirs_);
  close_all(&ours_);
}

Failure ChildStdio::open(const StdioChoice* choices, size_t count) {
  containers_.resize(count);
  theirs_.assign(count, -1);
  ours_.assign(count, -1);
  for (size_t i = 0; i < count; i++) {
    const StdioChoice& choice = choices[i];
    uv_stdio_container_t& container = containers_[i];
    container.flags = UV_IGNORE;
    if (choice.kind == StdioKind::kIgnore) continue;
    if (choice.kind == StdioKind::kSame) {
      if (choice.fd < 0 || static_cast<size_t>(choice.fd) >= i) return {UV_EINVAL, "spawn"};
      container = containers_[static_cast<size_t>(choice.fd)];
      continue;
    }
    container.flags = UV_INHERIT_FD;
    container.data.fd = choice.fd;
    if (choice.kind == StdioKind::kInherit) continue;
    Failure failure = open_pipe(choice.kind, &ours_[i], &theirs_[i]);
    if (failure.failed()) return failure;
    container.data.fd = theirs_[i];
  }
  return {};
}

std::vector<int> ChildStdio::take_ours() {
  close_all(&theirs_);
  std::vector<int> ours;
  ours.swap(ours_);
  return ours;
}

}  // namespace aioloop
