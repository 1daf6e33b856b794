// Child processes. See process.h.
#include "process.h"

#include <new>

namespace aioloop {

Children::~Children() {
  while (first_ != nullptr) remove(first_);
}

Failure Children::spawn(uv_loop_t* loop, HandleGroup* group, IoTable* table, const SpawnRequest& request,
                        SpawnedChild* spawned) {
  ChildStdio stdio;
  Failure failure = stdio.open(request.stdio, request.stdio_count);
  if (failure.failed()) return failure;
  Process* process = new (std::nothrow) Process;
  if (process == nullptr || !table->add(process)) {
    delete process;
    return {UV_ENOMEM, "spawn"};
  }
  Child* child = add();
  if (child == nullptr) {
    table->abandon(process);
    return {UV_ENOMEM, "spawn"};
  }

  uv_process_options_t options = {};
  options.exit_cb = on_exit;
  options.file = request.file;
  options.args = request.args;
  options.env = request.env;
  options.cwd = request.cwd;
  options.flags = request.flags;
  options.uid = request.uid;
  options.gid = request.gid;
  options.stdio = stdio.containers();
  options.stdio_count = stdio.count();
  int code = start(loop, group, options, child);
  if (code < 0) {
    remove(child);
    table->abandon(process);
    return {code, "spawn"};
  }
  child->process = process;
  spawned->id = process->id();
  spawned->pid = child->pid;
  spawned->pipes = stdio.take_ours();
  process->started(child);
  return {};
}

int Children::start(uv_loop_t* loop, HandleGroup* group, const uv_process_options_t& options, Child* child) {
  if (child->watch.reserve(loop, group, ended, child)) {
    if (posix_spawn_.start(options, &child->pid)) return child->watch.begin(child->pid);
    child->watch.close();
  }
  // A process handle must be closed even when nothing was spawned, so opening it does not fail.
  int spawn_code = 0;
  int code = child->handle.open(group, child, [&](uv_process_t* handle) {
    spawn_code = uv_spawn(loop, handle, &options);
    return 0;
  });
  if (code == 0) code = spawn_code;
  if (code < 0) return code;
  child->handle.keep_alive(false);
  child->pid = uv_process_get_pid(child->handle.get());
  return 0;
}

Failure Children::kill(uint32_t id, int signum) {
  for (Child* child = first_; child != nullptr; child = child->next) {
    if (child->process == nullptr || child->process->id() != id) continue;
    // It is reaped by us alone, so until then the pid is its own.
    bool known = child->handle.alive();
    return {known ? uv_process_kill(child->handle.get(), signum) : uv_kill(child->pid, signum), "kill"};
  }
  return {UV_ESRCH, "kill"};
}

void Children::close(std::vector<int>* orphans) {
  while (first_ != nullptr) {
    orphans->push_back(first_->pid);
    if (first_->process != nullptr) first_->process->child_ = nullptr;
    remove(first_);
  }
}

void Children::on_exit(uv_process_t* handle, int64_t status, int signum) {
  Child* child = Handle<uv_process_t>::owner<Child>(handle);
  if (child != nullptr) ended(child, static_cast<uint32_t>(status), static_cast<uint32_t>(signum));
}

void Children::ended(void* of, uint32_t code, uint32_t signum) {
  Child* child = static_cast<Child*>(of);
  Process* process = child->process;
  child->children->remove(child);
  if (process != nullptr) process->exited(code, signum);
}

Children::Child* Children::add() {
  Child* child = new (std::nothrow) Child;
  if (child == nullptr) return nullptr;
  child->children = this;
  child->next = first_;
  if (first_ != nullptr) first_->previous = child;
  first_ = child;
  return child;
}

// Closes its handle.
void Children::remove(Child* child) {
  (child->previous == nullptr ? first_ : child->previous->next) = child->next;
  if (child->next != nullptr) child->next->previous = child->previous;
  delete child;
}

void Process::started(Children::Child* child) {
  child_ = child;
  set_active(true);
}

void Process::exited(uint32_t code, uint32_t signum) {
  child_ = nullptr;
  set_active(false);
  post(kCompleteExited, code, signum);
}

void Process::close() {
  if (child_ != nullptr) child_->process = nullptr;
  table()->release(this);
}

}  // namespace aioloop
