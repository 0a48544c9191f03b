// Gives the addon's next read the control messages of the environment, as hexadecimal digits, instead of the kernel's.
// LD_PRELOAD=control.so, and SOCKCTL_CONTROL=HEX before a read. A read of the error queue then finds an empty entry.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>

#define NEXT(name)                                                       \
  static __typeof__(&name) next;                                         \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

// False if the environment has none.
static int replace(struct msghdr *message) {
  const char *hex = getenv("SOCKCTL_CONTROL");
  if (hex == NULL) return 0;
  size_t length = strlen(hex) / 2;
  if (length > message->msg_controllen) abort();
  for (size_t i = 0; i < length; i++) sscanf(hex + 2 * i, "%2hhx", (unsigned char *)message->msg_control + i);
  message->msg_controllen = length;
  unsetenv("SOCKCTL_CONTROL");
  return 1;
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  NEXT(recvmmsg);
  const size_t room = messages[0].msg_hdr.msg_controllen;
  const int got = next(fd, messages, count, flags, timeout);
  if (got > 0) {
    messages[0].msg_hdr.msg_controllen = room;
    if (!replace(&messages[0].msg_hdr)) messages[0].msg_hdr.msg_controllen = 0;
  }
  return got;
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  NEXT(recvmsg);
  if ((flags & MSG_ERRQUEUE) == 0) return next(fd, message, flags);
  if (!replace(message)) return next(fd, message, flags);
  message->msg_namelen = 0;
  message->msg_flags = 0;
  return 0;
}
