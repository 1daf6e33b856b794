// Slots, generations and records that wait. See io-table.h.
#include "io-table.h"

namespace aioloop {

void IoObject::post(CompletionOp op, uint32_t a, uint32_t b) { table_->post(op, id_, a, b); }

void IoObject::set_active(bool active) { table_->set_active(this, active); }

// Objects are left only where the loop could not be opened.
IoTable::~IoTable() {
  for (IoObject* object : objects_) delete object;
  for (Block* chunk : cells_) chunk->let_go();
}

void IoTable::start() {
  running_ = true;
  update();
}

void IoTable::stop() {
  running_ = false;
  update();
}

void IoTable::close() {
  rings_ = nullptr;
  backlog_.clear();
  for (uint32_t id : retired_) vacate(id & kSlotMask);
  retired_.clear();
  // `close` may release an object at once, but adds none.
  for (size_t slot = 0; slot < objects_.size(); slot++) {
    if (objects_[slot] == nullptr) continue;
    if (objects_[slot]->closing_) {
      objects_[slot]->hurry();
    } else {
      close(objects_[slot]);
      if (objects_[slot] != nullptr) objects_[slot]->hurry();
    }
  }
}

bool IoTable::add(IoObject* object) {
  if (rings_ == nullptr) return false;
  uint32_t slot;
  if (free_.empty()) {
    if (objects_.size() > kSlotMask) return false;
    slot = static_cast<uint32_t>(objects_.size());
    if (slot / kCellsPerChunk == cells_.size()) {
      Block* chunk = Block::make(kCellsPerChunk * sizeof(double));
      if (chunk == nullptr) return false;
      cells_.push_back(chunk);
    }
    objects_.push_back(nullptr);
    generations_.push_back(0);
  } else {
    slot = free_.back();
    free_.pop_back();
  }
  objects_[slot] = object;
  object->table_ = this;
  object->id_ = static_cast<uint32_t>(generations_[slot]) << kSlotBits | slot;
  return true;
}

IoObject* IoTable::find(uint32_t slot) const {
  if (slot >= objects_.size() || objects_[slot] == nullptr || objects_[slot]->closing_) return nullptr;
  return objects_[slot];
}

IoObject* IoTable::find_exact(uint32_t id) const {
  IoObject* object = find(id & kSlotMask);
  return object != nullptr && object->id_ == id ? object : nullptr;
}

void IoTable::wait(IoObject* object) {
  if (object->waiting_) return;
  object->waiting_ = true;
  waiting_.push_back(object->id_);
}

void IoTable::begin_poll() {
  if (waiting_.empty() || !running_ || !has_room()) return;
  // Who still finds no room waits again.
  std::vector<uint32_t> waiting;
  waiting.swap(waiting_);
  for (uint32_t id : waiting) {
    IoObject* object = find_exact(id);
    if (object == nullptr) continue;
    object->waiting_ = false;
    object->resume();
  }
}

double* IoTable::cell(const IoObject* object) const {
  uint32_t slot = object->id_ & kSlotMask;
  return reinterpret_cast<double*>(cells_[slot / kCellsPerChunk]->data()) + slot % kCellsPerChunk;
}

void IoTable::close(IoObject* object) {
  if (object->closing_) return;
  set_active(object, false);
  object->closing_ = true;
  object->close();
}

void IoTable::abandon(IoObject* object) {
  object->told_ = false;
  close(object);
}

void IoTable::release(IoObject* object) {
  uint32_t id = object->id_;
  bool told = object->told_;
  bool retired = told && object->retired_ && rings_ != nullptr;
  uint32_t slot = id & kSlotMask;
  *cell(object) = 0;
  objects_[slot] = nullptr;
  delete object;
  // The record comes before any of the slot's next object, so that JavaScript always knows which one a record is for.
  if (retired) {
    retired_.push_back(id);
  } else {
    vacate(slot);
    if (told) post(kCompleteClosed, id, 0, 0);
  }
}

void IoTable::vacate(uint32_t slot) {
  generations_[slot]++;
  free_.push_back(slot);
}

void IoTable::submit(uint32_t op, uint32_t slot) {
  IoObject* object = find(slot);
  if (object == nullptr) {
    if (rings_ != nullptr) rings_->count(kNumberDrops);
  } else if (op == kSubmitClose || op == kSubmitRetire) {
    object->retired_ = op == kSubmitRetire;
    close(object);
  } else if (op == kSubmitKeep || op == kSubmitLeave) {
    leave_out(object, op == kSubmitLeave);
  } else {
    object->submit(op);
  }
}

void IoTable::collect(bool turn) {
  while (!backlog_.empty()) {
    const Record& record = backlog_.front();
    if (!rings_->put(record.op, record.id, record.a, record.b)) return;
    backlog_.pop_front();
  }
  if (!turn && !rings_->has_completions()) return;
  while (!retired_.empty() && rings_->put(kCompleteClosed, retired_.back())) {
    vacate(retired_.back() & kSlotMask);
    retired_.pop_back();
  }
}

void IoTable::post(CompletionOp op, uint32_t id, uint32_t a, uint32_t b) {
  if (rings_ == nullptr) return;
  // The first record says it for all that come behind it.
  bool first = !rings_->has_completions();
  if (!backlog_.empty() || !rings_->put(op, id, a, b)) backlog_.push_back({op, id, a, b});
  if (first) host_->io_pending();
}

void IoTable::set_active(IoObject* object, bool active) {
  if (object->active_ == active || object->closing_) return;
  object->active_ = active;
  if (!object->left_out_) count(active);
}

void IoTable::leave_out(IoObject* object, bool left_out) {
  if (object->left_out_ == left_out) return;
  object->left_out_ = left_out;
  if (object->active_) count(!left_out);
}

void IoTable::count(bool more) {
  if (more) {
    active_++;
  } else {
    active_--;
  }
  update();
}

void IoTable::update() {
  bool keep = running_ && active_ > 0;
  if (keep == kept_) return;
  kept_ = keep;
  host_->io_keeps_alive(keep);
}

}  // namespace aioloop
