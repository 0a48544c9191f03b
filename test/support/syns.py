"""Prints every TCP SYN that arrives on an interface, a JSON line each, until standard input ends."""

import json
import select
import socket
import sys

ETH_P_ALL = 3
PACKET_OUTGOING = 4
SYN, SYN_AND_ACK = 0x02, 0x12


def syn_of(packet):
    """The fields of a packet that is a SYN without ACK."""
    if packet[0] >> 4 == 4:
        protocol, header, traffic_class = packet[9], 4 * (packet[0] & 15), packet[1]
        family, to = socket.AF_INET, packet[16:20]
    else:
        protocol, header, traffic_class = packet[6], 40, (packet[0] & 15) << 4 | packet[1] >> 4
        family, to = socket.AF_INET6, packet[24:40]
    segment = packet[header:]
    if protocol != socket.IPPROTO_TCP or segment[13] & SYN_AND_ACK != SYN:
        return None
    return {"to": socket.inet_ntop(family, to), "port": segment[2] << 8 | segment[3], "trafficClass": traffic_class}


wire = socket.socket(socket.AF_PACKET, socket.SOCK_DGRAM, socket.htons(ETH_P_ALL))
wire.bind((sys.argv[1], ETH_P_ALL))
print(json.dumps({"ready": True}), flush=True)
while True:
    readable, _, _ = select.select([wire, sys.stdin], [], [])
    if sys.stdin in readable and not sys.stdin.buffer.read1(4096):
        break
    if wire in readable:
        packet, address = wire.recvfrom(65536)
        if address[2] == PACKET_OUTGOING or address[1] not in (0x0800, 0x86DD):
            continue
        syn = syn_of(packet)
        if syn is not None:
            print(json.dumps(syn), flush=True)
