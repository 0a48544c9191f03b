// The constants that Linux has. The headers are the kernel's own: glibc's netinet headers lack most Linux options and
// clash with the kernel's.
#include "base/constants.h"

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
#include <sys/socket.h>

// Linux numbers socket options alike on these processors, so constants.txt's numbers stand in for what older headers
// lack. Elsewhere (MIPS, SPARC, PA-RISC) a number is never guessed.
#if defined(__x86_64__) || defined(__i386__) || defined(__aarch64__) || defined(__arm__) || \
    (defined(__riscv) && __riscv_xlen == 64)
#define SOCKCTL_UAPI
#endif

// RFC 3493's names of the same two options; the kernel's headers have only the older ones.
#ifndef IPV6_JOIN_GROUP
#define IPV6_JOIN_GROUP IPV6_ADD_MEMBERSHIP
#define IPV6_LEAVE_GROUP IPV6_DROP_MEMBERSHIP
#endif

namespace sockctl {

std::vector<Constant> SystemConstants() {
  return {
#include "constants.inc"
  };
}

}  // namespace sockctl
