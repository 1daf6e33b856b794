// The I/O objects of one loop, by slot: streams, listeners, sockets, processes, look-ups. JavaScript names an object by
// its slot in submissions; completions carry its id, `generation << 24 | slot`, so that a record of an object that is
// gone is told from one of its successor and dropped.
//
// The one life story of an object: a direct call makes it and `add`s it; it `post`s what happens; `close` (asked by
// JavaScript, or by the end of the loop) is called once, gives back every handle, and when the last of them is back the
// object calls `release`: JavaScript is told by a `closed` record, the slot is free, the object is deleted. What was
// retired waits for nothing: the record goes with the next turn that there is anyway, and no turn is made for
// it.
//
// No record is ever lost: what finds the ring full waits here, in order. Who can wait with its record (a read, an
// accept) asks `has_room` first. Objects open their handles without keeping the loop alive, and say by `set_active`
// that something is under way: that keeps a running loop alive, unless JavaScript left that object out, and a stopped
// one never.
#ifndef AIOLOOP_IO_TABLE_H_
#define AIOLOOP_IO_TABLE_H_

#include <cstddef>
#include <deque>
#include <vector>

#include "block.h"
#include "rings.h"

namespace aioloop {

// Objects whose cells lie in one chunk.
constexpr uint32_t kCellsPerChunk = 1024;

class IoTable;

// What an object is, for those who get it by its id.
enum class IoFamily : uint8_t { other, stream, listener, datagram };

class IoObject {
 public:
  explicit IoObject(IoFamily family = IoFamily::other) : family_(family) {}
  IoObject(const IoObject&) = delete;
  IoObject& operator=(const IoObject&) = delete;
  virtual ~IoObject() = default;

  // What JavaScript submitted with this object's slot; never after `close`.
  virtual void submit(uint32_t op) = 0;
  // Give every handle back; nothing may be posted any more. When the last is back, perhaps at once: `table()->release`.
  virtual void close() = 0;
  // The loop closes, and this object had not come to an end after `close`: it must give its handles back now.
  virtual void hurry() {}
  // What `table()->wait(this)` asked for: there may be room again.
  virtual void resume() {}

  IoFamily family() const { return family_; }
  uint32_t id() const { return id_; }
  IoTable* table() const { return table_; }
  bool closing() const { return closing_; }

 protected:
  void post(CompletionOp op, uint32_t a = 0, uint32_t b = 0);
  // Something of this object is under way that the loop must wait for.
  void set_active(bool active);

 private:
  friend class IoTable;
  IoTable* table_ = nullptr;
  uint32_t id_ = 0;
  IoFamily family_;
  bool waiting_ = false;
  bool closing_ = false;
  bool told_ = true;
  bool retired_ = false;  // nobody waits for the `closed` record
  bool active_ = false;
  bool left_out_ = false;
};

// The loop, as its table sees it.
class IoHost {
 public:
  // A record waits for a turn.
  virtual void io_pending() = 0;
  virtual void io_keeps_alive(bool keep) = 0;

 protected:
  ~IoHost() = default;
};

class IoTable {
 public:
  explicit IoTable(IoHost* host) : host_(host) {}
  IoTable(const IoTable&) = delete;
  IoTable& operator=(const IoTable&) = delete;
  ~IoTable();

  void open(Rings* rings) { rings_ = rings; }
  void start();
  void stop();
  // Closes every object. From now on the shared memory is not touched.
  void close();

  // Takes the object and gives it its id. False when the loop is closed or holds no more; then it is still the
  // caller's.
  bool add(IoObject* object);
  // The object in a slot, null when there is none or it is closing.
  IoObject* find(uint32_t slot) const;
  // The same by id.
  IoObject* find_exact(uint32_t id) const;
  void close(IoObject* object);
  // For an object that JavaScript was never told of: closes without a record.
  void abandon(IoObject* object);
  void release(IoObject* object);

  void submit(uint32_t op, uint32_t slot);
  // Whether a record posted now would go to the ring.
  bool has_room() const { return rings_ != nullptr && backlog_.empty() && !rings_->completions_full(); }
  bool pending() const { return !backlog_.empty(); }
  // Put the records that wait into the ring, as far as it has room. `turn`: one comes anyway.
  void collect(bool turn);

  // Have `resume` called before a poll of a running loop that begins with room for records.
  void wait(IoObject* object);
  void begin_poll();

  // One number of each object that JavaScript may read at any time; in chunks, which never move.
  double* cell(const IoObject* object) const;
  // A chunk, null when there is none.
  Block* cells(uint32_t chunk) const { return chunk < cells_.size() ? cells_[chunk] : nullptr; }

  bool running() const { return running_; }
  size_t objects() const { return objects_.size() - free_.size() - retired_.size(); }
  size_t active() const { return active_; }

 private:
  friend class IoObject;
  struct Record {
    CompletionOp op;
    uint32_t id;
    uint32_t a;
    uint32_t b;
  };

  void post(CompletionOp op, uint32_t id, uint32_t a, uint32_t b);
  void vacate(uint32_t slot);
  void set_active(IoObject* object, bool active);
  void leave_out(IoObject* object, bool left_out);
  void count(bool more);
  void update();

  IoHost* host_;
  Rings* rings_ = nullptr;
  std::vector<IoObject*> objects_;
  std::vector<uint8_t> generations_;
  std::vector<uint32_t> free_;
  std::vector<Block*> cells_;
  std::vector<uint32_t> waiting_;  // ids
  std::vector<uint32_t> retired_;  // ids of objects that are gone and whose slots wait for their record
  std::deque<Record> backlog_;
  size_t active_ = 0;
  bool running_ = false;
  bool kept_ = false;
};

}  // namespace aioloop

#endif  // AIOLOOP_IO_TABLE_H_
