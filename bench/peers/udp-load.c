/* Load for UDP echo: CONNECTIONS sockets, each sends a datagram of SIZE bytes and waits for its answer before it sends
 * the next. Datagrams are numbered; one without an answer is sent again after a while, and counts once. */
#include "load.h"

/* Longer than a busy machine needs, short enough for a slice to go on. */
#define LOST_AFTER_NS 200000000u

typedef struct {
  int fd;
  uint64_t number;
  uint64_t began;
  int waiting;
} client_t;

static client_t* clients;
static slice_t current;
static int poll_fd = -1;
static int waiting;

static void send_datagram(client_t* client) {
  memcpy(out, &client->number, sizeof client->number);
  /* What finds no room is lost, as on any way that datagrams go. */
  if (send(client->fd, out, current.size, 0) < 0 && errno != EAGAIN && errno != ENOBUFS) die("send");
}

static void ask(client_t* client) {
  client->number++;
  client->began = now();
  if (!client->waiting) waiting++;
  client->waiting = 1;
  send_datagram(client);
}

/* 1 for the answer that the client waits for. */
static int take_answer(client_t* client) {
  for (;;) {
    ssize_t got = recv(client->fd, in, sizeof in, 0);
    if (got < 0 && errno == EAGAIN) return 0;
    if (got < 0) die("recv");
    uint64_t number;
    memcpy(&number, in, sizeof number);
    if ((size_t)got != current.size) fail("an answer of another size");
    if (client->waiting && number == client->number) return 1;
  }
}

static void send_again(uint64_t at) {
  for (int i = 0; i < current.connections; i++) {
    if (clients[i].waiting && at - clients[i].began > LOST_AFTER_NS) send_datagram(&clients[i]);
  }
}

static void open_all(const slice_t* slice) {
  for (int i = 0; i < current.connections; i++) close(clients[i].fd);
  if (poll_fd >= 0) close(poll_fd);
  free(clients);
  poll_fd = epoll_create1(0);
  current = *slice;
  clients = calloc((size_t)slice->connections, sizeof *clients);
  for (int i = 0; i < slice->connections; i++) {
    clients[i].fd = open_client(slice->address);
    struct epoll_event event = {.events = EPOLLIN | EPOLLET, .data.ptr = &clients[i]};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, clients[i].fd, &event) != 0) die("epoll_ctl");
  }
}

static figures_t udp_slice(const slice_t* slice) {
  struct epoll_event events[256];
  if (slice->size < sizeof(uint64_t) || slice->size > 65507) fail("no datagram has this size");
  if (strcmp(current.address, slice->address) != 0) open_all(slice);
  uint64_t answered = 0;
  uint64_t begun = now(), at = begun, heard = begun, looked = begun;
  uint64_t end = begun + (uint64_t)(slice->milliseconds * 1e6);
  for (int i = 0; i < slice->connections; i++) ask(&clients[i]);
  while (waiting > 0) {
    int count = wait_for(poll_fd, events, 256, 50);
    at = now();
    if (count > 0) heard = at;
    if (at - looked > LOST_AFTER_NS / 2) {
      looked = at;
      send_again(at);
    }
    if (at - heard > SILENCE_MS * 1000000ull) fail("the server does not answer");
    for (int i = 0; i < count; i++) {
      client_t* client = events[i].data.ptr;
      if (!take_answer(client)) continue;
      at = now();
      note_latency(at - client->began);
      answered++;
      if (at < end) {
        ask(client);
      } else {
        client->waiting = 0;
        waiting--;
      }
    }
  }
  return (figures_t){.count = answered, .took = at - begun};
}

int main(void) { return answer_slices(udp_slice); }
