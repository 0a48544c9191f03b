// channels SOCKETS EACH groups|sources time|memory: opens SOCKETS sockets on one port with the options of a receiver.
// On each it joins EACH groups, or EACH sources of one group, which no other socket has, on the loopback interface.
// Prints the nanoseconds that took, or the bytes by which the process has grown.
#include <sys/epoll.h>
#include <sys/resource.h>

#include "datagrams.h"

static double resident(void) {
  long size = 0;
  long pages = 0;
  FILE *file = fopen("/proc/self/statm", "r");
  must(file != NULL && fscanf(file, "%ld %ld", &size, &pages) == 2, "statm");
  fclose(file);
  return (double)pages * (double)sysconf(_SC_PAGESIZE);
}

// Afterwards `address` holds the port, for the next socket.
static int open_socket(int epoll, struct sockaddr_in *address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  turn_on(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  turn_on(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  turn_on(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  turn_on(fd, IPPROTO_IP, IP_PKTINFO, 1);
  must(bind(fd, (struct sockaddr *)address, sizeof *address) == 0, "bind");
  socklen_t length = sizeof *address;
  must(getsockname(fd, (struct sockaddr *)address, &length) == 0, "getsockname");
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  must(epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event) == 0, "epoll_ctl");
  return fd;
}

static void store(struct sockaddr_storage *into, unsigned address) {
  const struct sockaddr_in from = {.sin_family = AF_INET, .sin_addr = {htonl(address)}};
  memcpy(into, &from, sizeof from);
}

static int join_group(int fd, unsigned interface, unsigned number) {
  struct group_req request = {.gr_interface = interface};
  store(&request.gr_group, 0xef000000U + number);
  return setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request);
}

static int join_source(int fd, unsigned interface, unsigned number) {
  struct group_source_req request = {.gsr_interface = interface};
  store(&request.gsr_group, 0xe8010101U);
  store(&request.gsr_source, 0x0a000001U + number);
  return setsockopt(fd, IPPROTO_IP, MCAST_JOIN_SOURCE_GROUP, &request, sizeof request);
}

int main(int count, char **words) {
  if (count != 5) return 2;
  const int sockets = atoi(words[1]);
  const int each = atoi(words[2]);
  int (*const join)(int, unsigned, unsigned) = strcmp(words[3], "groups") == 0 ? join_group : join_source;
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const unsigned lo = if_nametoindex("lo");
  struct sockaddr_in address = endpoint("0.0.0.0", 0);
  unsigned number = 0;
  const double before = resident();
  int *fds = calloc((size_t)sockets, sizeof *fds);
  const double start = now();
  for (int i = 0; i < sockets; i++) {
    fds[i] = open_socket(epoll, &address);
    for (int joined = 0; joined < each; joined++) must(join(fds[i], lo, number++) == 0, "join");
  }
  const double took = now() - start;
  printf("%.0f\n", strcmp(words[4], "time") == 0 ? took : resident() - before);
  fflush(stdout);
  // The kernel finds the newest membership first.
  for (int i = sockets - 1; i >= 0; i--) close(fds[i]);
  return 0;
}
