// pace PORT BYTES RATE SECONDS [MOST]: sends RATE datagrams a second to the loopback address, 64 a call or MOST if that is
// fewer. Prints their number.
#include "datagrams.h"

int main(int count, char **words) {
  if (count != 5 && count != 6) return 2;
  struct feed feed;
  open_feed(&feed, "127.0.0.1", atoi(words[1]), atoi(words[2]), 0);
  const double rate = atof(words[3]);
  const int total = (int)(rate * atof(words[4]));
  const int most = count == 6 ? atoi(words[5]) : BATCH;
  const double start = now();
  int sent = 0;
  while (sent < total) {
    const double due = start + (double)sent / rate * 1e9;
    const struct timespec at = {.tv_sec = (time_t)(due / 1e9),
                                .tv_nsec = (long)(due - (double)(time_t)(due / 1e9) * 1e9)};
    clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &at, NULL);
    sent += feed_some(&feed, total - sent < most ? total - sent : most);
  }
  printf("%d\n", sent);
  return 0;
}
