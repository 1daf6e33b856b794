/* Load for echo servers over TLS 1.3, all by one cipher; see echo-rounds.h. Whose certificate it is does not matter. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "echo-rounds.h"

struct client {
  rounds_t rounds;
  SSL* tls;
};

static client_t* clients;
static SSL_CTX* context;

static client_t* client_at(int index) { return &clients[index]; }

static rounds_t* rounds_of(client_t* client) { return &client->rounds; }

static void make_clients(int count) {
  free(clients);
  clients = calloc((size_t)count, sizeof *clients);
}

static void fail_by_tls(const char* what) {
  fprintf(stderr, "%s: %s\n", what, ERR_error_string(ERR_get_error(), NULL));
  exit(1);
}

/* The handshake blocks: it is not what is measured, and the server has nothing else to do. */
static void open_one(client_t* client, const char* address) {
  client->rounds.fd = open_socket(address);
  client->tls = SSL_new(context);
  if (client->tls == NULL || SSL_set_fd(client->tls, client->rounds.fd) != 1) fail_by_tls("SSL_new");
  if (SSL_connect(client->tls) != 1) fail_by_tls("SSL_connect");
  fcntl(client->rounds.fd, F_SETFL, O_NONBLOCK);
}

static void close_one(client_t* client) {
  SSL_free(client->tls);
  close_at_once(client->rounds.fd);
}

static ssize_t result_of(client_t* client, int count, const char* what) {
  if (count > 0) return count;
  int error = SSL_get_error(client->tls, count);
  if (error == SSL_ERROR_ZERO_RETURN) fail("the server closed a connection");
  if (error != SSL_ERROR_WANT_READ && error != SSL_ERROR_WANT_WRITE) fail_by_tls(what);
  return -1;
}

static ssize_t send_some(client_t* client, const char* bytes, size_t count) {
  return result_of(client, SSL_write(client->tls, bytes, (int)count), "SSL_write");
}

static ssize_t receive_some(client_t* client, char* bytes, size_t count) {
  return result_of(client, SSL_read(client->tls, bytes, (int)count), "SSL_read");
}

int main(void) {
  context = SSL_CTX_new(TLS_client_method());
  if (context == NULL) fail_by_tls("SSL_CTX_new");
  SSL_CTX_set_min_proto_version(context, TLS1_3_VERSION);
  SSL_CTX_set_ciphersuites(context, "TLS_AES_128_GCM_SHA256");
  SSL_CTX_set_verify(context, SSL_VERIFY_NONE, NULL);
  SSL_CTX_set_mode(context, SSL_MODE_ENABLE_PARTIAL_WRITE | SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return answer_slices(rounds);
}
