"""Prints every IGMP and MLD frame that arrives on an interface, a JSON line each, until standard input ends."""

import socket

from wire import arriving, tell


def is_membership(frame):
    ethertype = frame[12:14]
    if ethertype == b"\x08\x00":
        return frame[23] == socket.IPPROTO_IGMP
    # MLD always follows a hop-by-hop header.
    return ethertype == b"\x86\xdd" and frame[20] == 0 and frame[54] == socket.IPPROTO_ICMPV6


for frame, _ in arriving(socket.SOCK_RAW):
    if is_membership(frame):
        tell({"frame": frame.hex()})
