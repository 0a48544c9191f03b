// Shared by the programs that are measured beside the library: a clock, sockets on loopback, and a feed of datagrams.
#pragma once
#include <arpa/inet.h>
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/udp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#ifndef UDP_SEGMENT
#define UDP_SEGMENT 103
#endif
#ifndef UDP_GRO
#define UDP_GRO 104
#endif

enum { BATCH = 64, MAX_PAYLOAD = 65507, MAX_SEGMENTS = 64 };

static inline double now(void) {
  struct timespec time;
  clock_gettime(CLOCK_MONOTONIC, &time);
  return (double)time.tv_sec * 1e9 + (double)time.tv_nsec;
}

static inline void must(int went_well, const char *what) {
  if (went_well) return;
  perror(what);
  exit(1);
}

static inline void turn_on(int fd, int level, int name, int value) {
  must(setsockopt(fd, level, name, &value, sizeof value) == 0, "setsockopt");
}

static inline struct sockaddr_in endpoint(const char *address, int port) {
  return (struct sockaddr_in){
      .sin_family = AF_INET, .sin_addr = {inet_addr(address)}, .sin_port = htons((unsigned short)port)};
}

// Datagrams of one size to one destination, many a call: 64 messages, or, if `segmented`, one message that the kernel
// cuts into datagrams (UDP_SEGMENT).
struct feed {
  int fd;
  struct sockaddr_in to;
  int bytes;
  int segmented;
  char *payload;
  struct iovec vectors[BATCH];
  struct mmsghdr messages[BATCH];
  char control[CMSG_SPACE(sizeof(unsigned short))];
};

static inline int datagrams_per_message(const struct feed *feed) {
  if (!feed->segmented) return 1;
  return MAX_PAYLOAD / feed->bytes < MAX_SEGMENTS ? MAX_PAYLOAD / feed->bytes : MAX_SEGMENTS;
}

static inline void open_feed(struct feed *feed, const char *address, int port, int bytes, int segmented) {
  memset(feed, 0, sizeof *feed);
  feed->fd = socket(AF_INET, SOCK_DGRAM, 0);
  struct ip_mreqn by = {.imr_ifindex = (int)if_nametoindex("lo")};
  must(setsockopt(feed->fd, IPPROTO_IP, IP_MULTICAST_IF, &by, sizeof by) == 0, "IP_MULTICAST_IF");
  feed->to = endpoint(address, port);
  feed->bytes = bytes;
  feed->segmented = segmented;
  feed->payload = calloc(1, MAX_PAYLOAD + 1);
  for (int i = 0; i < BATCH; i++) {
    feed->vectors[i] = (struct iovec){feed->payload, (size_t)bytes};
    struct msghdr *header = &feed->messages[i].msg_hdr;
    header->msg_name = &feed->to;
    header->msg_namelen = sizeof feed->to;
    header->msg_iov = &feed->vectors[i];
    header->msg_iovlen = 1;
  }
  if (!segmented) return;
  struct msghdr *header = &feed->messages[0].msg_hdr;
  header->msg_control = feed->control;
  header->msg_controllen = sizeof feed->control;
  struct cmsghdr *message = CMSG_FIRSTHDR(header);
  message->cmsg_level = IPPROTO_UDP;
  message->cmsg_type = UDP_SEGMENT;
  message->cmsg_len = CMSG_LEN(sizeof(unsigned short));
  const unsigned short size = (unsigned short)bytes;
  memcpy(CMSG_DATA(message), &size, sizeof size);
}

// Sends at most `count` datagrams with one call, and returns how many.
static inline int feed_some(struct feed *feed, int count) {
  if (!feed->segmented) {
    const int sent = sendmmsg(feed->fd, feed->messages, (unsigned)(count < BATCH ? count : BATCH), 0);
    must(sent > 0, "sendmmsg");
    return sent;
  }
  const int most = datagrams_per_message(feed);
  const int many = count < most ? count : most;
  feed->vectors[0].iov_len = (size_t)many * (size_t)feed->bytes;
  must(sendmsg(feed->fd, &feed->messages[0].msg_hdr, 0) > 0, "sendmsg");
  return many;
}

static inline void feed_all(struct feed *feed, int count) {
  while (count > 0) count -= feed_some(feed, count);
}
