/* The limit of datagrams: a UDP echo server in C on libuv, with one buffer. What finds no room on its way back is
 * dropped, as datagrams may be. Prints its address; ends with its input. */
#include "server-libuv.h"

static char shared[64 * 1024];

static void on_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buffer) {
  (void)handle;
  (void)size;
  *buffer = uv_buf_init(shared, sizeof shared);
}

static void on_datagram(uv_udp_t* handle, ssize_t count, const uv_buf_t* buffer, const struct sockaddr* from,
                        unsigned flags) {
  (void)flags;
  if (count < 0 || from == NULL) return;
  uv_buf_t out = uv_buf_init(buffer->base, (unsigned int)count);
  uv_udp_try_send(handle, &out, 1, from);
}

int main(void) {
  uv_loop_t* loop = uv_default_loop();
  uv_udp_t server;
  struct sockaddr_in address;
  struct sockaddr_storage name;
  int length = sizeof name;
  end_with_input(loop);
  uv_udp_init(loop, &server);
  uv_ip4_addr("127.0.0.1", 0, &address);
  if (uv_udp_bind(&server, (const struct sockaddr*)&address, 0) != 0) return 1;
  if (uv_udp_recv_start(&server, on_alloc, on_datagram) != 0) return 1;
  uv_udp_getsockname(&server, (struct sockaddr*)&name, &length);
  printf("udp:%d\n", port_of(&name));
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}
