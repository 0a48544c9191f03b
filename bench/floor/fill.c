// fill PORT BYTES COUNT plain|segmented: COUNT datagrams to the loopback address. It prints how many.
#include "datagrams.h"

int main(int count, char **words) {
  if (count != 5) return 2;
  struct feed feed;
  open_feed(&feed, "127.0.0.1", atoi(words[1]), atoi(words[2]), strcmp(words[4], "segmented") == 0);
  feed_all(&feed, atoi(words[3]));
  printf("%s\n", words[3]);
  return 0;
}
