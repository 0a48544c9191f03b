#include "base/constants.h"

#include <sys/socket.h>
#ifdef __linux__
// The kernel's own headers: glibc's netinet headers lack most Linux options and clash with these.
#include <linux/icmp.h>
#include <linux/icmpv6.h>
#include <linux/if.h>
#include <linux/if_packet.h>
#include <linux/in.h>
#include <linux/in6.h>
#include <linux/netlink.h>
#include <linux/sctp.h>
#include <linux/tcp.h>
#include <linux/udp.h>
#include <linux/vm_sockets.h>
#else
#include <net/if.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#endif

// Linux numbers socket options alike on these; elsewhere (MIPS, SPARC, PA-RISC) a number is never guessed.
#if defined(__linux__) && (defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || \
                           (defined(__riscv) && __riscv_xlen == 64))
#define SOCKCTL_UAPI
#endif

// RFC 3493's names and the older ones are the same options; a header may have only one pair.
#ifndef IPV6_JOIN_GROUP
#define IPV6_JOIN_GROUP IPV6_ADD_MEMBERSHIP
#define IPV6_LEAVE_GROUP IPV6_DROP_MEMBERSHIP
#endif
#ifndef IPV6_ADD_MEMBERSHIP
#define IPV6_ADD_MEMBERSHIP IPV6_JOIN_GROUP
#define IPV6_DROP_MEMBERSHIP IPV6_LEAVE_GROUP
#endif

namespace sockctl {
namespace {

struct Constant {
  const char* name;
  double value;
};

// NOLINTNEXTLINE(*-c-arrays): std::array can't count rows that come and go
constexpr Constant kConstants[] = {
#include "constants.inc"
};

}  // namespace

Napi::Object Constants(Napi::Env env) {
  Napi::Object object = Napi::Object::New(env);
  for (const Constant& constant : kConstants) object.Set(constant.name, constant.value);
  return object;
}

}  // namespace sockctl
