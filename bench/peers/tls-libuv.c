/* The limit of TLS: an echo server in C on libuv and OpenSSL, `tls-libuv tcp KEY CERTIFICATE`. Records pass through
 * memory: one buffer for what is read, one for what is decrypted, and what is to be sent leaves with uv_try_write. */
#include <openssl/err.h>
#include <openssl/ssl.h>

#include "server-libuv.h"

static char shared[64 * 1024];
static char plain[64 * 1024];
static SSL_CTX* context;

typedef struct {
  uv_write_t request;
  char bytes[];
} rest_t;

static void on_rest(uv_write_t* request, int status) {
  (void)status;
  free(request);
}

static void on_alloc(uv_handle_t* handle, size_t size, uv_buf_t* buffer) {
  (void)handle;
  (void)size;
  *buffer = uv_buf_init(shared, sizeof shared);
}

static void send_records(uv_stream_t* stream) {
  BIO* records = SSL_get_wbio(stream->data);
  char* bytes;
  long count = BIO_get_mem_data(records, &bytes);
  if (count <= 0) return;
  uv_buf_t out = uv_buf_init(bytes, (unsigned int)count);
  int sent = uv_stream_get_write_queue_size(stream) > 0 ? 0 : uv_try_write(stream, &out, 1);
  if (sent < 0) sent = 0;
  if (sent < count) {
    size_t left = (size_t)count - (size_t)sent;
    rest_t* rest = malloc(sizeof *rest + left);
    memcpy(rest->bytes, bytes + sent, left);
    out = uv_buf_init(rest->bytes, (unsigned int)left);
    if (uv_write(&rest->request, stream, &out, 1, on_rest) != 0) free(rest);
  }
  (void)BIO_reset(records);
}

static void end_client(uv_stream_t* stream) {
  if (uv_is_closing((uv_handle_t*)stream)) return;
  SSL_free(stream->data);
  uv_close((uv_handle_t*)stream, on_close);
}

static void on_read(uv_stream_t* stream, ssize_t count, const uv_buf_t* buffer) {
  SSL* tls = stream->data;
  if (count < 0) {
    end_client(stream);
    return;
  }
  if (count == 0) return;
  if (BIO_write(SSL_get_rbio(tls), buffer->base, (int)count) != count) abort();
  int got;
  while ((got = SSL_read(tls, plain, sizeof plain)) > 0) {
    if (SSL_write(tls, plain, got) != got) abort();
  }
  int error = SSL_get_error(tls, got);
  send_records(stream);
  ERR_clear_error();
  if (error != SSL_ERROR_WANT_READ) end_client(stream);
}

static void on_connection(uv_stream_t* server, int status) {
  uv_stream_t* client = status < 0 ? NULL : accept_client(server);
  if (client == NULL) return;
  SSL* tls = SSL_new(context);
  SSL_set_bio(tls, BIO_new(BIO_s_mem()), BIO_new(BIO_s_mem()));
  SSL_set_accept_state(tls);
  client->data = tls;
  uv_read_start(client, on_alloc, on_read);
}

int main(int argc, char** argv) {
  context = SSL_CTX_new(TLS_server_method());
  if (argc != 4 || context == NULL || SSL_CTX_use_PrivateKey_file(context, argv[2], SSL_FILETYPE_PEM) != 1 ||
      SSL_CTX_use_certificate_chain_file(context, argv[3]) != 1) {
    fprintf(stderr, "a place, a key and a certificate are needed\n");
    return 1;
  }
  return serve(argv[1], on_connection);
}
