# sockopt.py set|get CALLS: prints the nanoseconds of a call of setsockopt or getsockopt of IP_TTL, measured by timeit.
import socket
import sys
import timeit

s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
calls = int(sys.argv[2])
call = {
    'set': 's.setsockopt(level, name, 64)',
    'get': 's.getsockopt(level, name)',
}[sys.argv[1]]
names = {'s': s, 'level': socket.IPPROTO_IP, 'name': socket.IP_TTL}
print(timeit.timeit(call, globals=names, number=calls) / calls * 1e9)
