// joins SOCKETS EACH: prints the nanoseconds of SOCKETS x EACH calls of MCAST_JOIN_GROUP on the loopback interface, one
// after the other, on bound sockets made beforehand.
#include "datagrams.h"

int main(int count, char **words) {
  if (count != 3) return 2;
  const int sockets = atoi(words[1]);
  const int each = atoi(words[2]);
  int *fds = calloc((size_t)sockets, sizeof *fds);
  for (int i = 0; i < sockets; i++) {
    const struct sockaddr_in address = endpoint("127.0.0.1", 0);
    fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    must(bind(fds[i], (const struct sockaddr *)&address, sizeof address) == 0, "bind");
  }
  const unsigned lo = if_nametoindex("lo");
  int failed = 0;
  const double start = now();
  for (int i = 0; i < sockets; i++) {
    for (int group = 0; group < each; group++) {
      struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0xefff0001U + (unsigned)group)}};
      struct group_req request = {.gr_interface = lo};
      memcpy(&request.gr_group, &address, sizeof address);
      failed |= setsockopt(fds[i], IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request);
    }
  }
  printf("%.0f\n", now() - start);
  return failed != 0;
}
