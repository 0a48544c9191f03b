// answer PORT: sends each datagram back, from the address it came to, with recvmmsg and sendmmsg of up to 64, until it is
// killed.
#include "datagrams.h"

static char buffers[BATCH][MAX_PAYLOAD];
static char controls[BATCH][256];

int main(int count, char **words) {
  if (count != 2) return 2;
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in address = endpoint("0.0.0.0", atoi(words[1]));
  must(bind(fd, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  turn_on(fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
  turn_on(fd, IPPROTO_IP, IP_PKTINFO, 1);
  struct mmsghdr messages[BATCH] = {0};
  struct iovec vectors[BATCH];
  struct sockaddr_in clients[BATCH];
  printf("ready\n");
  fflush(stdout);
  for (;;) {
    for (int i = 0; i < BATCH; i++) {
      vectors[i] = (struct iovec){buffers[i], MAX_PAYLOAD};
      messages[i].msg_hdr = (struct msghdr){&clients[i], sizeof clients[i], &vectors[i], 1, controls[i], sizeof controls[i], 0};
    }
    const int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    must(got > 0, "recvmmsg");
    for (int i = 0; i < got; i++) {
      vectors[i].iov_len = messages[i].msg_len;
      // The message that came has the address and the interface where the answer's has them, but for one field.
      struct msghdr *header = &messages[i].msg_hdr;
      struct cmsghdr *message = CMSG_FIRSTHDR(header);
      struct in_pktinfo *info = (struct in_pktinfo *)CMSG_DATA(message);
      info->ipi_spec_dst = info->ipi_addr;
      header->msg_controllen = CMSG_SPACE(sizeof *info);
    }
    for (int sent = 0; sent < got;) {
      const int taken = sendmmsg(fd, messages + sent, got - sent, 0);
      must(taken > 0, "sendmmsg");
      sent += taken;
    }
  }
}
