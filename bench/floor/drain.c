// drain BYTES COUNT FILLS plain|segmented FILL: prints the nanoseconds a datagram of reading with recvmmsg, 64 a call,
// with source, destination and time of arrival. The program FILL, a process of its own as for the other contestants,
// fills the socket with COUNT datagrams before each of FILLS rounds. A segmented feed is read with UDP_GRO.
#include <sys/wait.h>

#include "datagrams.h"

struct filler {
  pid_t pid;
  int ask;
  int answer;
};

static struct filler start_filler(char *program, int port, char **words) {
  int ask[2];
  int answer[2];
  must(pipe(ask) == 0 && pipe(answer) == 0, "pipe");
  const struct filler filler = {fork(), ask[1], answer[0]};
  must(filler.pid >= 0, "fork");
  if (filler.pid > 0) {
    close(ask[0]);
    close(answer[1]);
    return filler;
  }
  dup2(ask[0], STDIN_FILENO);
  dup2(answer[1], STDOUT_FILENO);
  close(ask[1]);
  close(answer[0]);
  char text[8];
  snprintf(text, sizeof text, "%d", port);
  execl(program, program, text, words[1], words[2], words[4], (char *)NULL);
  must(0, program);
  return filler;
}

static void fill(const struct filler *filler) {
  char byte = 0;
  must(write(filler->ask, &byte, 1) == 1 && read(filler->answer, &byte, 1) == 1, "fill");
}

static char buffers[BATCH][MAX_PAYLOAD];
static char controls[BATCH][256];

int main(int count, char **words) {
  if (count != 6) return 2;
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
  const struct filler filler = start_filler(words[5], ntohs(address.sin_port), words);

  static struct sockaddr_in sources[BATCH];
  static struct iovec vectors[BATCH];
  static struct mmsghdr messages[BATCH];
  double spent = 0;
  long long taken = 0;
  for (int round = 0; round < fills; round++) {
    fill(&filler);
    const double start = now();
    for (;;) {
      for (int i = 0; i < BATCH; i++) {
        vectors[i] = (struct iovec){buffers[i], segmented ? MAX_PAYLOAD : (size_t)bytes};
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
  close(filler.ask);
  waitpid(filler.pid, NULL, 0);
  if (taken != (long long)each * fills * bytes) return 1;
  printf("%.1f\n", spent / ((double)each * fills));
  return 0;
}
