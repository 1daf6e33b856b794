/* The limit of child processes: started and waited for by uv_spawn, one after the other. Told by lines as a load is,
 * with the path of the program in place of an address. */
#include <uv.h>

#include "load.h"

static void on_exit_of(uv_process_t* process, int64_t code, int signal) {
  if (code != 0 || signal != 0) fail("the program failed");
  uv_close((uv_handle_t*)process, NULL);
}

static void spawn_one(uv_loop_t* loop, char* program) {
  char* arguments[] = {program, NULL};
  uv_stdio_container_t streams[] = {{.flags = UV_INHERIT_FD, .data.fd = 0},
                                    {.flags = UV_INHERIT_FD, .data.fd = 1},
                                    {.flags = UV_INHERIT_FD, .data.fd = 2}};
  uv_process_options_t options = {.file = program, .args = arguments, .exit_cb = on_exit_of};
  uv_process_t process;
  options.stdio = streams;
  options.stdio_count = 3;
  int status = uv_spawn(loop, &process, &options);
  if (status != 0) fail(uv_strerror(status));
  uv_run(loop, UV_RUN_DEFAULT);
}

static figures_t spawn_slice(const slice_t* slice) {
  uint64_t count = 0;
  uint64_t begun = now();
  uint64_t at = begun;
  while (at < begun + (uint64_t)(slice->milliseconds * 1e6)) {
    spawn_one(uv_default_loop(), (char*)slice->address);
    count++;
    uint64_t then = now();
    note_latency(then - at);
    at = then;
  }
  return (figures_t){.count = count, .took = at - begun};
}

int main(void) { return answer_slices(spawn_slice); }
