/* Load for echo servers: CONNECTIONS clients on one epoll, each sends SIZE bytes and waits for all of them before it
 * sends again. Reads "PORT CONNECTIONS SIZE MILLISECONDS" lines from its input; after each slice prints the number of
 * requests, the nanoseconds they took, and the median and 99th percentile of one's latency in nanoseconds. With a SIZE
 * of 0 each request is a connection that is made, accepted and closed, one after the other. Linux only. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

typedef struct {
  int fd;
  size_t unsent;
  size_t expected;
  uint64_t began;
} client_t;

/* Latencies of a slice; what does not fit is not counted. */
#define MOST_LATENCIES (1 << 20)
static uint64_t latencies[MOST_LATENCIES];
static size_t latency_count;

static void note_latency(uint64_t latency) {
  if (latency_count < MOST_LATENCIES) latencies[latency_count++] = latency;
}

static int by_value(const void* a, const void* b) {
  uint64_t x = *(const uint64_t*)a, y = *(const uint64_t*)b;
  return x < y ? -1 : x > y;
}

static uint64_t quantile(double p) {
  if (latency_count == 0) return 0;
  return latencies[(size_t)(p * (double)(latency_count - 1))];
}

static char out[1 << 20];
static char in[1 << 20];

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static void die(const char* what) {
  perror(what);
  exit(1);
}

static int open_client(int port) {
  int fd = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)port)};
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (fd < 0 || connect(fd, (struct sockaddr*)&address, sizeof address) != 0) die("connect");
  int on = 1;
  setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

static void send_more(client_t* client, size_t size) {
  while (client->unsent > 0) {
    ssize_t sent = write(client->fd, out + (size - client->unsent), client->unsent);
    if (sent < 0 && errno == EAGAIN) return;
    if (sent <= 0) die("write");
    client->unsent -= (size_t)sent;
  }
}

static void report(uint64_t requests, uint64_t took) {
  qsort(latencies, latency_count, sizeof *latencies, by_value);
  printf("%llu %llu %llu %llu\n", (unsigned long long)requests, (unsigned long long)took,
         (unsigned long long)quantile(0.5), (unsigned long long)quantile(0.99));
  fflush(stdout);
}

/* Waits for the server to close its side, so that no connection overtakes another. */
static void connect_and_close(int port, double milliseconds) {
  uint64_t requests = 0;
  uint64_t begun = now();
  uint64_t at = begun;
  while (at < begun + (uint64_t)(milliseconds * 1e6)) {
    int fd = open_client(port);
    fcntl(fd, F_SETFL, 0);
    shutdown(fd, SHUT_WR);
    while (read(fd, in, sizeof in) > 0) {
    }
    close(fd);
    requests++;
    uint64_t then = now();
    note_latency(then - at);
    at = then;
  }
  report(requests, at - begun);
}

static void slice(int port, int connections, size_t size, double milliseconds) {
  int poll = epoll_create1(0);
  client_t* clients = calloc((size_t)connections, sizeof *clients);
  struct epoll_event events[256];
  for (int i = 0; i < connections; i++) {
    clients[i].fd = open_client(port);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = &clients[i]};
    epoll_ctl(poll, EPOLL_CTL_ADD, clients[i].fd, &event);
  }
  uint64_t requests = 0;
  uint64_t begun = now();
  uint64_t end = begun + (uint64_t)(milliseconds * 1e6);
  for (int i = 0; i < connections; i++) {
    clients[i].unsent = clients[i].expected = size;
    clients[i].began = now();
    send_more(&clients[i], size);
  }
  uint64_t at = begun;
  while (at < end) {
    int count = epoll_wait(poll, events, 256, 100);
    for (int i = 0; i < count; i++) {
      client_t* client = events[i].data.ptr;
      send_more(client, size);
      for (;;) {
        ssize_t got = read(client->fd, in, sizeof in);
        if (got < 0 && errno == EAGAIN) break;
        if (got <= 0) die("read");
        client->expected -= (size_t)got;
        if (client->expected == 0) {
          requests++;
          uint64_t then = now();
          note_latency(then - client->began);
          client->began = then;
          client->unsent = client->expected = size;
          send_more(client, size);
          break; /* strict request and response: the answer cannot be there yet */
        }
      }
    }
    at = now();
  }
  report(requests, at - begun);
  for (int i = 0; i < connections; i++) close(clients[i].fd);
  close(poll);
  free(clients);
}

int main(void) {
  int port, connections;
  unsigned long size;
  double milliseconds;
  memset(out, 'x', sizeof out);
  while (scanf("%d %d %lu %lf", &port, &connections, &size, &milliseconds) == 4) {
    latency_count = 0;
    if (size == 0) {
      connect_and_close(port, milliseconds);
    } else {
      slice(port, connections, size, milliseconds);
    }
  }
  return 0;
}
