// Reading, writing and ending of one stream. See stream.h.
#include "stream.h"

#include "file-sending.h"
#include "stream-family.h"

namespace aioloop {

namespace {

// A write queue that grew beyond this gives its memory back when it is empty.
constexpr size_t kKeptQueue = 256 * 1024;

void empty_queue(std::vector<char>* queue) {
  if (queue->capacity() > kKeptQueue) {
    std::vector<char>().swap(*queue);
  } else {
    queue->clear();
  }
}

}  // namespace

int Stream::open(uv_loop_t* loop, HandleGroup* group, int hint) {
  int code = handle_.open(group, this, [&](StreamHandle* handle) {
    if (kind_ == Kind::tcp) return uv_tcp_init_ex(loop, &handle->tcp, static_cast<unsigned int>(hint));
    if (kind_ == Kind::pipe) return uv_pipe_init(loop, &handle->pipe, 0);
    return uv_tty_init(loop, &handle->tty, hint, 0);
  });
  if (code == 0) handle_.keep_alive(false);
  return code;
}

void Stream::submit(uint32_t op) {
  if (op == kSubmitReadStart) start_reading();
  if (op == kSubmitReadStop) stop_reading();
  if (op == kSubmitReset) {
    reset_ = true;
    table()->close(this);
  }
  if (op == kSubmitShutdown && !shutdown_) {
    shutdown_ = true;
    flush();
    if (!busy()) shut_down();
  }
}

void Stream::start_reading() {
  if (reading_ || failed_) return;
  reading_ = true;
  resume();
  update_active();
}

void Stream::resume() {
  if (!reading_ || connecting_ || closing()) return;
  int code = uv_read_start(stream(), on_alloc, on_read);
  if (code < 0 && code != UV_EALREADY) fail(code, kSyscallRead);
}

void Stream::stop_reading() {
  if (!reading_) return;
  reading_ = false;
  // Fails for no open handle.
  (void)uv_read_stop(stream());
  update_active();
}

void Stream::on_alloc(uv_handle_t* handle, size_t, uv_buf_t* buffer) {
  Stream* self = static_cast<Stream*>(handle->data);
  size_t size = 0;
  char* bytes = self->family_->reads().room(&self->share_, self->table()->has_room(), &size);
  *buffer = uv_buf_init(bytes, static_cast<unsigned int>(size));
}

void Stream::on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t*) {
  static_cast<Stream*>(stream->data)->received(count);
}

void Stream::received(ssize_t count) {
  if (count > 0) {
    uint32_t size = static_cast<uint32_t>(count);
    uint32_t offset = family_->reads().put(&share_, size);
    post(kCompleteReceived, offset, size);
  } else if (count == UV_EOF) {
    stop_reading();
    post(kCompleteEnded);
  } else if (count == UV_ENOBUFS) {
    if (family_->reads().block() == nullptr) return fail(UV_ENOMEM, kSyscallRead);
    // No turn comes that could make room: the poll would find this stream readable for ever.
    if (table()->running()) return;
    (void)uv_read_stop(stream());
    table()->wait(this);
  } else if (count < 0) {
    fail(static_cast<int>(count), kSyscallRead);
  }
}

void Stream::on_connect(uv_connect_t* request, int status) {
  Stream* self = end_request(request);
  self->connecting_ = false;
  if (self->closing()) return;
  if (status < 0) return self->fail(status, kSyscallConnect);
  self->post(kCompleteConnected);
  self->resume();
  self->send_queued();
  if (self->shutdown_ && !self->busy()) self->shut_down();
  self->update_active();
}

bool Stream::add_piece(uint32_t offset) {
  bool first = first_piece_ == Piece::kNone;
  if (first) {
    first_piece_ = offset;
  } else {
    family_->sends().at(last_piece_)->next = offset;
  }
  last_piece_ = offset;
  return first;
}

void Stream::flush() {
  if (first_piece_ == Piece::kNone) return;
  std::vector<uv_buf_t>& buffers = family_->scratch();
  buffers.clear();
  size_t total = 0;
  for (uint32_t offset = first_piece_; offset != Piece::kNone;) {
    Piece* piece = family_->sends().at(offset);
    buffers.push_back(uv_buf_init(piece->bytes(), piece->length));
    total += piece->length;
    offset = piece->next;
  }
  first_piece_ = Piece::kNone;
  send(buffers.data(), buffers.size(), total);
}

void Stream::write(const char* bytes, size_t size) {
  uv_buf_t buffer;
  buffer.base = const_cast<char*>(bytes);
  buffer.len = static_cast<decltype(buffer.len)>(size);
  send(&buffer, 1, size);
}

void Stream::send(const uv_buf_t* buffers, size_t count, size_t total) {
  if (failed_ || total == 0) return;
  size_t sent = 0;
  if (!busy()) {
    int code = uv_try_write(stream(), buffers, static_cast<unsigned int>(count));
    if (code < 0 && code != UV_EAGAIN) return fail(code, kSyscallWrite);
    if (code > 0) sent = static_cast<size_t>(code);
    if (sent == total) return;
  }
  queue(buffers, count, sent);
  if (!busy()) send_queued();
  update_queued();
}

void Stream::queue(const uv_buf_t* buffers, size_t count, size_t skip) {
  for (size_t i = 0; i < count; i++) {
    size_t size = buffers[i].len;
    if (skip >= size) {
      skip -= size;
      continue;
    }
    waiting_.insert(waiting_.end(), buffers[i].base + skip, buffers[i].base + size);
    skip = 0;
  }
}

void Stream::send_queued() {
  if (waiting_.empty() || failed_) return;
  sending_.swap(waiting_);
  uv_buf_t buffer;
  buffer.base = sending_.data();
  buffer.len = static_cast<decltype(buffer.len)>(sending_.size());
  uv_write_t* request = make_request<uv_write_t>();
  int code = request == nullptr ? UV_ENOMEM : uv_write(request, stream(), &buffer, 1, on_write);
  if (code < 0) {
    delete request;
    return fail(code, kSyscallWrite);
  }
  writing_ = true;
  update_active();
}

void Stream::on_write(uv_write_t* request, int status) {
  Stream* self = end_request(request);
  self->writing_ = false;
  empty_queue(&self->sending_);
  if (self->lingering_) return self->finish_close();
  if (self->closing()) return;
  if (status < 0) return self->fail(status, kSyscallWrite);
  self->send_queued();
  self->update_queued();
  if (!self->failed_) self->post(kCompleteDrained);
  if (self->shutdown_ && !self->busy()) self->shut_down();
  self->update_active();
}

void Stream::let_go() {
  sender_ = nullptr;
  send_queued();
  if (lingering_ && !writing_) finish_close();
  if (closing()) return;
  update_queued();
  if (shutdown_ && !busy()) shut_down();
  update_active();
}

void Stream::shut_down() {
  if (failed_ || shutting_) return;
  uv_shutdown_t* request = make_request<uv_shutdown_t>();
  int code = request == nullptr ? UV_ENOMEM : uv_shutdown(request, stream(), on_shutdown);
  if (code < 0) {
    delete request;
    return fail(code, kSyscallShutdown);
  }
  shutting_ = true;
  update_active();
}

void Stream::on_shutdown(uv_shutdown_t* request, int status) {
  Stream* self = end_request(request);
  if (self->closing()) return;
  self->shutting_ = false;
  // What is no socket has no half-close: its end is told by closing it.
  if (status < 0 && status != UV_ENOTSOCK) return self->fail(status, kSyscallShutdown);
  self->post(kCompleteFinished);
  self->update_active();
}

void Stream::fail(int code, Syscall syscall) {
  if (failed_) return;
  failed_ = true;
  if (closing()) {
    if (lingering_) finish_close();
    return;
  }
  stop_reading();
  empty_queue(&waiting_);
  update_queued();
  post(kCompleteFailed, static_cast<uint32_t>(-code), syscall);
  update_active();
}

void Stream::update_active() { set_active(!failed_ && (connecting_ || reading_ || writing_ || shutting_)); }

void Stream::update_queued() {
  *table()->cell(this) = failed_ ? 0 : static_cast<double>(sending_.size() + waiting_.size());
}

// JavaScript believes that what is not queued is on its way. So what stood in the send slab is sent, and finished in
// the background if the system does not take it now.
void Stream::close() {
  (void)uv_read_stop(stream());
  if (!reset_ && !connecting_ && !writing_) {
    // Behind a file: only that is queued which was refused before.
    empty_queue(&waiting_);
    flush();
    if (writing_ || !waiting_.empty()) {
      lingering_ = true;
      return;
    }
  }
  finish_close();
}

void Stream::hurry() {
  if (lingering_) finish_close();
}

void Stream::finish_close() {
  lingering_ = false;
  if (sender_ != nullptr) sender_->stream_gone();
  if (reset_ && kind_ == Kind::tcp) reset_on_close(&handle_.get()->handle);
  handle_.close(on_closed, this);
}

void Stream::on_closed(void* stream) {
  Stream* self = static_cast<Stream*>(stream);
  self->table()->release(self);
}

}  // namespace aioloop
