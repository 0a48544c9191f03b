// fill PORT BYTES COUNT plain|segmented: for each byte on standard input, sends COUNT datagrams to the loopback address
// and then writes a byte to standard output.
#include "datagrams.h"

int main(int count, char **words) {
  if (count != 5) return 2;
  struct feed feed;
  open_feed(&feed, "127.0.0.1", atoi(words[1]), atoi(words[2]), strcmp(words[4], "segmented") == 0);
  char byte;
  while (read(STDIN_FILENO, &byte, 1) == 1) {
    feed_all(&feed, atoi(words[3]));
    if (write(STDOUT_FILENO, &byte, 1) != 1) return 1;
  }
  return 0;
}
