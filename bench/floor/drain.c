// drain BYTES COUNT FILLS plain|segmented: nanoseconds a datagram of recvmmsg, 64 a call, with source, destination and
// time of arrival, from a socket filled beforehand with COUNT datagrams. Of a segmented feed it takes what UDP_GRO gives.
#include "datagrams.h"

static char buffers[BATCH][LONGEST];
static char controls[BATCH][256];

int main(int count, char **words) {
  if (count != 5) return 2;
  const int bytes = atoi(words[1]);
  const int each = atoi(words[2]);
  const int fills = atoi(words[3]);
  const int segmented = strcmp(words[4], "segmented") == 0;
  const int fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
  struct sockaddr_in address = endpoint("127.0.0.1", 0);
  must(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  socklen_t length = sizeof address;
  getsockname(fd, (struct sockaddr *)&address, &length);
  turn_on(fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
  turn_on(fd, SOL_SOCKET, SO_TIMESTAMPNS, 1);
  turn_on(fd, IPPROTO_IP, IP_PKTINFO, 1);
  if (segmented) turn_on(fd, IPPROTO_UDP, UDP_GRO, 1);
  struct feed feed;
  open_feed(&feed, "127.0.0.1", ntohs(address.sin_port), bytes, segmented);

  static struct sockaddr_in sources[BATCH];
  static struct iovec vectors[BATCH];
  static struct mmsghdr messages[BATCH];
  double spent = 0;
  long long taken = 0;
  for (int fill = 0; fill < fills; fill++) {
    feed_all(&feed, each);
    const double start = now();
    for (;;) {
      for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){buffers[i], segmented ? LONGEST : (size_t)bytes};
        messages[i].msg_hdr = (struct msghdr){.msg_name = &sources[i],
                                              .msg_namelen = sizeof sources[i],
                                              .msg_iov = &vectors[i],
                                              .msg_iovlen = 1,
                                              .msg_control = controls[i],
                                              .msg_controllen = sizeof controls[i]};
      }
      const int got = recvmmsg(fd, messages, BATCH, MSG_DONTWAIT, NULL);
      if (got <= 0) break;
      for (int i = 0; i < got; i++) taken += messages[i].msg_len;
    }
    spent += now() - start;
  }
  if (taken != (long long)each * fills * bytes) return 1;
  printf("%.1f\n", spent / ((double)each * fills));
  return 0;
}
