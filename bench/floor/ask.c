// ask PORT BYTES COUNT WINDOW: has WINDOW datagrams under way to a server on the loopback address until COUNT were
// answered, and prints the nanoseconds of each.
#include "datagrams.h"

static char buffers[BATCH][MAX_PAYLOAD];

int main(int count, char **words) {
  if (count != 5) return 2;
  const int bytes = atoi(words[2]);
  const int wanted = atoi(words[3]);
  const int window = atoi(words[4]);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct sockaddr_in server = endpoint("127.0.0.1", atoi(words[1]));
  turn_on(fd, SOL_SOCKET, SO_RCVBUFFORCE, 64 << 20);
  must(connect(fd, (struct sockaddr *)&server, sizeof server) == 0, "connect");
  struct mmsghdr messages[BATCH] = {0};
  struct iovec vectors[BATCH];
  for (int i = 0; i < BATCH; i++) {
    vectors[i] = (struct iovec){buffers[i], (size_t)bytes};
    messages[i].msg_hdr = (struct msghdr){NULL, 0, &vectors[i], 1, NULL, 0, 0};
  }
  const double begun = now();
  int sent = 0;
  for (int answered = 0; answered < wanted;) {
    while (sent < wanted && sent - answered < window) {
      int most = window - (sent - answered);
      if (most > BATCH) most = BATCH;
      if (most > wanted - sent) most = wanted - sent;
      const int taken = sendmmsg(fd, messages, most, 0);
      must(taken > 0, "sendmmsg");
      sent += taken;
    }
    const int got = recvmmsg(fd, messages, BATCH, MSG_WAITFORONE, NULL);
    must(got > 0, "recvmmsg");
    answered += got;
  }
  printf("%.1f\n", (now() - begun) / wanted);
  return 0;
}
