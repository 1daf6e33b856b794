// See stream-methods.h.
#include "stream-methods.h"

#include <climits>
#include <new>

#include "../descriptor.h"
#include "../file-sending.h"
#include "address-value.h"
#include "block-value.h"

namespace aioloop {

namespace {

constexpr size_t kLongestPath = 4096;
constexpr uint32_t kReuseAddress = 1;
constexpr uint32_t kReusePort = 2;
constexpr uint32_t kIpv6Only = 4;

IoObject* read_object(const Call& call, IoFamily family) {
  uint32_t id;
  if (call.session == nullptr || !read_whole(call.env, call.arguments[0], "id", 0, UINT32_MAX, &id)) return nullptr;
  if (!call.session->core().is_open()) return nullptr;
  IoObject* object = call.session->core().io().find_exact(id);
  return object != nullptr && object->family() == family ? object : nullptr;
}

Stream* read_stream(const Call& call) { return static_cast<Stream*>(read_object(call, IoFamily::stream)); }
Listener* read_listener(const Call& call) { return static_cast<Listener*>(read_object(call, IoFamily::listener)); }

// The libuv handle of a stream or a listener.
StreamHandle* read_handle(const Call& call) {
  Stream* stream = read_stream(call);
  if (stream != nullptr) return stream->handle();
  Listener* listener = read_listener(call);
  return listener == nullptr ? nullptr : listener->handle();
}

bool read_path(napi_env env, napi_value value, char* path, size_t* length) {
  napi_valuetype type;
  if (napi_typeof(env, value, &type) == napi_ok && type == napi_string &&
      napi_get_value_string_utf8(env, value, nullptr, 0, length) == napi_ok && *length < kLongestPath) {
    return napi_get_value_string_utf8(env, value, path, kLongestPath, length) == napi_ok;
  }
  (void)napi_throw_type_error(env, nullptr, "path must be a string shorter than 4096 bytes");
  return false;
}

napi_value id_value(napi_env env, const Failure& failure, const IoObject* object) {
  if (!failure.failed()) return number_value(env, object->id());
  throw_failure(env, failure);
  return nullptr;
}

napi_value connect_tcp(napi_env env, napi_callback_info info) {
  Call call(env, info);
  sockaddr_storage to;
  sockaddr_storage from;
  if (!read_address(env, call.arguments[0], call.arguments[1], "connect", &to)) return nullptr;
  bool local = !is_type(env, call.arguments[2], napi_undefined);
  if (local && !read_address(env, call.arguments[2], call.arguments[3], "bind", &from)) return nullptr;
  LoopCore* core = call.opening("connect");
  if (core == nullptr) return nullptr;
  Stream* stream;
  Failure failure = core->streams().connect_tcp(reinterpret_cast<sockaddr*>(&to),
                                                local ? reinterpret_cast<sockaddr*>(&from) : nullptr, &stream);
  return id_value(env, failure, stream);
}

napi_value connect_pipe(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char path[kLongestPath];
  size_t length;
  if (!read_path(env, call.arguments[0], path, &length)) return nullptr;
  LoopCore* core = call.opening("connect");
  if (core == nullptr) return nullptr;
  Stream* stream;
  Failure failure = core->streams().connect_pipe(path, length, &stream);
  return id_value(env, failure, stream);
}

napi_value bind_tcp(napi_env env, napi_callback_info info) {
  Call call(env, info);
  sockaddr_storage address;
  uint32_t flags;
  if (!read_address(env, call.arguments[0], call.arguments[1], "bind", &address)) return nullptr;
  if (!read_whole(env, call.arguments[2], "flags", 0, 7, &flags)) return nullptr;
  LoopCore* core = call.opening("bind");
  if (core == nullptr) return nullptr;
  TcpBindOptions options;
  options.reuse_address = (flags & kReuseAddress) != 0;
  options.reuse_port = (flags & kReusePort) != 0;
  options.ipv6_only = (flags & kIpv6Only) != 0;
  Listener* listener;
  Failure failure = core->streams().bind_tcp(reinterpret_cast<sockaddr*>(&address), options, &listener);
  return id_value(env, failure, listener);
}

napi_value bind_pipe(napi_env env, napi_callback_info info) {
  Call call(env, info);
  char path[kLongestPath];
  size_t length;
  if (!read_path(env, call.arguments[0], path, &length)) return nullptr;
  LoopCore* core = call.opening("bind");
  if (core == nullptr) return nullptr;
  Listener* listener;
  Failure failure = core->streams().bind_pipe(path, length, &listener);
  return id_value(env, failure, listener);
}

napi_value adopt_stream(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t fd;
  if (!read_whole(env, call.arguments[0], "fd", 0, INT32_MAX, &fd)) return nullptr;
  LoopCore* core = call.opening("open");
  if (core == nullptr) return nullptr;
  Stream* stream;
  Failure failure = core->streams().adopt_stream(static_cast<int>(fd), &stream);
  return id_value(env, failure, stream);
}

napi_value adopt_listener(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t fd;
  if (!read_whole(env, call.arguments[0], "fd", 0, INT32_MAX, &fd)) return nullptr;
  LoopCore* core = call.opening("open");
  if (core == nullptr) return nullptr;
  Listener* listener;
  Failure failure = core->streams().adopt_listener(static_cast<int>(fd), &listener);
  return id_value(env, failure, listener);
}

napi_value listen(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Listener* listener = read_listener(call);
  uint32_t backlog;
  if (listener == nullptr || !read_whole(env, call.arguments[1], "backlog", 0, INT32_MAX, &backlog)) return nullptr;
  throw_failure(env, listener->listen(static_cast<int>(backlog)));
  return nullptr;
}

// An id of its own, whose end JavaScript is told.
napi_value send_file(napi_env env, napi_callback_info info) {
  constexpr double kLargest = 9007199254740991;
  Call call(env, info);
  uint32_t fd;
  double offset;
  double count;
  LoopCore* core = call.opening("sendfile");
  if (core == nullptr || !read_whole(env, call.arguments[1], "fd", 0, INT_MAX, &fd) ||
      !read_number(env, call.arguments[2], "offset", 0, kLargest, &offset) ||
      !read_number(env, call.arguments[3], "count", 0, kLargest, &count)) {
    return nullptr;
  }
  Stream* stream = read_stream(call);
  FileSending* sending = stream == nullptr ? nullptr : new (std::nothrow) FileSending(core);
  Failure failure = {stream == nullptr ? UV_EBADF : UV_ENOMEM, "sendfile"};
  if (sending != nullptr) {
    failure = sending->open(stream, static_cast<int>(fd), static_cast<int64_t>(offset), static_cast<uint64_t>(count));
  }
  if (!failure.failed() && !core->io().add(sending)) failure = {UV_ENOMEM, "sendfile"};
  if (failure.failed()) {
    delete sending;
    throw_failure(env, failure);
    return nullptr;
  }
  sending->begin(stream);
  return number_value(env, sending->id());
}

// The hottest call there is: the stream is named by a word of shared memory, and there is no `this` to be unwrapped.
napi_value write(napi_env env, napi_callback_info info) {
  size_t count = 1;
  napi_value view = nullptr;
  void* door = nullptr;
  if (napi_get_cb_info(env, info, &count, &view, nullptr, &door) != napi_ok) return nullptr;
  Session* session = static_cast<Door*>(door)->session;
  if (session == nullptr || !session->core().is_open()) return nullptr;
  LoopCore& core = session->core();
  IoObject* object = core.io().find_exact(core.rings().word(kWordWriteTo));
  void* bytes = nullptr;
  size_t size = 0;
  if (object == nullptr || object->family() != IoFamily::stream ||
      napi_get_typedarray_info(env, view, nullptr, &size, &bytes, nullptr, nullptr) != napi_ok) {
    return nullptr;
  }
  static_cast<Stream*>(object)->write(static_cast<const char*>(bytes), size);
  return nullptr;
}

// A function of its own for each loop.
napi_value writer(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Door* door = call.session == nullptr ? nullptr : call.session->door();
  napi_value function = nullptr;
  if (door == nullptr || napi_create_function(env, "write", NAPI_AUTO_LENGTH, write, door, &function) != napi_ok) {
    return nullptr;
  }
  auto collected = [](napi_env, void* held, void*) { static_cast<Door*>(held)->let_go(); };
  door->holders++;
  if (napi_add_finalizer(env, function, door, collected, nullptr, nullptr) == napi_ok) return function;
  door->let_go();
  return nullptr;
}

napi_value descriptor(napi_env env, napi_callback_info info) {
  Call call(env, info);
  StreamHandle* handle = read_handle(call);
  uv_os_fd_t fd;
  if (handle == nullptr || uv_fileno(&handle->handle, &fd) < 0) return number_value(env, -1);
#ifdef _WIN32
  return number_value(env, -1);
#else
  return number_value(env, fd);
#endif
}

// A descriptor for another owner, who goes on with the connection; the stream must be closed then. -1 where there is
// none: something is under way, the system has no more descriptors, or there are no descriptors on it.
napi_value copy_of_descriptor(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Stream* stream = read_stream(call);
  int copy = -1;
#ifndef _WIN32
  uv_os_fd_t fd;
  if (stream != nullptr && !stream->busy() && uv_fileno(&stream->handle()->handle, &fd) == 0) {
    copy = copy_descriptor(fd);
  }
#endif
  return number_value(env, copy < 0 ? -1 : copy);
}

// A path, an address, or undefined where there is none.
napi_value name(napi_env env, napi_callback_info info, bool peer) {
  Call call(env, info);
  StreamHandle* handle = read_handle(call);
  if (handle == nullptr) return nullptr;
  if (handle->handle.type == UV_TCP) {
    sockaddr_storage address;
    int length = sizeof address;
    sockaddr* name = reinterpret_cast<sockaddr*>(&address);
    int code = peer ? uv_tcp_getpeername(&handle->tcp, name, &length) : uv_tcp_getsockname(&handle->tcp, name, &length);
    return code < 0 ? nullptr : address_value(env, name);
  }
  if (handle->handle.type != UV_NAMED_PIPE) return nullptr;
  char path[kLongestPath];
  size_t size = sizeof path;
  int code = peer ? uv_pipe_getpeername(&handle->pipe, path, &size) : uv_pipe_getsockname(&handle->pipe, path, &size);
  // Some versions of libuv pad a name outside of the file system, which begins with NUL.
  while (code == 0 && size > 1 && path[0] == 0 && path[size - 1] == 0) size--;
  napi_value value = nullptr;
  if (code < 0 || size == 0 || napi_create_string_utf8(env, path, size, &value) != napi_ok) return nullptr;
  return value;
}

napi_value local_name(napi_env env, napi_callback_info info) { return name(env, info, false); }
napi_value peer_name(napi_env env, napi_callback_info info) { return name(env, info, true); }

bool note_name(Rings rings, int code, const sockaddr_storage& name, Word address, Word port) {
  if (code < 0 || name.ss_family != AF_INET) return false;
  const sockaddr_in* in = reinterpret_cast<const sockaddr_in*>(&name);
  rings.set_word(address, ntohl(in->sin_addr.s_addr));
  rings.set_word(port, ntohs(in->sin_port));
  return true;
}

// Both names of a TCP stream as numbers in the header: no object is made. False when one is not IPv4, or missing.
napi_value ipv4_names(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Stream* stream = read_stream(call);
  if (stream == nullptr || stream->kind() != Stream::Kind::tcp) return boolean_value(env, false);
  const Rings& rings = call.session->core().rings();
  const uv_tcp_t* tcp = &stream->handle()->tcp;
  sockaddr_storage name;
  int length = sizeof name;
  int code = uv_tcp_getsockname(tcp, reinterpret_cast<sockaddr*>(&name), &length);
  bool noted = note_name(rings, code, name, kWordLocalAddress, kWordLocalPort);
  if (noted) {
    length = sizeof name;
    code = uv_tcp_getpeername(tcp, reinterpret_cast<sockaddr*>(&name), &length);
    noted = note_name(rings, code, name, kWordPeerAddress, kWordPeerPort);
  }
  return boolean_value(env, noted);
}

napi_value set_no_delay(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Stream* stream = read_stream(call);
  bool enabled;
  if (stream == nullptr || !read_boolean(env, call.arguments[1], "enabled", &enabled)) return nullptr;
  if (stream->kind() != Stream::Kind::tcp) return nullptr;
  throw_failure(env, {uv_tcp_nodelay(&stream->handle()->tcp, enabled), "setsockopt"});
  return nullptr;
}

napi_value set_keep_alive(napi_env env, napi_callback_info info) {
  Call call(env, info);
  Stream* stream = read_stream(call);
  bool enabled;
  uint32_t seconds;
  if (stream == nullptr || !read_boolean(env, call.arguments[1], "enabled", &enabled)) return nullptr;
  if (!read_whole(env, call.arguments[2], "seconds", 1, INT32_MAX, &seconds)) return nullptr;
  if (stream->kind() != Stream::Kind::tcp) return nullptr;
  throw_failure(env, {uv_tcp_keepalive(&stream->handle()->tcp, enabled, seconds), "setsockopt"});
  return nullptr;
}

napi_value read_slab(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session == nullptr) return nullptr;
  return block_value(env, call.session->core().streams().reads().block());
}

napi_value renew_read_slab(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session == nullptr) return nullptr;
  return block_value(env, call.session->core().streams().reads().renew());
}

napi_value send_slab(napi_env env, napi_callback_info info) {
  Call call(env, info);
  if (call.session == nullptr) return nullptr;
  return block_value(env, call.session->core().streams().sends().block());
}

napi_value cells(napi_env env, napi_callback_info info) {
  Call call(env, info);
  uint32_t chunk;
  if (call.session == nullptr || !read_whole(env, call.arguments[0], "chunk", 0, kSlotMask, &chunk)) return nullptr;
  return block_value(env, call.session->core().io().cells(chunk));
}

}  // namespace

void add_stream_methods(Methods* methods) {
  const napi_property_descriptor all[] = {
      method("connectTcp", connect_tcp),
      method("connectPipe", connect_pipe),
      method("bindTcp", bind_tcp),
      method("bindPipe", bind_pipe),
      method("adoptStream", adopt_stream),
      method("adoptListener", adopt_listener),
      method("listen", listen),
      method("sendFile", send_file),
      method("writer", writer),
      method("descriptor", descriptor),
      method("copyOfDescriptor", copy_of_descriptor),
      method("localName", local_name),
      method("peerName", peer_name),
      method("ipv4Names", ipv4_names),
      method("setNoDelay", set_no_delay),
      method("setKeepAlive", set_keep_alive),
      method("readSlab", read_slab),
      method("renewReadSlab", renew_read_slab),
      method("sendSlab", send_slab),
      method("cells", cells),
  };
  methods->insert(methods->end(), std::begin(all), std::end(all));
}

}  // namespace aioloop
