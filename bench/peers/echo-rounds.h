/* The rounds of an echo load, over whatever carries the bytes: a file that includes this has a `client_t` whose first
 * member is a `rounds_t`, and says how one is opened and closed and how it sends and receives.
 *
 * CONNECTIONS clients on one epoll have DEPTH requests of SIZE bytes each on their way, and send another one for each
 * that was answered whole. When the time is over none is sent any more, and what is on its way is waited for: so a
 * slice begins and ends with nothing on its way, and all of its work is counted. Connections stay open from slice to
 * slice. With 0 milliseconds they are only opened, and one request of each is answered. */
#include "load.h"

typedef struct {
  int fd;
  /* Bytes of requests that may be sent and were not. */
  size_t unsent;
  /* Bytes of the answer that comes next. */
  size_t received;
  int on_the_way;
  /* When the requests on their way began, a ring. */
  uint64_t* began;
  int oldest;
} rounds_t;

typedef struct client client_t;

static client_t* client_at(int index);
static rounds_t* rounds_of(client_t* client);
static void make_clients(int count);
static void open_one(client_t* client, const char* address);
static void close_one(client_t* client);
/* Bytes, or -1 with EAGAIN. Anything else ends the program. */
static ssize_t send_some(client_t* client, const char* bytes, size_t count);
static ssize_t receive_some(client_t* client, char* bytes, size_t count);

static slice_t current;
static int poll_fd = -1;
static uint64_t on_the_way;
static uint64_t answered;

static void flush_requests(client_t* client) {
  rounds_t* rounds = rounds_of(client);
  while (rounds->unsent > 0) {
    size_t count = rounds->unsent < sizeof out ? rounds->unsent : sizeof out;
    ssize_t sent = send_some(client, out, count);
    if (sent < 0) return;
    rounds->unsent -= (size_t)sent;
  }
}

static void ask(rounds_t* rounds, uint64_t at) {
  rounds->began[(rounds->oldest + rounds->on_the_way) % current.depth] = at;
  rounds->on_the_way++;
  rounds->unsent += current.size;
  on_the_way++;
}

static void take_answers(client_t* client, size_t got, uint64_t end) {
  rounds_t* rounds = rounds_of(client);
  rounds->received += got;
  while (rounds->received >= current.size) {
    uint64_t at = now();
    rounds->received -= current.size;
    if (rounds->on_the_way == 0) fail("the server answers more than it was asked");
    note_latency(at - rounds->began[rounds->oldest]);
    rounds->oldest = (rounds->oldest + 1) % current.depth;
    rounds->on_the_way--;
    on_the_way--;
    answered++;
    if (at < end) ask(rounds, at);
  }
}

static void serve_client(client_t* client, uint64_t end) {
  rounds_t* rounds = rounds_of(client);
  flush_requests(client);
  /* With nothing on its way there is nothing to read: a strict client saves the read that would say so. */
  while (rounds->on_the_way > 0) {
    int before = rounds->on_the_way;
    ssize_t got = receive_some(client, in, sizeof in);
    if (got < 0) return;
    take_answers(client, (size_t)got, end);
    if (rounds->unsent == 0) continue;
    flush_requests(client);
    /* All of them were answered and asked again: the next answer cannot be there yet. */
    if (before == 1) return;
  }
}

/* Clients from one index to another ask until `end`, at least DEPTH times each. */
static void exchange(int from, int to, int depth, uint64_t end) {
  struct epoll_event events[256];
  for (int i = from; i < to; i++) {
    uint64_t at = now();
    for (int asked = 0; asked < depth; asked++) ask(rounds_of(client_at(i)), at);
    flush_requests(client_at(i));
  }
  while (on_the_way > 0) {
    int count = wait_for(poll_fd, events, 256, SILENCE_MS);
    if (count == 0) fail("the server does not answer");
    for (int i = 0; i < count; i++) serve_client(events[i].data.ptr, end);
  }
}

static void open_all(const slice_t* slice) {
  for (int i = 0; i < current.connections; i++) {
    close_one(client_at(i));
    free(rounds_of(client_at(i))->began);
  }
  if (poll_fd >= 0) close(poll_fd);
  poll_fd = epoll_create1(0);
  current = *slice;
  make_clients(slice->connections);
  for (int i = 0; i < slice->connections; i++) {
    client_t* client = client_at(i);
    rounds_t* rounds = rounds_of(client);
    memset(rounds, 0, sizeof *rounds);
    rounds->began = calloc((size_t)slice->depth, sizeof *rounds->began);
    open_one(client, slice->address);
    struct epoll_event event = {.events = EPOLLIN | EPOLLOUT | EPOLLET, .data.ptr = client};
    if (epoll_ctl(poll_fd, EPOLL_CTL_ADD, rounds->fd, &event) != 0) die("epoll_ctl");
    if ((i + 1) % OPENED_AT_ONCE != 0 && i + 1 < slice->connections) continue;
    exchange(i - i % OPENED_AT_ONCE, i + 1, 1, 0);
  }
  /* Nobody else comes, and the server is killed: so its path stays behind if nobody takes it away. */
  if (strncmp(slice->address, "unix:", 5) == 0) unlink(slice->address + 5);
}

static figures_t rounds(const slice_t* slice) {
  if (slice->size > sizeof out) fail("a request is too long");
  int same = strcmp(current.address, slice->address) == 0 && current.connections == slice->connections &&
             current.size == slice->size && current.depth == slice->depth;
  answered = 0;
  if (!same) open_all(slice);
  if (slice->milliseconds <= 0) return (figures_t){.count = answered};
  answered = 0;
  latency_count = 0;
  uint64_t begun = now();
  exchange(0, slice->connections, slice->depth, begun + (uint64_t)(slice->milliseconds * 1e6));
  return (figures_t){.count = answered, .took = now() - begun};
}
