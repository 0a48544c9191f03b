// Asks Linux's routing table by netlink.
#include "host/route.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <netinet/in.h>

#include <array>
#include <cerrno>
#include <cstddef>
#include <cstring>

#include "base/unique_fd.h"

namespace sockctl {
namespace {

struct Question {
  nlmsghdr header;
  rtmsg route;
  rtattr attribute;
  std::array<uint8_t, sizeof(in6_addr)> address;
};

int InterfaceOfRoute(const nlmsghdr* answer, size_t length) {
  if (!NLMSG_OK(answer, length)) return -EIO;
  if (answer->nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    std::memcpy(&error, NLMSG_DATA(answer), sizeof error);
    return error.error == 0 ? -EIO : error.error;
  }
  const auto* route = static_cast<const rtmsg*>(NLMSG_DATA(answer));
  auto left = static_cast<int>(RTM_PAYLOAD(answer));
  for (const rtattr* item = RTM_RTA(route); RTA_OK(item, left); item = RTA_NEXT(item, left)) {
    if (item->rta_type != RTA_OIF) continue;
    int index = 0;
    std::memcpy(&index, RTA_DATA(item), sizeof index);
    return index;
  }
  return -ENETUNREACH;
}

}  // namespace

int RouteInterface(const sockaddr_storage& destination) {
  const bool ipv6 = destination.ss_family == AF_INET6;
  const size_t size = ipv6 ? sizeof(in6_addr) : sizeof(in_addr);
  Question question{};
  question.header.nlmsg_len = static_cast<uint32_t>(offsetof(Question, address) + size);
  question.header.nlmsg_type = RTM_GETROUTE;
  question.header.nlmsg_flags = NLM_F_REQUEST;
  question.route.rtm_family = static_cast<unsigned char>(destination.ss_family);
  question.route.rtm_dst_len = static_cast<unsigned char>(size * 8);
  question.attribute.rta_type = RTA_DST;
  question.attribute.rta_len = static_cast<uint16_t>(RTA_LENGTH(size));
  const size_t offset = ipv6 ? offsetof(sockaddr_in6, sin6_addr) : offsetof(sockaddr_in, sin_addr);
  std::memcpy(question.address.data(), reinterpret_cast<const uint8_t*>(&destination) + offset, size);

  const UniqueFd socket(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
  if (!socket.valid()) return -errno;
  if (send(socket.get(), &question, question.header.nlmsg_len, 0) < 0) return -errno;
  alignas(nlmsghdr) std::array<uint8_t, 4096> answer{};
  const ssize_t length = recv(socket.get(), answer.data(), answer.size(), 0);
  if (length < 0) return -errno;
  return InterfaceOfRoute(reinterpret_cast<const nlmsghdr*>(answer.data()), static_cast<size_t>(length));
}

}  // namespace sockctl
