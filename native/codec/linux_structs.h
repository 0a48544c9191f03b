// The fields of the structs that only Linux has, as in structs.h.
#pragma once
#include <linux/if_packet.h>
#include <linux/in6.h>
#include <linux/net_tstamp.h>
#include <linux/tcp.h>
#include <netinet/in.h>
#include <sys/socket.h>

namespace sockctl {

// struct so_timestamping of <linux/net_tstamp.h>, which Linux 5.14 brought and Debian 11's headers lack
struct SoTimestamping {
  int flags;
  int bind_phc;
};

template <class IO>
void Fields(IO& io, ucred& value) {
  io("pid", value.pid);
  io("uid", value.uid);
  io("gid", value.gid);
}

template <class IO>
void Fields(IO& io, sock_txtime& value) {
  io("clock", value.clockid);
  io("flags", value.flags);
}

template <class IO>
void Fields(IO& io, SoTimestamping& value) {
  io("flags", value.flags);
  io("phc", value.bind_phc);
}

template <class IO>
void Fields(IO& io, in6_flowlabel_req& value) {
  io("destination", value.flr_dst);
  io("label", value.flr_label);
  io("action", value.flr_action);
  io("share", value.flr_share);
  io("flags", value.flr_flags);
  io("expires", value.flr_expires);
  io("linger", value.flr_linger);
}

template <class IO>
void Fields(IO& io, tcp_md5sig& value) {
  io("address", reinterpret_cast<sockaddr_storage&>(value.tcpm_addr));
  io("flags", value.tcpm_flags);
  io("prefixLength", value.tcpm_prefixlen);
  io("interface", value.tcpm_ifindex);
  io.Bytes("key", value.tcpm_key, value.tcpm_keylen);
}

template <class IO>
void Fields(IO& io, tcp_repair_window& value) {
  io("snd_wl1", value.snd_wl1);
  io("snd_wnd", value.snd_wnd);
  io("max_window", value.max_window);
  io("rcv_wnd", value.rcv_wnd);
  io("rcv_wup", value.rcv_wup);
}

template <class IO>
void Fields(IO& io, packet_mreq& value) {
  io("interface", value.mr_ifindex);
  io("type", value.mr_type);
  io.Bytes("address", value.mr_address, value.mr_alen);
}

}  // namespace sockctl
