// follow COUNT [frames]: waits with epoll and reads with recvmmsg, 64 a call, until COUNT datagrams have come, or none for a
// second; with `frames`, as frames of the loopback interface. Prints its port, and at the end the milliseconds of
// processor time it took, and how many did not come.
#include <linux/if_ether.h>
#include <linux/if_packet.h>
#include <net/if.h>
#include <sys/epoll.h>
#include <sys/resource.h>

#include "datagrams.h"

static char buffers[BATCH][2048];
static char controls[BATCH][256];

static double milliseconds(struct timeval time) { return (double)time.tv_sec * 1e3 + (double)time.tv_usec / 1e3; }

static int open_packet(void) {
  const int fd = socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, 0);
  must(fd >= 0, "socket");
  turn_on(fd, SOL_PACKET, PACKET_IGNORE_OUTGOING, 1);
  struct sockaddr_ll on = {
      .sll_family = AF_PACKET, .sll_protocol = htons(ETH_P_IP), .sll_ifindex = (int)if_nametoindex("lo")};
  must(bind(fd, (struct sockaddr *)&on, sizeof on) == 0, "bind");
  return fd;
}

int main(int count, char **words) {
  if (count != 2 && count != 3) return 2;
  const int port = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = endpoint("127.0.0.1", 0);
  must(bind(port, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  socklen_t length = sizeof address;
  getsockname(port, (struct sockaddr *)&address, &length);
  const int fd = count == 3 ? open_packet() : port;
  turn_on(fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
  turn_on(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  if (fd == port) turn_on(fd, IPPROTO_IP, IP_PKTINFO, 1);
  const int epoll = epoll_create1(0);
  struct epoll_event event = {.events = EPOLLIN};
  epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event);
  printf("%d\n", ntohs(address.sin_port));
  fflush(stdout);

  static struct sockaddr_storage sources[BATCH];
  static struct iovec vectors[BATCH];
  static struct mmsghdr messages[BATCH];
  int left = atoi(words[1]);
  int begun = 0;
  while (left > 0 && epoll_wait(epoll, &event, 1, begun ? 1000 : -1) > 0) {
    begun = 1;
    for (int i = 0; i < BATCH; i++) {
      vectors[i] = (struct iovec){buffers[i], sizeof buffers[i]};
      messages[i].msg_hdr = (struct msghdr){.msg_name = &sources[i],
                                            .msg_namelen = sizeof sources[i],
                                            .msg_iov = &vectors[i],
                                            .msg_iovlen = 1,
                                            .msg_control = controls[i],
                                            .msg_controllen = sizeof controls[i]};
    }
    const int got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
    if (got > 0) left -= got;
  }
  struct rusage used;
  getrusage(RUSAGE_SELF, &used);
  printf("%.1f %d\n", milliseconds(used.ru_utime) + milliseconds(used.ru_stime), left > 0 ? left : 0);
  return 0;
}
