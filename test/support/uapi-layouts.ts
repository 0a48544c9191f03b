// For each struct that TypeScript lays out: a value, and the C that fills the struct with the same.
import { codecs } from 'sockctl'
import type { AnyCodec } from './codec-rows.ts'

export interface StructLayout {
  /** The C type. */
  readonly struct: string
  readonly codec: AnyCodec
  readonly value: unknown
  /** C that fills the struct, which `p` points at. */
  readonly fill: string
  /** The length in C, if a list follows. */
  readonly size?: string
  /** False if only the kernel writes the struct: its bytes must read as the value. */
  readonly written?: false
}

export const PRELUDE = `
#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <linux/mroute.h>
#include <linux/mroute6.h>

static void show(int index, const void *value, size_t size) {
  (void)index;
  for (size_t at = 0; at < size; ++at) printf("%02x", ((const unsigned char *)value)[at]);
  printf("\\n");
}
#define IN(text) ((struct in_addr){inet_addr(text)})
static struct sockaddr_in6 in6(const char *text) {
  struct sockaddr_in6 address;
  memset(&address, 0, sizeof address);
  address.sin6_family = AF_INET6;
  inet_pton(AF_INET6, text, &address.sin6_addr);
  return address;
}
`

export const LAYOUTS: readonly StructLayout[] = [
  {
    struct: 'struct vifctl',
    codec: codecs.vifctl,
    value: { vifi: 7, interface: 77, threshold: 5, rate_limit: 0x01020304 },
    fill: 'p->vifc_vifi = 7; p->vifc_flags = VIFF_USE_IFINDEX; p->vifc_threshold = 5; p->vifc_rate_limit = 0x01020304; p->vifc_lcl_ifindex = 77;',
  },
  {
    struct: 'struct vifctl',
    codec: codecs.vifctl,
    value: { vifi: 31, interface: '192.0.2.1', remote: '192.0.2.9' },
    fill: 'p->vifc_vifi = 31; p->vifc_flags = VIFF_TUNNEL; p->vifc_threshold = 1; p->vifc_lcl_addr = IN("192.0.2.1"); p->vifc_rmt_addr = IN("192.0.2.9");',
  },
  {
    struct: 'struct vifctl',
    codec: codecs.vifctl,
    value: { vifi: 1, register: true },
    fill: 'p->vifc_vifi = 1; p->vifc_flags = VIFF_REGISTER; p->vifc_threshold = 1;',
  },
  {
    struct: 'struct mfcctl',
    codec: codecs.mfcctl,
    value: { source: '192.0.2.1', group: '239.1.2.3', parent: 9, ttls: [0, 1, 5, 255] },
    fill: 'p->mfcc_origin = IN("192.0.2.1"); p->mfcc_mcastgrp = IN("239.1.2.3"); p->mfcc_parent = 9; p->mfcc_ttls[1] = 1; p->mfcc_ttls[2] = 5; p->mfcc_ttls[3] = 255;',
  },
  {
    struct: 'struct mif6ctl',
    codec: codecs.mif6ctl,
    value: { mifi: 7, interface: 0x1234, register: true, threshold: 5, rate_limit: 0x01020304 },
    fill: 'p->mif6c_mifi = 7; p->mif6c_flags = MIFF_REGISTER; p->vifc_threshold = 5; p->mif6c_pifi = 0x1234; p->vifc_rate_limit = 0x01020304;',
  },
  {
    struct: 'struct mf6cctl',
    codec: codecs.mf6cctl,
    value: { source: '2001:db8::1', group: 'ff1e::77', parent: 9, ifset: [0, 5, 31] },
    fill: 'p->mf6cc_origin = in6("2001:db8::1"); p->mf6cc_mcastgrp = in6("ff1e::77"); p->mf6cc_parent = 9; IF_SET(0, &p->mf6cc_ifset); IF_SET(5, &p->mf6cc_ifset); IF_SET(31, &p->mf6cc_ifset);',
  },
]
