// Reads the answer to RTM_GETROUTE. Nothing is read that its lengths do not cover.
#include "host/route_answer.h"

#include <linux/netlink.h>
#include <linux/rtnetlink.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

namespace sockctl {
namespace {

// A struct at the start of the bytes; false if there are too few.
template <class T>
bool Load(const uint8_t* bytes, size_t length, T& value) {
  if (length < sizeof value) return false;
  std::memcpy(&value, bytes, sizeof value);
  return true;
}

constexpr size_t kHeader = NLMSG_LENGTH(0);
constexpr size_t kRouteHeader = NLMSG_ALIGN(sizeof(rtmsg));

}  // namespace

int InterfaceOfRoute(const uint8_t* answer, size_t length) {
  nlmsghdr header{};
  if (!Load(answer, length, header) || header.nlmsg_len < kHeader || header.nlmsg_len > length) return -EBADMSG;
  const uint8_t* payload = answer + kHeader;
  size_t left = header.nlmsg_len - kHeader;
  if (header.nlmsg_type == NLMSG_ERROR) {
    nlmsgerr error{};
    if (!Load(payload, left, error) || error.error >= 0) return -EBADMSG;
    return error.error;
  }
  if (header.nlmsg_type != RTM_NEWROUTE || left < kRouteHeader) return -EBADMSG;
  payload += kRouteHeader;
  left -= kRouteHeader;
  rtattr attribute{};
  while (Load(payload, left, attribute) && attribute.rta_len >= sizeof attribute && attribute.rta_len <= left) {
    int index = 0;
    if (attribute.rta_type == RTA_OIF && Load(payload + RTA_LENGTH(0), attribute.rta_len - RTA_LENGTH(0), index))
      return index > 0 ? index : -EBADMSG;
    const size_t step = std::min<size_t>(RTA_ALIGN(attribute.rta_len), left);
    payload += step;
    left -= step;
  }
  return -ENETUNREACH;
}

}  // namespace sockctl
