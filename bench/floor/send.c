// send GROUP PORT BYTES COUNT plain|segmented: sends COUNT datagrams to a group on the loopback interface. Prints the
// nanoseconds a datagram.
#include "datagrams.h"

int main(int count, char **words) {
  if (count != 6) return 2;
  struct feed feed;
  open_feed(&feed, words[1], atoi(words[2]), atoi(words[3]), strcmp(words[5], "segmented") == 0);
  const int total = atoi(words[4]);
  const double start = now();
  feed_all(&feed, total);
  printf("%.1f\n", (now() - start) / total);
  return 0;
}
