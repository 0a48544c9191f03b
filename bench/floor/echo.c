// echo PORT REPLY_PORT: sends each datagram back to REPLY_PORT of the loopback address, until it is killed.
#include "datagrams.h"

int main(int count, char **words) {
  if (count != 3) return 2;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  const struct sockaddr_in here = endpoint("127.0.0.1", atoi(words[1]));
  const struct sockaddr_in there = endpoint("127.0.0.1", atoi(words[2]));
  must(bind(fd, (const struct sockaddr *)&here, sizeof here) == 0, "bind");
  puts("ready");
  fflush(stdout);
  static char buffer[MAX_PAYLOAD];
  for (;;) {
    const ssize_t got = recv(fd, buffer, sizeof buffer, 0);
    if (got >= 0) sendto(fd, buffer, (size_t)got, 0, (const struct sockaddr *)&there, sizeof there);
  }
}
