// rejoin INTERFACE GROUPS: prints the nanoseconds of leaving and of joining so many groups, 20 to a socket, one after the
// other.
#include "datagrams.h"

enum { EACH = 20 };

static int call(int fd, unsigned interface, int option, int group) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(0xefff0001U + (unsigned)group)}};
  struct group_req request = {.gr_interface = interface};
  memcpy(&request.gr_group, &address, sizeof address);
  return setsockopt(fd, IPPROTO_IP, option, &request, sizeof request);
}

int main(int count, char **words) {
  if (count != 3) return 2;
  const unsigned interface = if_nametoindex(words[1]);
  const int groups = atoi(words[2]);
  const int sockets = groups / EACH;
  int *fds = calloc((size_t)sockets, sizeof *fds);
  int failed = 0;
  for (int i = 0; i < sockets; i++) {
    fds[i] = socket(AF_INET, SOCK_DGRAM, 0);
    for (int k = 0; k < EACH; k++) failed |= call(fds[i], interface, MCAST_JOIN_GROUP, i * EACH + k);
  }
  const double start = now();
  for (int option = 0; option < 2; option++)
    for (int i = 0; i < sockets; i++)
      for (int k = 0; k < EACH; k++)
        failed |= call(fds[i], interface, option == 0 ? MCAST_LEAVE_GROUP : MCAST_JOIN_GROUP, i * EACH + k);
  printf("%.0f\n", now() - start);
  return failed != 0;
}
