// joins SOCKETS EACH: nanoseconds for SOCKETS x EACH calls of MCAST_JOIN_GROUP on the loopback interface, one after the
// other, on bound sockets made beforehand.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  const int sockets = atoi(words[1]);
  const int each = atoi(words[2]);
  int *fds = calloc((size_t)sockets, sizeof *fds);
  for (int i = 0; i < sockets; i++) {
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_LOOPBACK)}};
    fds[i] = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (bind(fds[i], (struct sockaddr *)&address, sizeof address) != 0) return 1;
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
