/* Load for echo servers over TCP and Unix sockets; see echo-rounds.h. */
#include "echo-rounds.h"

struct client {
  rounds_t rounds;
};

static client_t* clients;

static client_t* client_at(int index) { return &clients[index]; }

static rounds_t* rounds_of(client_t* client) { return &client->rounds; }

static void make_clients(int count) {
  free(clients);
  clients = calloc((size_t)count, sizeof *clients);
}

static void open_one(client_t* client, const char* address) { client->rounds.fd = open_client(address); }

static void close_one(client_t* client) { close_at_once(client->rounds.fd); }

static ssize_t send_some(client_t* client, const char* bytes, size_t count) {
  ssize_t sent = write(client->rounds.fd, bytes, count);
  if (sent <= 0 && errno != EAGAIN) die("write");
  return sent;
}

static ssize_t receive_some(client_t* client, char* bytes, size_t count) {
  ssize_t got = read(client->rounds.fd, bytes, count);
  if (got == 0) fail("the server closed a connection");
  if (got < 0 && errno != EAGAIN) die("read");
  return got;
}

int main(void) { return answer_slices(rounds); }
