// The level and type that identify a control message: cmsg(3).
#pragma once

namespace sockctl {

struct MessageType {
  int level = -1;
  int type = -1;
};

}  // namespace sockctl
