// sockopt set|get CALLS [threaded]: prints the nanoseconds of a call of setsockopt or getsockopt of IP_TTL. With
// `threaded` the process has a second thread, which sleeps.
#include <pthread.h>

#include "datagrams.h"

static void *rest(void *unused) {
  for (;;) pause();
  return unused;
}

int main(int count, char **words) {
  if (count < 3) return 2;
  pthread_t thread;
  if (count > 3 && pthread_create(&thread, NULL, rest, NULL) != 0) return 1;
  const int calls = atoi(words[2]);
  const int fd = socket(AF_INET, SOCK_DGRAM, 0);
  int failed = 0;
  const double start = now();
  if (strcmp(words[1], "set") == 0) {
    for (int i = 0; i < calls; i++) {
      const int ttl = 1 + (i & 127);
      failed |= setsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, sizeof ttl);
    }
  } else {
    for (int i = 0; i < calls; i++) {
      int ttl = 0;
      socklen_t length = sizeof ttl;
      failed |= getsockopt(fd, IPPROTO_IP, IP_TTL, &ttl, &length);
    }
  }
  printf("%.1f\n", (now() - start) / calls);
  return failed != 0;
}
