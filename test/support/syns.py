"""Prints every TCP SYN that arrives on an interface, a JSON line each, until standard input ends."""

import socket

from wire import ETH_P_IP, ETH_P_IPV6, arriving, tell

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


for packet, ethertype in arriving(socket.SOCK_DGRAM):
    syn = syn_of(packet) if ethertype in (ETH_P_IP, ETH_P_IPV6) else None
    if syn is not None:
        tell(syn)
