// Turns of threads and of the poll. See file-sending.h.
#include "file-sending.h"

#ifdef __linux__
#include <fcntl.h>
#include <sys/sendfile.h>
#include <unistd.h>

#include <cerrno>
#endif

#include <algorithm>

#include "descriptor.h"
#include "stream.h"

namespace aioloop {

namespace {

// What one turn on a thread sends at the most: the threads are shared with files, look-ups and everything of Node's.
constexpr uint64_t kBytesAtOnce = 4 * 1024 * 1024;

#ifdef __linux__

void close_descriptor(int* fd) {
  if (*fd >= 0) (void)::close(*fd);
  *fd = -1;
}

#endif

}  // namespace

#ifdef __linux__

FileSending::~FileSending() {
  close_descriptor(&socket_);
  close_descriptor(&file_);
}

Failure FileSending::open(Stream* stream, int file, int64_t offset, uint64_t count) {
  if (stream->busy()) return {UV_EBUSY, "sendfile"};
  // First: a number that stands for nothing must not come to stand for our copy of the socket.
  file_ = copy_descriptor(file);
  if (file_ < 0) return {file_, "dup"};
  uv_os_fd_t socket;
  int code = uv_fileno(&stream->handle()->handle, &socket);
  if (code < 0) return {code, "sendfile"};
  socket_ = copy_descriptor(socket);
  if (socket_ < 0) return {socket_, "dup"};
  offset_ = offset;
  left_ = count == 0 ? UINT64_MAX : count;
  return {};
}

// On a thread.
void FileSending::send_some() {
  uint64_t budget = kBytesAtOnce;
  while (budget > 0 && left_ > 0) {
    off_t offset = offset_;
    ssize_t count = sendfile(socket_, file_, &offset, static_cast<size_t>(std::min(budget, left_)));
    if (count < 0 && errno == EINTR) continue;
    if (count < 0) {
      outcome_ = uv_translate_sys_error(errno);
      return;
    }
    ended_ = count == 0;
    if (ended_) return;
    offset_ += count;
    sent_ += static_cast<double>(count);
    budget -= static_cast<uint64_t>(count);
    left_ -= static_cast<uint64_t>(count);
  }
}

#else

FileSending::~FileSending() = default;

Failure FileSending::open(Stream*, int, int64_t, uint64_t) { return {UV_ENOTSUP, "sendfile"}; }

void FileSending::send_some() { outcome_ = UV_ENOTSUP; }

#endif

void FileSending::begin(Stream* stream) {
  stream_ = stream;
  stream->hold(this);
  set_active(true);
  work();
}

void FileSending::work() {
  request_.data = this;
  outcome_ = 0;
  int code = uv_queue_work(loop_, &request_, on_work, on_worked);
  if (code < 0) return finish(code);
  working_ = true;
  // Counted as a handle of the loop: this must outlive the request.
  group_->opened();
}

void FileSending::on_work(uv_work_t* request) { static_cast<FileSending*>(request->data)->send_some(); }

void FileSending::on_worked(uv_work_t* request, int status) {
  static_cast<FileSending*>(request->data)->worked(status);
}

void FileSending::worked(int status) {
  HandleGroup* group = group_;
  working_ = false;
  if (closing()) {
    release_if_over();
  } else if (status < 0 || stream_ == nullptr) {
    finish(UV_ECANCELED);
  } else if (outcome_ == UV_EAGAIN) {
    wait();
  } else if (outcome_ < 0 || ended_ || left_ == 0) {
    finish(outcome_);
  } else {
    work();
  }
  // Perhaps the end of the loop, so nothing comes behind it.
  group->closed();
}

void FileSending::wait() {
  int code = 0;
  if (!polling_) {
    code = poll_.open(group_, this, [&](uv_poll_t* poll) { return uv_poll_init(loop_, poll, socket_); });
    if (code < 0) return finish(code);
    polling_ = true;
    poll_.keep_alive(false);
  }
  code = uv_poll_start(poll_.get(), UV_WRITABLE, on_writable);
  if (code < 0) finish(code);
}

// An error is found out by the next call.
void FileSending::on_writable(uv_poll_t* poll, int, int) {
  FileSending* sending = Handle<uv_poll_t>::owner<FileSending>(poll);
  if (sending == nullptr) return;
  (void)uv_poll_stop(poll);
  sending->work();
}

void FileSending::finish(int code) {
  *table()->cell(this) = sent_;
  let_go_of_stream();
  set_active(false);
  if (code < 0) {
    post(kCompleteFailed, static_cast<uint32_t>(-code));
  } else {
    post(kCompleteFinished);
  }
}

void FileSending::let_go_of_stream() {
  Stream* stream = stream_;
  stream_ = nullptr;
  if (stream != nullptr) stream->let_go();
}

void FileSending::close() {
  // Refused when a thread is at it already; then its end is waited for.
  if (working_) (void)uv_cancel(reinterpret_cast<uv_req_t*>(&request_));
  poll_.close(on_poll_closed, this);
  release_if_over();
}

void FileSending::release_if_over() {
  if (working_ || polling_) return;
  let_go_of_stream();
  table()->release(this);
}

void FileSending::on_poll_closed(void* data) {
  FileSending* sending = static_cast<FileSending*>(data);
  sending->polling_ = false;
  sending->release_if_over();
}

}  // namespace aioloop
