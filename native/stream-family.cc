// Making streams, and their small writes. See stream-family.h.
#include "stream-family.h"

#include <new>

namespace aioloop {

void StreamFamily::open(uv_loop_t* loop, Rings* rings) {
  loop_ = loop;
  rings_ = rings;
  reads_.open(rings);
}

int StreamFamily::open_stream(Stream::Kind kind, Stream** stream, int hint) {
  *stream = nullptr;
  Stream* made = new (std::nothrow) Stream(this, kind);
  if (made == nullptr) return UV_ENOMEM;
  int code = made->open(loop_, group_, hint);
  if (code < 0) {
    delete made;
    return code;
  }
  if (!table_->add(made)) {
    // The handle is given back by itself.
    delete made;
    return UV_ENOMEM;
  }
  *stream = made;
  return 0;
}

int StreamFamily::open_listener(Stream::Kind kind, Listener** listener, int hint) {
  *listener = nullptr;
  Listener* made = new (std::nothrow) Listener(this, kind);
  if (made == nullptr) return UV_ENOMEM;
  int code = made->open(loop_, group_, hint);
  if (code == 0 && !table_->add(made)) code = UV_ENOMEM;
  if (code < 0) {
    delete made;
    return code;
  }
  *listener = made;
  return 0;
}

Failure StreamFamily::refuse(IoObject* object, int code, const char* syscall) {
  if (code >= 0) return {};
  table_->abandon(object);
  return {code, syscall};
}

void StreamFamily::gather() {
  uint32_t end = rings_->word(kWordSendTail);
  for (uint32_t offset = 0; offset < end;) {
    Piece* piece = sends_.at(offset);
    piece->next = Piece::kNone;
    IoObject* object = table_->find_exact(piece->id);
    if (object == nullptr || object->family() != IoFamily::stream) {
      rings_->count(kNumberDrops);
    } else {
      Stream* stream = static_cast<Stream*>(object);
      if (stream->add_piece(offset)) dirty_.push_back(stream);
    }
    offset = SendSlab::after(offset, piece);
  }
}

// No stream goes away in here: that takes a close callback.
void StreamFamily::flush() {
  if (rings_->word(kWordSendTail) == 0) return;
  for (Stream* stream : dirty_) stream->flush();
  dirty_.clear();
  rings_->set_word(kWordSendTail, 0);
  rings_->set_word(kWordSendEpoch, rings_->word(kWordSendEpoch) + 1);
}

}  // namespace aioloop
