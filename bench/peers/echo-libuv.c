/* The limit: an echo server in C on libuv. Reads into one buffer for all connections, writes what it read with
 * uv_try_write and the rest with uv_write. Prints its port; ends with its input, where that is a pipe. */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

static char shared[64 * 1024];

typedef struct {
  uv_write_t request;
  char bytes[];
} rest_t;

static void on_close(uv_handle_t* handle) { free(handle); }

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
  if (status < 0) return;
  uv_tcp_t* client = malloc(sizeof *client);
  uv_tcp_init(server->loop, client);
  if (uv_accept(server, (uv_stream_t*)client) != 0) {
    uv_close((uv_handle_t*)client, on_close);
    return;
  }
  uv_tcp_nodelay(client, 1);
  uv_read_start((uv_stream_t*)client, on_alloc, on_read);
}

static void on_input(uv_poll_t* input, int status, int events) {
  (void)input;
  (void)status;
  (void)events;
  exit(0);
}

int main(void) {
  signal(SIGPIPE, SIG_IGN); /* a client that left in the middle of an answer */
  uv_poll_t input;
  uv_loop_t* loop = uv_default_loop();
  uv_tcp_t server;
  struct sockaddr_in address;
  struct sockaddr_storage name;
  int length = sizeof name;
  if (uv_poll_init(loop, &input, 0) == 0) uv_poll_start(&input, UV_READABLE | UV_DISCONNECT, on_input);
  uv_tcp_init(loop, &server);
  uv_ip4_addr("127.0.0.1", 0, &address);
  uv_tcp_bind(&server, (const struct sockaddr*)&address, 0);
  if (uv_listen((uv_stream_t*)&server, 1024, on_connection) != 0) return 1;
  uv_tcp_getsockname(&server, (struct sockaddr*)&name, &length);
  printf("%d\n", ntohs(((struct sockaddr_in*)&name)->sin_port));
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
