// Electron's answer to memory that is not V8's own, for an addon whose names of these functions begin with `none`:
// test/electron.test.ts. LD_PRELOAD=electron.so; the first refusal is told on the standard error.
#include <stdatomic.h>
#include <stdio.h>

enum { NO_EXTERNAL_BUFFERS_ALLOWED = 22 };

static atomic_int refused = 0;

static int refuse(const char *what) {
  if (atomic_fetch_add(&refused, 1) == 0) dprintf(2, "refused: %s\n", what);
  return NO_EXTERNAL_BUFFERS_ALLOWED;
}

int none_create_external_buffer(void) { return refuse("buffer"); }
int none_create_external_arraybuffer(void) { return refuse("arraybuffer"); }
