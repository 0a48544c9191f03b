import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { native } from '../lib/binding/native.ts'
import { run } from './support/commands.ts'
import { describeUnless } from './support/namespace.ts'

// The same values, written in C against the system's headers and given to the addon.
const SOURCE = `
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>

static void show(const char *name, const void *value, size_t size) {
  printf("%s ", name);
  for (size_t at = 0; at < size; ++at) printf("%02x", ((const unsigned char *)value)[at]);
  printf("\\n");
}
#define SHOW(value) show(#value, &value, sizeof value)
#define IN(text) ((struct in_addr){inet_addr(text)})
static struct sockaddr_storage any4(const char *text) {
  struct sockaddr_storage storage;
  memset(&storage, 0, sizeof storage);
  ((struct sockaddr_in *)&storage)->sin_family = AF_INET;
  inet_pton(AF_INET, text, &((struct sockaddr_in *)&storage)->sin_addr);
  return storage;
}
static struct sockaddr_storage any6(const char *text) {
  struct sockaddr_storage storage;
  memset(&storage, 0, sizeof storage);
  ((struct sockaddr_in6 *)&storage)->sin6_family = AF_INET6;
  inet_pton(AF_INET6, text, &((struct sockaddr_in6 *)&storage)->sin6_addr);
  return storage;
}
#define ZERO(type, name) type name; memset(&name, 0, sizeof name)

int main(void) {
  ZERO(struct linger, linger); linger.l_onoff = 1; linger.l_linger = 7; SHOW(linger);
  ZERO(struct timeval, timeval); timeval.tv_sec = 2; timeval.tv_usec = 500001; SHOW(timeval);
  ZERO(struct ip_mreq, ip_mreq); ip_mreq.imr_multiaddr = IN("239.1.2.3"); ip_mreq.imr_interface = IN("127.0.0.1"); SHOW(ip_mreq);
  ZERO(struct ip_mreqn, ip_mreqn); ip_mreqn.imr_multiaddr = IN("239.1.2.3"); ip_mreqn.imr_address = IN("127.0.0.1");
  ip_mreqn.imr_ifindex = 77; SHOW(ip_mreqn);
  ZERO(struct ip_mreq_source, ip_mreq_source); ip_mreq_source.imr_multiaddr = IN("239.1.2.3");
  ip_mreq_source.imr_interface = IN("127.0.0.1"); ip_mreq_source.imr_sourceaddr = IN("10.1.2.3"); SHOW(ip_mreq_source);
  ZERO(struct ipv6_mreq, ipv6_mreq); inet_pton(AF_INET6, "ff15::1:2", &ipv6_mreq.ipv6mr_multiaddr);
  ipv6_mreq.ipv6mr_interface = 77; SHOW(ipv6_mreq);
  ZERO(struct group_req, group_req); group_req.gr_interface = 77; group_req.gr_group = any6("ff15::1:2"); SHOW(group_req);
  ZERO(struct group_source_req, group_source_req); group_source_req.gsr_interface = 77;
  group_source_req.gsr_group = any4("239.1.2.3"); group_source_req.gsr_source = any4("10.1.2.3"); SHOW(group_source_req);

  unsigned char room[2048]; memset(room, 0, sizeof room);
  struct ip_msfilter *msfilter = (struct ip_msfilter *)room;
  msfilter->imsf_multiaddr = IN("239.1.2.3"); msfilter->imsf_interface = IN("127.0.0.1"); msfilter->imsf_fmode = MCAST_EXCLUDE;
  msfilter->imsf_numsrc = 2; struct in_addr sources[2] = {IN("10.1.2.3"), IN("10.1.2.4")};
  memcpy(room + IP_MSFILTER_SIZE(0), sources, sizeof sources);
  show("ip_msfilter", room, IP_MSFILTER_SIZE(2));

  memset(room, 0, sizeof room);
  struct group_filter *filter = (struct group_filter *)room;
  filter->gf_interface = 77; filter->gf_group = any6("ff15::1:2"); filter->gf_fmode = MCAST_INCLUDE; filter->gf_numsrc = 2;
  struct sockaddr_storage all[2] = {any6("2001:db8::1"), any6("2001:db8::2")};
  memcpy(room + GROUP_FILTER_SIZE(0), all, sizeof all);
  show("group_filter", room, GROUP_FILTER_SIZE(2));
  return 0;
}
`

const { MCAST_INCLUDE = -1, MCAST_EXCLUDE = -1 } = native.constants
const group4 = { group: '239.1.2.3' }
const group6 = { group: 'ff15::1:2', interface: 77 }

const VALUES = {
  linger: { onoff: true, linger: 7 },
  timeval: 2500.001,
  ip_mreq: { ...group4, interface: '127.0.0.1' },
  ip_mreqn: { ...group4, address: '127.0.0.1', interface: 77 },
  ip_mreq_source: { ...group4, interface: '127.0.0.1', source: '10.1.2.3' },
  ipv6_mreq: group6,
  group_req: group6,
  group_source_req: { ...group4, interface: 77, source: '10.1.2.3' },
  ip_msfilter: { ...group4, interface: '127.0.0.1', mode: MCAST_EXCLUDE, sources: ['10.1.2.3', '10.1.2.4'] },
  group_filter: { ...group6, mode: MCAST_INCLUDE, sources: ['2001:db8::1', '2001:db8::2'] },
}

const missing = spawnSync('cc', ['--version']).error ? 'cc is not installed (Debian package gcc)' : undefined

describeUnless(missing, 'the bytes of a struct', () => {
  it('are those a C program writes, the unused ones zero', async () => {
    const directory = mkdtempSync(join(tmpdir(), 'sockctl-structs-'))
    try {
      const program = join(directory, 'structs')
      await run('cc', ['-x', 'c', '-D_GNU_SOURCE', '-o', program, '-'], SOURCE)
      const lines = (await run(program, [])).trim().split('\n')
      const theirs = Object.fromEntries(lines.map((line) => line.split(' ')))
      const ours = Object.entries(VALUES).map(([ctype, value]) => [
        ctype,
        native.encode(native.codecs[ctype] ?? -1, value).toString('hex'),
      ])
      expect(Object.fromEntries(ours)).toEqual(theirs)
    } finally {
      rmSync(directory, { recursive: true })
    }
  })
})
