// Answers the addon with random but well-formed nonsense: control messages, socket names, interface names, netlink
// messages. LD_PRELOAD=lies.so SOCKCTL_LIES=SEED; meant to run beside a sanitizer, which says what was read amiss.
//
// Only calls whose return address lies in sockctl.node are lied to.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/if_packet.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>

static atomic_uint_least64_t state;
static int lying;

__attribute__((constructor)) static void read_environment(void) {
  const char *seed = getenv("SOCKCTL_LIES");
  lying = seed != NULL;
  if (lying) atomic_store(&state, strtoull(seed, NULL, 10) * 2654435761u + 1);
}

// SplitMix64; threads share it, since what matters is variety.
static uint64_t next_random(void) {
  uint64_t mixed = atomic_fetch_add(&state, 0x9e3779b97f4a7c15u);
  mixed = (mixed ^ (mixed >> 30)) * 0xbf58476d1ce4e5b9u;
  mixed = (mixed ^ (mixed >> 27)) * 0x94d049bb133111ebu;
  return mixed ^ (mixed >> 31);
}

static size_t below(size_t limit) { return limit == 0 ? 0 : next_random() % limit; }

static void fill(void *bytes, size_t length) {
  for (size_t i = 0; i < length; i++) ((uint8_t *)bytes)[i] = (uint8_t)next_random();
}

static int lies(const void *caller) {
  Dl_info info;
  return lying && below(2) == 0 && dladdr(caller, &info) != 0 && info.dli_fname != NULL &&
         strstr(info.dli_fname, "sockctl.node") != NULL;
}

#define LIES lies(__builtin_return_address(0))
#define NEXT(name)                                                       \
  static __typeof__(&name) next;                                         \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// An address of the family, or of any if that is 0, of any length that such an address can have; the kernel tells the true
// length of one that had no room.
static void lie_name(void *name, socklen_t room, socklen_t *length, sa_family_t family) {
  static const struct {
    sa_family_t family;
    socklen_t least, most;
  } kinds[] = {
      {AF_INET, sizeof(struct sockaddr_in), sizeof(struct sockaddr_in)},
      {AF_INET6, 24, sizeof(struct sockaddr_in6)},
      {AF_UNIX, sizeof(sa_family_t), sizeof(struct sockaddr_un)},
      {AF_NETLINK, sizeof(struct sockaddr_nl), sizeof(struct sockaddr_nl)},
      {AF_PACKET, sizeof(struct sockaddr_ll), sizeof(struct sockaddr_ll)},
      {AF_VSOCK, 16, 16},
      {0, 0, 2},
  };
  const size_t count = sizeof kinds / sizeof *kinds;
  size_t kind = below(count);
  for (size_t i = 0; family != 0 && i < count; i++)
    if (kinds[i].family == family) kind = i;
  const socklen_t told = kinds[kind].least + below(kinds[kind].most - kinds[kind].least + 1);
  const socklen_t held = told < room ? told : room;
  fill(name, held);
  if (held >= sizeof(sa_family_t)) memcpy(name, &kinds[kind].family, sizeof(sa_family_t));
  // No interface of a packet socket has a negative index.
  struct sockaddr_ll packet;
  if (kinds[kind].family == AF_PACKET && held >= sizeof packet) {
    memcpy(&packet, name, sizeof packet);
    packet.sll_ifindex &= INT32_MAX;
    memcpy(name, &packet, sizeof packet);
  }
  *length = told;
}

// Control messages one after the other, as long as there is room, each of a level and type that the addon may know.
static void lie_control(struct msghdr *message, size_t room) {
  static const int levels[] = {SOL_SOCKET, IPPROTO_IP, IPPROTO_IPV6, IPPROTO_UDP, 263, 255};
  uint8_t *control = message->msg_control;
  size_t used = 0;
  while (used + CMSG_SPACE(0) <= room && below(8) != 0) {
    const size_t left = room - used - CMSG_LEN(0);
    size_t length = below(3) == 0 ? below(left + 1) : (size_t[]){1, 2, 4, 8, 12, 16, 20, 28, 48, 64}[below(10)];
    if (length > left) length = left;
    struct cmsghdr header = {
        .cmsg_len = CMSG_LEN(length),
        .cmsg_level = levels[below(sizeof levels / sizeof *levels)],
        .cmsg_type = (int)below(90),
    };
    memcpy(control + used, &header, sizeof header);
    fill(control + used + CMSG_LEN(0), length);
    used += CMSG_SPACE(length);
    if (used > room) used = room;
  }
  message->msg_controllen = used;
  if (below(4) == 0) message->msg_flags |= MSG_CTRUNC;
  if (below(8) == 0) message->msg_flags |= MSG_TRUNC;
}

// Messages of netlink whose lengths lie within the datagram, of random types and contents. The numbers of the questions
// they answer stay: a caller rightly waits for the answer to its own.
static size_t lie_netlink(uint8_t *bytes, size_t room) {
  static const uint16_t types[] = {NLMSG_ERROR, NLMSG_DONE, RTM_NEWROUTE, RTM_NEWLINK, RTM_DELLINK, RTM_NEWADDR};
  struct nlmsghdr first;
  memcpy(&first, bytes, sizeof first);
  size_t used = 0;
  do {
    size_t length = NLMSG_HDRLEN + below(256);
    if (length > room - used) length = room - used;
    struct nlmsghdr header = {.nlmsg_len = length, .nlmsg_type = types[below(6)], .nlmsg_seq = first.nlmsg_seq};
    fill(bytes + used, length);
    memcpy(bytes + used, &header, sizeof header);
    used += NLMSG_ALIGN(length);
  } while (used + NLMSG_HDRLEN <= room && below(3) != 0);
  return used > room ? room : used;
}

ssize_t recvfrom(int fd, void *buffer, size_t room, int flags, struct sockaddr *from, socklen_t *from_room) {
  NEXT(recvfrom);
  const int lie = LIES;
  const ssize_t got = next(fd, buffer, room, flags, from, from_room);
  if (!lie || got < NLMSG_HDRLEN) return got;
  return (ssize_t)lie_netlink(buffer, room);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  NEXT(recvmmsg);
  const int lie = LIES;
  // Room as it was before the kernel said what it used.
  const size_t room = count > 0 ? messages[0].msg_hdr.msg_controllen : 0;
  const socklen_t name_room = count > 0 ? messages[0].msg_hdr.msg_namelen : 0;
  const int got = next(fd, messages, count, flags, timeout);
  int domain = AF_UNSPEC;
  if (lie && got > 0) getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &domain, &(socklen_t){sizeof domain});
  for (int i = 0; lie && i < got; i++) {
    struct msghdr *message = &messages[i].msg_hdr;
    if (domain == AF_NETLINK && messages[i].msg_len >= NLMSG_HDRLEN)
      messages[i].msg_len = (unsigned)lie_netlink(message->msg_iov->iov_base, message->msg_iov->iov_len);
    if (message->msg_control != NULL) lie_control(message, room);
    if (message->msg_name != NULL && below(2) == 0) lie_name(message->msg_name, name_room, &message->msg_namelen, 0);
  }
  return got;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  NEXT(recvmsg);
  const int lie = LIES;
  const size_t room = message->msg_controllen;
  const socklen_t name_room = message->msg_namelen;
  const ssize_t got = next(fd, message, flags);
  if (!lie || got < 0) return got;
  if (message->msg_control != NULL) lie_control(message, room);
  if (message->msg_name != NULL) lie_name(message->msg_name, name_room, &message->msg_namelen, 0);
  return got;
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  NEXT(getsockname);
  const int lie = LIES;
  const socklen_t room = *length;
  const int result = next(fd, address, length);
  // The kernel answers in the socket's family.
  if (lie && result == 0) lie_name(address, room, length, address->sa_family);
  return result;
}

int getpeername(int fd, struct sockaddr *address, socklen_t *length) {
  NEXT(getpeername);
  const int lie = LIES;
  const socklen_t room = *length;
  const int result = next(fd, address, length);
  // The kernel answers in the socket's family.
  if (lie && result == 0) lie_name(address, room, length, address->sa_family);
  return result;
}

// Of the answers of getsockopt the bytes change, and sometimes there are fewer.
int getsockopt(int fd, int level, int option, void *value, socklen_t *length) {
  NEXT(getsockopt);
  const int lie = LIES;
  const int result = next(fd, level, option, value, length);
  if (!lie || result != 0) return result;
  if (below(3) == 0) *length = (socklen_t)below(*length + 1);
  fill(value, *length);
  return result;
}

// Names are bytes: up to 15 of them, UTF-8 or not.
char *if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
  NEXT(if_indextoname);
  if (!LIES) return next(index, name);
  const size_t length = 1 + below(IF_NAMESIZE - 1);
  fill(name, length);
  for (size_t i = 0; i < length; i++) name[i] |= 1;
  name[length] = '\0';
  return name;
}

int getifaddrs(struct ifaddrs **list) {
  NEXT(getifaddrs);
  const int lie = LIES;
  const int result = next(list);
  if (!lie || result != 0) return result;
  for (struct ifaddrs *item = *list; item != NULL; item = item->ifa_next) {
    if (below(3) == 0) item->ifa_flags = (unsigned)next_random();
    if (below(4) == 0) item->ifa_addr = NULL;
    if (below(4) == 0) item->ifa_netmask = NULL;
    for (char *letter = item->ifa_name; below(2) == 0 && *letter != '\0'; letter++) *letter = (char)(next_random() | 1);
  }
  return result;
}
