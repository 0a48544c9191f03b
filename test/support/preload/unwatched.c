// Refuses sockets of netlink to the addon, as the seccomp profile of a container may. LD_PRELOAD=unwatched.so
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stddef.h>
#include <sys/socket.h>

int socket(int family, int type, int protocol) {
  static __typeof__(&socket) next;
  if (next == NULL) next = (__typeof__(&socket))dlsym(RTLD_NEXT, "socket");
  if (family != AF_NETLINK) return next(family, type, protocol);
  errno = EPERM;
  return -1;
}
