"""Packets that arrive on an interface, until standard input ends: what the programs beside this one read the wire with."""

import json
import select
import socket
import sys

ETH_P_ALL = 3
ETH_P_IP = 0x0800
ETH_P_IPV6 = 0x86DD
PACKET_OUTGOING = 4


def tell(message):
    print(json.dumps(message), flush=True)


def arriving(kind):
    """The packets that arrive, each with its EtherType: SOCK_RAW gives frames, SOCK_DGRAM what is in them."""
    wire = socket.socket(socket.AF_PACKET, kind, socket.htons(ETH_P_ALL))
    wire.bind((sys.argv[1], ETH_P_ALL))
    tell({"ready": True})
    while True:
        readable, _, _ = select.select([wire, sys.stdin], [], [])
        if sys.stdin in readable and not sys.stdin.buffer.read1(4096):
            return
        if wire in readable:
            packet, address = wire.recvfrom(65536)
            if address[2] != PACKET_OUTGOING:
                yield packet, address[1]
