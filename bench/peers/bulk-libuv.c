/* The limit of one connection that carries much, in C on libuv: `bulk-libuv tcp receive` reads all that comes into one
 * buffer, `bulk-libuv tcp send` answers each byte with a block of 1 MiB that it never copies. */
#include "server-libuv.h"

#define BLOCK (1 << 20)

static char shared[64 * 1024];
static char block[BLOCK];
static int sends;
static unsigned long long received;

static void on_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buffer) {
  (void)handle;
  (void)size;
  *buffer = uv_buf_init(shared, sizeof shared);
}

static void on_sent(uv_write_t* request, int status) {
  (void)status;
  free(request);
}

static void send_block(uv_stream_t* stream) {
  uv_buf_t out = uv_buf_init(block, sizeof block);
  int sent = uv_stream_get_write_queue_size(stream) > 0 ? 0 : uv_try_write(stream, &out, 1);
  if (sent < 0) sent = 0;
  if (sent == BLOCK) return;
  out = uv_buf_init(block + sent, (unsigned int)(BLOCK - sent));
  uv_write_t* request = malloc(sizeof *request);
  if (uv_write(request, stream, &out, 1, on_sent) != 0) free(request);
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  (void)buffer;
  if (count < 0) {
    uv_close((uv_handle_t*)stream, on_close);
    return;
  }
  received += (unsigned long long)count;
  for (ssize_t i = 0; sends && i < count; i++) send_block(stream);
}

static void on_connection(uv_stream_t* server, int status) {
  uv_stream_t* client = status < 0 ? NULL : accept_client(server);
  if (client != NULL) uv_read_start(client, on_alloc, on_read);
}

int main(int argc, char** argv) {
  sends = argc > 2 && strcmp(argv[2], "send") == 0;
  memset(block, 'x', sizeof block);
  return serve(argc > 1 ? argv[1] : "tcp", on_connection);
}
