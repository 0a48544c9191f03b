// Makes the nth call that the addon makes of one function of the C library fail with an errno. LD_PRELOAD=faults.so.
//
// Only calls whose return address lies in sockctl.node count: what Node and libuv do for themselves goes through.
// Which call fails is said by the environment, SOCKCTL_FAULT="recvmmsg 3 12", or by the process itself, through a
// descriptor that no process has: setsockopt(INT_MAX, function, n, &errno), where n is 0 to count without a fault.
// getsockopt(INT_MAX, function, 0) gives the calls of a function since then, getsockopt(INT_MAX, 0, 1) whether one failed.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <ifaddrs.h>
#include <limits.h>
#include <net/if.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

// The order is that of FUNCTIONS in faults.ts.
static const char *const kNames[] = {
    "setsockopt",    "getsockopt", "recvmmsg",   "sendmmsg",       "socket",         "dup",          "fcntl",
    "epoll_ctl",     "epoll_create1", "eventfd", "getifaddrs",     "if_nametoindex", "read",         "mmap",
    "pthread_create", "recvmsg",   "recvfrom",   "send",           "bind",           "connect",      "listen",
    "getsockname",   "getpeername", "ioctl",     "if_indextoname", "if_nameindex",   "epoll_wait",   "sendmsg",
    "socketpair",    "accept4",
};
enum {
  kSetsockopt, kGetsockopt, kRecvmmsg, kSendmmsg, kSocket, kDup, kFcntl,
  kEpollCtl, kEpollCreate1, kEventfd, kGetifaddrs, kIfNametoindex, kRead, kMmap,
  kPthreadCreate, kRecvmsg, kRecvfrom, kSend, kBind, kConnect, kListen,
  kGetsockname, kGetpeername, kIoctl, kIfIndextoname, kIfNameindex, kEpollWait, kSendmsg,
  kSocketpair, kAccept4,
  kFunctions,
};

static atomic_int armed = -1;
static atomic_int failing = 0;
static atomic_int error = 0;
static atomic_int counted[kFunctions];
static atomic_int failed = 0;

static void arm(int function, int n, int with) {
  atomic_store(&armed, -1);
  atomic_store(&failing, n);
  atomic_store(&error, with);
  for (int each = 0; each < kFunctions; each++) atomic_store(&counted[each], 0);
  atomic_store(&failed, 0);
  atomic_store(&armed, function);
}

__attribute__((constructor)) static void read_environment(void) {
  const char *text = getenv("SOCKCTL_FAULT");
  char name[32];
  int n = 0, with = 0;
  if (text == NULL || sscanf(text, "%31s %d %d", name, &n, &with) != 3) return;
  for (int function = 0; function < kFunctions; function++)
    if (strcmp(name, kNames[function]) == 0) arm(function, n, with);
}

// A child process that is to fail says on its standard error whether the fault was reached.
__attribute__((destructor)) static void report(void) {
  if (getenv("SOCKCTL_FAULT_REPORT") == NULL) return;
  dprintf(2, "\nfault: %s", atomic_load(&failed) ? "reached" : "not reached");
  for (int function = 0; function < kFunctions; function++)
    if (atomic_load(&counted[function]) > 0) dprintf(2, " %s=%d", kNames[function], atomic_load(&counted[function]));
  dprintf(2, "\n");
}

static int is_addon(const void *caller) {
  Dl_info info;
  return dladdr(caller, &info) != 0 && info.dli_fname != NULL && strstr(info.dli_fname, "sockctl.node") != NULL;
}

static int fails(int function, const void *caller) {
  if (atomic_load(&armed) < 0 || !is_addon(caller)) return 0;
  const int n = atomic_fetch_add(&counted[function], 1) + 1;
  if (function != atomic_load(&armed) || n != atomic_load(&failing)) return 0;
  atomic_store(&failed, 1);
  errno = atomic_load(&error);
  return 1;
}

#define FAILS(function) fails(function, __builtin_return_address(0))
#define NEXT(name)                                                       \
  static __typeof__(&name) next;                                         \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int setsockopt(int fd, int level, int option, const void *value, socklen_t length) {
  NEXT(setsockopt);
  if (fd == INT_MAX) {
    int with = 0;
    if (length == sizeof with) memcpy(&with, value, sizeof with);
    arm(level, option, with);
    return 0;
  }
  return FAILS(kSetsockopt) ? -1 : next(fd, level, option, value, length);
}

int getsockopt(int fd, int level, int option, void *value, socklen_t *length) {
  NEXT(getsockopt);
  if (fd == INT_MAX) {
    const int answer = option == 0 ? atomic_load(&counted[level]) : atomic_load(&failed);
    memcpy(value, &answer, sizeof answer);
    *length = sizeof answer;
    return 0;
  }
  return FAILS(kGetsockopt) ? -1 : next(fd, level, option, value, length);
}

int recvmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags, struct timespec *timeout) {
  NEXT(recvmmsg);
  return FAILS(kRecvmmsg) ? -1 : next(fd, messages, count, flags, timeout);
}

int sendmmsg(int fd, struct mmsghdr *messages, unsigned count, int flags) {
  NEXT(sendmmsg);
  return FAILS(kSendmmsg) ? -1 : next(fd, messages, count, flags);
}

int socket(int family, int type, int protocol) {
  NEXT(socket);
  return FAILS(kSocket) ? -1 : next(family, type, protocol);
}

int socketpair(int family, int type, int protocol, int pair[2]) {
  NEXT(socketpair);
  return FAILS(kSocketpair) ? -1 : next(family, type, protocol, pair);
}

int accept4(int fd, struct sockaddr *address, socklen_t *length, int flags) {
  NEXT(accept4);
  return FAILS(kAccept4) ? -1 : next(fd, address, length, flags);
}

int dup(int fd) {
  NEXT(dup);
  return FAILS(kDup) ? -1 : next(fd);
}

// The third argument is an int or a pointer: both come in one register.
int fcntl64(int fd, int command, ...) {
  static int (*next)(int, int, ...);
  if (next == NULL) next = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl64");
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return FAILS(kFcntl) ? -1 : next(fd, command, argument);
}

int fcntl(int fd, int command, ...) {
  static int (*next)(int, int, ...);
  if (next == NULL) next = (int (*)(int, int, ...))dlsym(RTLD_NEXT, "fcntl");
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return FAILS(kFcntl) ? -1 : next(fd, command, argument);
}

int ioctl(int fd, unsigned long request, ...) {
  static int (*next)(int, unsigned long, ...);
  if (next == NULL) next = (int (*)(int, unsigned long, ...))dlsym(RTLD_NEXT, "ioctl");
  va_list rest;
  va_start(rest, request);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return FAILS(kIoctl) ? -1 : next(fd, request, argument);
}

int epoll_ctl(int epoll, int operation, int fd, struct epoll_event *event) {
  NEXT(epoll_ctl);
  return FAILS(kEpollCtl) ? -1 : next(epoll, operation, fd, event);
}

int epoll_create1(int flags) {
  NEXT(epoll_create1);
  return FAILS(kEpollCreate1) ? -1 : next(flags);
}

int epoll_wait(int epoll, struct epoll_event *events, int room, int timeout) {
  NEXT(epoll_wait);
  return FAILS(kEpollWait) ? -1 : next(epoll, events, room, timeout);
}

int eventfd(unsigned value, int flags) {
  NEXT(eventfd);
  return FAILS(kEventfd) ? -1 : next(value, flags);
}

int getifaddrs(struct ifaddrs **list) {
  NEXT(getifaddrs);
  return FAILS(kGetifaddrs) ? -1 : next(list);
}

unsigned if_nametoindex(const char *name) {
  NEXT(if_nametoindex);
  return FAILS(kIfNametoindex) ? 0 : next(name);
}

char *if_indextoname(unsigned index, char name[IF_NAMESIZE]) {
  NEXT(if_indextoname);
  return FAILS(kIfIndextoname) ? NULL : next(index, name);
}

struct if_nameindex *if_nameindex(void) {
  static struct if_nameindex *(*next)(void);
  if (next == NULL) next = (struct if_nameindex * (*)(void)) dlsym(RTLD_NEXT, "if_nameindex");
  return FAILS(kIfNameindex) ? NULL : next();
}

ssize_t read(int fd, void *buffer, size_t length) {
  NEXT(read);
  return FAILS(kRead) ? -1 : next(fd, buffer, length);
}

ssize_t recvfrom(int fd, void *buffer, size_t length, int flags, struct sockaddr *from, socklen_t *room) {
  NEXT(recvfrom);
  return FAILS(kRecvfrom) ? -1 : next(fd, buffer, length, flags, from, room);
}

ssize_t recvmsg(int fd, struct msghdr *message, int flags) {
  NEXT(recvmsg);
  return FAILS(kRecvmsg) ? -1 : next(fd, message, flags);
}

ssize_t send(int fd, const void *buffer, size_t length, int flags) {
  NEXT(send);
  return FAILS(kSend) ? -1 : next(fd, buffer, length, flags);
}

ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  NEXT(sendmsg);
  return FAILS(kSendmsg) ? -1 : next(fd, message, flags);
}

void *mmap(void *address, size_t length, int protection, int flags, int fd, off_t offset) {
  NEXT(mmap);
  return FAILS(kMmap) ? MAP_FAILED : next(address, length, protection, flags, fd, offset);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attributes, void *(*start)(void *), void *argument) {
  NEXT(pthread_create);
  return FAILS(kPthreadCreate) ? errno : next(thread, attributes, start, argument);
}

int bind(int fd, const struct sockaddr *address, socklen_t length) {
  NEXT(bind);
  return FAILS(kBind) ? -1 : next(fd, address, length);
}

int connect(int fd, const struct sockaddr *address, socklen_t length) {
  NEXT(connect);
  return FAILS(kConnect) ? -1 : next(fd, address, length);
}

int listen(int fd, int backlog) {
  NEXT(listen);
  return FAILS(kListen) ? -1 : next(fd, backlog);
}

int getsockname(int fd, struct sockaddr *address, socklen_t *length) {
  NEXT(getsockname);
  return FAILS(kGetsockname) ? -1 : next(fd, address, length);
}

int getpeername(int fd, struct sockaddr *address, socklen_t *length) {
  NEXT(getpeername);
  return FAILS(kGetpeername) ? -1 : next(fd, address, length);
}
