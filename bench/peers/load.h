/* What the loads share: addresses, the clock, the latencies of a slice, and the answer they print. A load reads one
 * line for each slice, "ADDRESS CONNECTIONS SIZE DEPTH MILLISECONDS", ADDRESS being tcp:PORT, udp:PORT (both of this
 * machine) or unix:PATH, and answers with a line of four numbers: what it counted, the nanoseconds that took, and the
 * median and 99th percentile of a request's latency in nanoseconds. Linux only. */
#ifndef AIOLOOP_BENCH_LOAD_H
#define AIOLOOP_BENCH_LOAD_H
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/tcp.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <time.h>
#include <unistd.h>

/* A server that says nothing for so long does not answer at all: a busy machine may stall for seconds. */
#define SILENCE_MS 30000
/* Sockets that are opened before the server must have answered on each: fewer than wait in its backlog. */
#define OPENED_AT_ONCE 100
/* Latencies of a slice; what does not fit is not counted. */
#define MOST_LATENCIES (1 << 20)

typedef struct {
  char address[128];
  int connections;
  size_t size;
  int depth;
  double milliseconds;
} slice_t;

typedef struct {
  uint64_t count;
  uint64_t took;
} figures_t;

static uint64_t latencies[MOST_LATENCIES];
static size_t latency_count;
static char out[1 << 20];
static char in[1 << 20];

static inline void die(const char* what) {
  perror(what);
  exit(1);
}

static inline void fail(const char* why) {
  fprintf(stderr, "%s\n", why);
  exit(1);
}

static uint64_t now(void) {
  struct timespec t;
  clock_gettime(CLOCK_MONOTONIC, &t);
  return (uint64_t)t.tv_sec * 1000000000u + (uint64_t)t.tv_nsec;
}

static inline void note_latency(uint64_t latency) {
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

/* A socket that is connected to an address. It blocks. */
static inline int open_socket(const char* address) {
  struct sockaddr_un path = {.sun_family = AF_UNIX};
  struct sockaddr_in port = {.sin_family = AF_INET};
  struct sockaddr* name = (struct sockaddr*)&port;
  socklen_t length = sizeof port;
  int kind = strncmp(address, "udp:", 4) == 0 ? SOCK_DGRAM : SOCK_STREAM;
  if (strncmp(address, "unix:", 5) == 0) {
    if (strlen(address + 5) >= sizeof path.sun_path) fail("the path of the socket is too long");
    strcpy(path.sun_path, address + 5);
    name = (struct sockaddr*)&path;
    length = sizeof path;
  } else {
    port.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    port.sin_port = htons((uint16_t)atoi(address + 4));
  }
  int fd = socket(name->sa_family, kind, 0);
  if (fd < 0 || connect(fd, name, length) != 0) die("connect");
  int on = 1;
  if (name->sa_family == AF_INET && kind == SOCK_STREAM) setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  return fd;
}

/* As open_socket; it does not block. */
static inline int open_client(const char* address) {
  int fd = open_socket(address);
  fcntl(fd, F_SETFL, O_NONBLOCK);
  return fd;
}

/* Nobody lingers for a connection that is closed: ten thousand would, for a minute. */
static inline void close_at_once(int fd) {
  struct linger none = {.l_onoff = 1, .l_linger = 0};
  setsockopt(fd, SOL_SOCKET, SO_LINGER, &none, sizeof none);
  close(fd);
}

/* As many descriptors as this process may ask for. */
static void raise_limit(void) {
  struct rlimit limit;
  if (getrlimit(RLIMIT_NOFILE, &limit) != 0) return;
  limit.rlim_cur = limit.rlim_max;
  setrlimit(RLIMIT_NOFILE, &limit);
}

static inline int wait_for(int poll, struct epoll_event* events, int most, int milliseconds) {
  int count = epoll_wait(poll, events, most, milliseconds);
  if (count < 0 && errno != EINTR) die("epoll_wait");
  return count < 0 ? 0 : count;
}

/* Serve slices until the input ends. */
static int answer_slices(figures_t (*run)(const slice_t*)) {
  slice_t slice;
  raise_limit();
  memset(out, 'x', sizeof out);
  while (scanf("%127s %d %zu %d %lf", slice.address, &slice.connections, &slice.size, &slice.depth,
               &slice.milliseconds) == 5) {
    latency_count = 0;
    figures_t figures = run(&slice);
    qsort(latencies, latency_count, sizeof *latencies, by_value);
    printf("%llu %llu %llu %llu\n", (unsigned long long)figures.count, (unsigned long long)figures.took,
           (unsigned long long)quantile(0.5), (unsigned long long)quantile(0.99));
    fflush(stdout);
  }
  return 0;
}

#endif
