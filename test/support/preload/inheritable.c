// Watches which descriptors the addon makes: one without close-on-exec would be inherited by every program that the
// process starts. LD_PRELOAD=inheritable.so; at its end the process tells on its standard error what was made.
//
// Only calls whose return address lies in sockctl.node count.
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdatomic.h>
#include <stdio.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

static atomic_int made = 0;
static atomic_int inheritable = 0;

__attribute__((destructor)) static void report(void) {
  if (made > 0) dprintf(2, "descriptors: %d made, %d inheritable\n", atomic_load(&made), atomic_load(&inheritable));
}

static int noted(int fd, int closes_on_exec, const void *caller) {
  Dl_info info;
  if (dladdr(caller, &info) == 0 || info.dli_fname == NULL || strstr(info.dli_fname, "sockctl.node") == NULL) return fd;
  atomic_fetch_add(&made, 1);
  if (!closes_on_exec) atomic_fetch_add(&inheritable, 1);
  return fd;
}

#define NOTED(fd, closes_on_exec) noted(fd, closes_on_exec, __builtin_return_address(0))
#define NEXT(name)                \
  static __typeof__(&name) next; \
  if (next == NULL) next = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

int socket(int family, int type, int protocol) {
  NEXT(socket);
  return NOTED(next(family, type, protocol), (type & SOCK_CLOEXEC) != 0);
}

int epoll_create1(int flags) {
  NEXT(epoll_create1);
  return NOTED(next(flags), (flags & EPOLL_CLOEXEC) != 0);
}

// The third argument is an int or a pointer: both come in one register.
static int control(const char *name, int fd, int command, void *argument, const void *caller) {
  int (*next)(int, int, ...) = (int (*)(int, int, ...))dlsym(RTLD_NEXT, name);
  const int result = next(fd, command, argument);
  const int duplicates = command == F_DUPFD || command == F_DUPFD_CLOEXEC;
  return duplicates ? noted(result, command == F_DUPFD_CLOEXEC, caller) : result;
}

int fcntl(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return control("fcntl", fd, command, argument, __builtin_return_address(0));
}

int fcntl64(int fd, int command, ...) {
  va_list rest;
  va_start(rest, command);
  void *argument = va_arg(rest, void *);
  va_end(rest);
  return control("fcntl64", fd, command, argument, __builtin_return_address(0));
}
