// receiver_joins SOCKETS EACH: nanoseconds to open SOCKETS sockets on one port, ready to be read as a receiver's are, and
// to join EACH groups of their own with every one of them on the loopback interface.
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <time.h>

static double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static int set(int fd, int level, int option, int value) {
  return setsockopt(fd, level, option, &value, sizeof value);
}

static int failed = 0;

// The options of openReceiver({ channels }).
static int open_socket(int epoll, struct sockaddr_in *address) {
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  failed |= set(fd, SOL_SOCKET, SO_REUSEADDR, 1);
  failed |= set(fd, IPPROTO_IP, IP_MULTICAST_ALL, 0);
  failed |= set(fd, SOL_SOCKET, SO_RXQ_OVFL, 1);
  failed |= set(fd, IPPROTO_IP, IP_PKTINFO, 1);
  failed |= bind(fd, (struct sockaddr *)address, sizeof *address);
  socklen_t length = sizeof *address;
  failed |= getsockname(fd, (struct sockaddr *)address, &length);
  struct epoll_event event = {.events = EPOLLIN, .data.fd = fd};
  failed |= epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  return fd;
}

int main(int count, char **words) {
  if (count != 3) return 2;
  const int sockets = atoi(words[1]);
  const int each = atoi(words[2]);
  struct rlimit files;
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  const int epoll = epoll_create1(EPOLL_CLOEXEC);
  const unsigned lo = if_nametoindex("lo");
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr = {htonl(INADDR_ANY)}};
  unsigned group = 0xef000000U;
  const double start = now();
  for (int i = 0; i < sockets; i++) {
    const int fd = open_socket(epoll, &address);
    for (int joined = 0; joined < each; joined++) {
      struct sockaddr_in to = {.sin_family = AF_INET, .sin_addr = {htonl(group++)}};
      struct group_req request = {.gr_interface = lo};
      memcpy(&request.gr_group, &to, sizeof to);
      failed |= setsockopt(fd, IPPROTO_IP, MCAST_JOIN_GROUP, &request, sizeof request);
    }
  }
  printf("%.0f\n", now() - start);
  return failed != 0;
}
