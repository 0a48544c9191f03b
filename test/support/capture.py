"""Prints every IGMP and MLD frame that arrives on an interface, a JSON line each, until standard input ends."""

import json
import select
import socket
import sys

ETH_P_ALL = 3
PACKET_OUTGOING = 4


def is_membership(frame):
    ethertype = frame[12:14]
    if ethertype == b"\x08\x00":
        return frame[23] == socket.IPPROTO_IGMP
    # MLD always follows a hop-by-hop header.
    return ethertype == b"\x86\xdd" and frame[20] == 0 and frame[54] == socket.IPPROTO_ICMPV6


wire = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(ETH_P_ALL))
wire.bind((sys.argv[1], ETH_P_ALL))
print(json.dumps({"ready": True}), flush=True)
while True:
    readable, _, _ = select.select([wire, sys.stdin], [], [])
    if sys.stdin in readable and not sys.stdin.buffer.read1(4096):
        break
    if wire in readable:
        frame, address = wire.recvfrom(65536)
        if address[2] != PACKET_OUTGOING and is_membership(frame):
            print(json.dumps({"frame": frame.hex()}), flush=True)
