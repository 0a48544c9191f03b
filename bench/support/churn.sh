#!/bin/sh
# Makes and drops network namespaces with veth pairs in them for as long as process $1 lives.
pairs() {
  for i in $(seq 16); do echo "link add a$i type veth peer name b$i"; done
}
while kill -0 "$1" 2>/dev/null; do
  pairs | unshare --net ip -batch - || exit 1
done
