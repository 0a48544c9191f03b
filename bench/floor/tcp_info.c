// tcp_info CALLS: prints the nanoseconds of a call of getsockopt(TCP_INFO) on a connection over the loopback interface.
#include <linux/tcp.h>

#include "datagrams.h"

int main(int count, char **words) {
  if (count != 2) return 2;
  const int calls = atoi(words[1]);
  const int listener = socket(AF_INET, SOCK_STREAM, 0);
  struct sockaddr_in address = endpoint("127.0.0.1", 0);
  socklen_t length = sizeof address;
  must(bind(listener, (struct sockaddr *)&address, sizeof address) == 0, "bind");
  must(listen(listener, 1) == 0, "listen");
  getsockname(listener, (struct sockaddr *)&address, &length);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  must(connect(fd, (struct sockaddr *)&address, sizeof address) == 0, "connect");
  int failed = 0;
  const double start = now();
  for (int i = 0; i < calls; i++) {
    struct tcp_info info;
    length = sizeof info;
    failed |= getsockopt(fd, IPPROTO_TCP, TCP_INFO, &info, &length);
  }
  printf("%.1f\n", (now() - start) / calls);
  return failed != 0;
}
