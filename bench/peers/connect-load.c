/* Load for servers that accept: connections that are made and closed, one after the other. */
#include "load.h"

/* Waits for the server to close its side, so that no connection overtakes another. */
static figures_t connect_and_close(const slice_t* slice) {
  uint64_t count = 0;
  uint64_t begun = now();
  uint64_t at = begun;
  while (at < begun + (uint64_t)(slice->milliseconds * 1e6)) {
    int fd = open_socket(slice->address);
    shutdown(fd, SHUT_WR);
    while (read(fd, in, sizeof in) > 0) {
    }
    close(fd);
    count++;
    uint64_t then = now();
    note_latency(then - at);
    at = then;
  }
  return (figures_t){.count = count, .took = at - begun};
}

int main(void) { return answer_slices(connect_and_close); }
