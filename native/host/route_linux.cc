// Asks Linux's routing table by netlink.
#include "host/route.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/unique_fd.h"
#include "host/route_answer.h"

namespace sockctl {
namespace {

struct Question {
  nlmsghdr header;
  rtmsg route;
  rtattr attribute;
  std::array<uint8_t, sizeof(in6_addr)> address;
};

// Waits for the kernel's own answer: any process may send to a netlink socket.
int ReceiveAnswer(int socket, uint32_t sequence) {
  alignas(nlmsghdr) std::array<uint8_t, 4096> answer{};
  for (;;) {
    sockaddr_nl sender{};
    socklen_t length = sizeof sender;
    const ssize_t received =
        recvfrom(socket, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&sender), &length);
    if (received < 0) {
      if (errno == EINTR) continue;
      return -errno;
    }
    nlmsghdr header{};
    std::memcpy(&header, answer.data(), std::min<size_t>(sizeof header, static_cast<size_t>(received)));
    if (sender.nl_pid != 0 || header.nlmsg_seq != sequence) continue;
    return InterfaceOfRoute(answer.data(), static_cast<size_t>(received));
  }
}

}  // namespace

int RouteInterface(const sockaddr_storage& destination) {
  const bool ipv6 = destination.ss_family == AF_INET6;
  const size_t size = ipv6 ? sizeof(in6_addr) : sizeof(in_addr);
  Question question{};
  question.header.nlmsg_len = static_cast<uint32_t>(offsetof(Question, address) + size);
  question.header.nlmsg_type = RTM_GETROUTE;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.header.nlmsg_seq = 1;
  question.route.rtm_family = static_cast<unsigned char>(destination.ss_family);
  question.route.rtm_dst_len = static_cast<unsigned char>(size * 8);
  question.attribute.rta_type = RTA_DST;
  question.attribute.rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
  const size_t offset = ipv6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr);
  std::memcpy(question.address.data(), reinterpret_cast<const uint8_t*>(&destination) + offset, size);

  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return -errno;
  if (send(socket.get(), &question, question.header.nlmsg_len, 0) < 0) return -errno;
  return ReceiveAnswer(socket.get(), question.header.nlmsg_seq);
}

}  // namespace sockctl
