/* The limit: an echo server in C on libuv. Reads into one buffer for all connections, writes what it read with
 * uv_try_write and the rest with uv_write. */
#include "server-libuv.h"

static char shared[64 * 1024];

typedef struct {
  uv_write_t request;
  char bytes[];
} rest_t;

static void on_rest(uv_write_t* request, int status) {
  (void)status;
  free(request);
}

static void on_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buffer) {
  (void)handle;
  (void)size;
  *buffer = uv_buf_init(shared, sizeof shared);
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  if (count < 0) {
    uv_close((uv_handle_t*)stream, on_close);
    return;
  }
  if (count == 0) return;
  uv_buf_t out = uv_buf_init(buffer->base, (unsigned int)count);
  int sent = uv_try_write(stream, &out, 1);
  if (sent < 0) sent = 0;
  if (sent == count) return;
  size_t left = (size_t)count - (size_t)sent;
  rest_t* rest = malloc(sizeof *rest + left);
  memcpy(rest->bytes, buffer->base + sent, left);
  out = uv_buf_init(rest->bytes, (unsigned int)left);
  if (uv_write(&rest->request, stream, &out, 1, on_rest) != 0) free(rest);
}

static void on_connection(uv_stream_t* server, int status) {
  uv_stream_t* client = status < 0 ? NULL : accept_client(server);
  if (client != NULL) uv_read_start(client, on_alloc, on_read);
}

int main(int argc, char** argv) { return serve(argc > 1 ? argv[1] : "tcp", on_connection); }
