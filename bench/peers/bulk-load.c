/* Load for one connection that carries as much as it can, and what it carried in bytes. Started with "receive", it
 * sends in pieces of SIZE until the time is over, then its end, and waits for the server's: so the server has read all
 * of it. With "send" it asks for answers of SIZE bytes by one byte each, DEPTH of them on their way, and reads all that
 * it asked for. */
#include "load.h"

static uint64_t send_until(int fd, size_t size, uint64_t end) {
  uint64_t bytes = 0;
  do {
    ssize_t sent = write(fd, out, size);
    if (sent <= 0) die("write");
    bytes += (uint64_t)sent;
  } while (now() < end);
  shutdown(fd, SHUT_WR);
  ssize_t got = read(fd, in, sizeof in);
  if (got < 0) die("read");
  if (got > 0) fail("the server answers what needs no answer");
  return bytes;
}

static uint64_t receive_until(int fd, size_t size, int depth, uint64_t end) {
  uint64_t bytes = 0, asked = (uint64_t)depth * size;
  if (write(fd, out, (size_t)depth) != depth) die("write");
  while (bytes < asked) {
    ssize_t got = read(fd, in, sizeof in);
    if (got < 0) die("read");
    if (got == 0) fail("the server closed the connection");
    uint64_t answers = (bytes + (uint64_t)got) / size - bytes / size;
    bytes += (uint64_t)got;
    if (answers == 0 || now() >= end) continue;
    if (write(fd, out, (size_t)answers) != (ssize_t)answers) die("write");
    asked += answers * size;
  }
  return bytes;
}

static figures_t receive_slice(const slice_t* slice) {
  int fd = open_socket(slice->address);
  uint64_t begun = now();
  uint64_t bytes = send_until(fd, slice->size, begun + (uint64_t)(slice->milliseconds * 1e6));
  uint64_t took = now() - begun;
  close(fd);
  return (figures_t){.count = bytes, .took = took};
}

static figures_t send_slice(const slice_t* slice) {
  int fd = open_socket(slice->address);
  uint64_t begun = now();
  uint64_t bytes = receive_until(fd, slice->size, slice->depth, begun + (uint64_t)(slice->milliseconds * 1e6));
  uint64_t took = now() - begun;
  close(fd);
  return (figures_t){.count = bytes, .took = took};
}

int main(int argc, char** argv) {
  if (argc != 2) fail("say receive or send: what the server does");
  return answer_slices(strcmp(argv[1], "receive") == 0 ? receive_slice : send_slice);
}
