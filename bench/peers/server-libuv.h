/* What the servers in C share: where they listen, and how they end. Their first argument is "tcp" (any port of this
 * machine) or the path of a Unix socket; they print the address, and end with their input. */
#ifndef AIOLOOP_BENCH_SERVER_LIBUV_H
#define AIOLOOP_BENCH_SERVER_LIBUV_H
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <uv.h>

typedef union {
  uv_stream_t stream;
  uv_tcp_t tcp;
  uv_pipe_t pipe;
} socket_t;

static uv_poll_t input;

static inline void on_input(uv_poll_t* handle, int status, int events) {
  (void)handle;
  (void)status;
  (void)events;
  exit(0);
}

/* The end of the input ends the program, where the input is a pipe. */
static inline void end_with_input(uv_loop_t* loop) {
  signal(SIGPIPE, SIG_IGN); /* a client that left in the middle of an answer */
  if (uv_poll_init(loop, &input, 0) == 0) uv_poll_start(&input, UV_READABLE | UV_DISCONNECT, on_input);
}

static inline void on_close(uv_handle_t* handle) { free(handle); }

static inline int make_socket(uv_loop_t* loop, socket_t* socket, int tcp) {
  return tcp ? uv_tcp_init(loop, &socket->tcp) : uv_pipe_init(loop, &socket->pipe, 0);
}

/* A new connection, with its data at NULL; NULL when there is none. */
static inline uv_stream_t* accept_client(uv_stream_t* server) {
  socket_t* client = malloc(sizeof *client);
  int tcp = server->type == UV_TCP;
  make_socket(server->loop, client, tcp);
  client->stream.data = NULL;
  if (uv_accept(server, &client->stream) != 0) {
    uv_close((uv_handle_t*)client, on_close);
    return NULL;
  }
  if (tcp) uv_tcp_nodelay(&client->tcp, 1);
  return &client->stream;
}

static inline int port_of(const struct sockaddr_storage* name) {
  return ntohs(((const struct sockaddr_in*)name)->sin_port);
}

/* Listen where `place` says, print the address, and run. */
static inline int serve(const char* place, uv_connection_cb on_connection) {
  uv_loop_t* loop = uv_default_loop();
  socket_t server;
  struct sockaddr_in address;
  struct sockaddr_storage name;
  int length = sizeof name;
  int tcp = strcmp(place, "tcp") == 0;
  end_with_input(loop);
  make_socket(loop, &server, tcp);
  uv_ip4_addr("127.0.0.1", 0, &address);
  int bound = tcp ? uv_tcp_bind(&server.tcp, (const struct sockaddr*)&address, 0) : uv_pipe_bind(&server.pipe, place);
  if (bound != 0 || uv_listen(&server.stream, 1024, on_connection) != 0) {
    fprintf(stderr, "%s cannot be listened on\n", place);
    return 1;
  }
  if (tcp) {
    uv_tcp_getsockname(&server.tcp, (struct sockaddr*)&name, &length);
    printf("tcp:%d\n", port_of(&name));
  } else {
    printf("unix:%s\n", place);
  }
  fflush(stdout);
  return uv_run(loop, UV_RUN_DEFAULT);
}

#endif
