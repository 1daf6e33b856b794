// Child processes for JavaScript. See process-methods.h. The TypeScript side has checked what users pass.
#include "process-methods.h"

#include <vector>

namespace aioloop {

namespace {

constexpr uint32_t kLargest = 0xffffffffu;
constexpr uint32_t kLargestSignal = 1024;
constexpr uint32_t kMostStdio = 1024;
constexpr double kLargestDescriptor = 1u << 30;

bool refuse(napi_env env, const char* message) {
  (void)napi_throw_type_error(env, nullptr, message);
  return false;
}

bool is_absent(napi_env env, napi_value value) {
  return is_type(env, value, napi_null) || is_type(env, value, napi_undefined);
}

// Strings of C, one behind the other in one piece of memory.
class Strings {
 public:
  bool add(napi_env env, napi_value value) {
    size_t length;
    if (!is_type(env, value, napi_string) || napi_get_value_string_utf8(env, value, nullptr, 0, &length) != napi_ok) {
      return refuse(env, "spawn wants strings");
    }
    size_t at = bytes_.size();
    bytes_.resize(at + length + 1);
    offsets_.push_back(at);
    return napi_get_value_string_utf8(env, value, bytes_.data() + at, length + 1, &length) == napi_ok;
  }

  bool add_all(napi_env env, napi_value array) {
    uint32_t count;
    if (napi_get_array_length(env, array, &count) != napi_ok) return refuse(env, "spawn wants arrays of strings");
    for (uint32_t i = 0; i < count; i++) {
      napi_value value;
      if (napi_get_element(env, array, i, &value) != napi_ok || !add(env, value)) return false;
    }
    return true;
  }

  // Ends with null. Valid until the next `add`.
  char** pointers() {
    pointers_.clear();
    for (size_t offset : offsets_) pointers_.push_back(bytes_.data() + offset);
    pointers_.push_back(nullptr);
    return pointers_.data();
  }

 private:
  std::vector<char> bytes_;
  std::vector<size_t> offsets_;
  std::vector<char*> pointers_;
};

bool read_stdio(napi_env env, napi_value array, std::vector<StdioChoice>* choices) {
  uint32_t count;
  if (napi_get_array_length(env, array, &count) != napi_ok || count % 2 != 0 || count > kMostStdio) {
    return refuse(env, "spawn wants a kind and a descriptor for each of stdio");
  }
  for (uint32_t i = 0; i < count; i += 2) {
    napi_value kind_value;
    napi_value fd_value;
    uint32_t kind;
    double fd;
    if (napi_get_element(env, array, i, &kind_value) != napi_ok ||
        napi_get_element(env, array, i + 1, &fd_value) != napi_ok ||
        !read_whole(env, kind_value, "kind", 0, static_cast<uint32_t>(StdioKind::kBoth), &kind) ||
        !read_number(env, fd_value, "fd", -1, kLargestDescriptor, &fd)) {
      return false;
    }
    choices->push_back({static_cast<StdioKind>(kind), static_cast<int>(fd)});
  }
  return true;
}

napi_value spawned_value(napi_env env, const SpawnedChild& spawned) {
  napi_value array;
  if (napi_create_array_with_length(env, spawned.pipes.size() + 2, &array) != napi_ok) return nullptr;
  uint32_t at = 0;
  auto append = [&](double number) {
    napi_value value = number_value(env, number);
    return value != nullptr && napi_set_element(env, array, at++, value) == napi_ok;
  };
  if (!append(spawned.id) || !append(spawned.pid)) return nullptr;
  for (int fd : spawned.pipes) {
    if (!append(fd)) return nullptr;
  }
  return array;
}

napi_value spawn_child(napi_env env, napi_callback_info info) {
  Call call(env, info);
  const napi_value* values = call.arguments;
  Strings file;
  Strings args;
  Strings environment;
  Strings cwd;
  std::vector<StdioChoice> stdio;
  uint32_t flags;
  uint32_t uid;
  uint32_t gid;
  LoopCore* core = call.opening("spawn");
  if (core == nullptr) return nullptr;
  bool has_environment = !is_absent(env, values[2]);
  bool has_cwd = !is_absent(env, values[3]);
  if (!file.add(env, values[0]) || !args.add_all(env, values[1]) ||
      (has_environment && !environment.add_all(env, values[2])) || (has_cwd && !cwd.add(env, values[3])) ||
      !read_stdio(env, values[4], &stdio) || !read_whole(env, values[5], "flags", 0, kLargest, &flags) ||
      !read_whole(env, values[6], "uid", 0, kLargest, &uid) || !read_whole(env, values[7], "gid", 0, kLargest, &gid)) {
    return nullptr;
  }
  SpawnRequest request;
  request.file = file.pointers()[0];
  request.args = args.pointers();
  if (has_environment) request.env = environment.pointers();
  if (has_cwd) request.cwd = cwd.pointers()[0];
  request.stdio = stdio.data();
  request.stdio_count = stdio.size();
  request.flags = flags;
  request.uid = static_cast<uv_uid_t>(uid);
  request.gid = static_cast<uv_gid_t>(gid);
  SpawnedChild spawned;
  call.session->reap_orphans();
  Failure failure = core->children().spawn(core->loop(), core->group(), &core->io(), request, &spawned);
  if (!failure.failed()) return spawned_value(env, spawned);
  throw_failure(env, failure);
  return nullptr;
}

napi_value kill_child(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t id;
  uint32_t signum;
  if (call.session == nullptr || !read_whole(env, call.arguments[0], "id", 0, kLargest, &id) ||
      !read_whole(env, call.arguments[1], "signum", 0, kLargestSignal, &signum)) {
    return nullptr;
  }
  throw_failure(env, call.session->core().children().kill(id, static_cast<int>(signum)));
  return nullptr;
}

}  // namespace

void add_process_methods(Methods* methods) {
  methods->push_back(method("spawn", spawn_child));
  methods->push_back(method("killChild", kill_child));
}

}  // namespace aioloop
