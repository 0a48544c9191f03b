// Networks in which the stream goes elsewhere: to another port, group or interface, from another source, or nowhere.
import { GROUP, GROUP6, type Lab, PORT, pause } from './lab.ts'
import type { BrokenNetwork } from './network.ts'

/** A sender on host A that names no interface, and a route for all groups. */
async function sendByRoute(lab: Lab, interfaceName: string): Promise<void> {
  await lab.ip('A', `route add 224.0.0.0/4 dev ${interfaceName}`)
  lab.undo(() => lab.ip('A', 'route delete 224.0.0.0/4'))
  lab.undo(() => lab.ip('A', `route delete ${GROUP}`).catch(() => {}))
  await lab.sender(
    'A',
    `import dgram from 'node:dgram'
    const socket = dgram.createSocket('udp4').bind(0, () => {
      setInterval(() => socket.send(Buffer.alloc(100), ${PORT}, '${GROUP}'), 20)
      console.log('{}')
    })`,
  )
}

export const brokenSenders: readonly BrokenNetwork[] = [
  {
    name: 'other-port',
    story: 'The sender sends to another port than the receiver was given.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ port: 7123 }),
    check: 'wire',
    certainty: 'likely',
    says: /239\.1\.1\.1 is sent to port 7123, not 5004/,
    fix: /^sockctl receive 239\.1\.1\.1:7123 -i a0$/,
  },
  {
    name: 'other-source',
    story: 'The encoder got another address, and the source-specific join names the old one.',
    ask: `10.77.0.12@232.1.1.1:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ group: '232.1.1.1' }),
    check: 'wire',
    certainty: 'likely',
    says: /another source sends: 10\.77\.0\.11, not 10\.77\.0\.12/,
    fix: /^sockctl receive 10\.77\.0\.11@232\.1\.1\.1:5004 -i a0$/,
  },
  {
    name: 'other-source-ipv6',
    story: 'The same in IPv6, where the command has brackets that a shell would read.',
    ask: `[fd77:a0::12]@[ff3e::1]:${PORT} -i a0`,
    setUp: (lab) => lab.stream6({ group: 'ff3e::1' }),
    check: 'wire',
    certainty: 'likely',
    says: /another source sends: fd77:a0::11, not fd77:a0::12/,
    fix: /^sockctl receive '\[fd77:a0::11\]@\[ff3e::1\]:5004' -i a0$/,
  },
  {
    name: 'one-source-of-two',
    story: 'Of two sources that are wanted one does not send.',
    ask: `232.1.1.1:${PORT} -i a0 --source 10.77.0.11 --source 10.77.0.12 --wait 1s`,
    setUp: (lab) => lab.stream({ group: '232.1.1.1' }),
    check: 'delivery',
    certainty: 'possible',
    says: /10\.77\.0\.12 does not send/,
  },
  {
    name: 'comes-in-elsewhere',
    story: 'The group was joined where the default route goes, and the stream comes in by another interface.',
    report: 'librespot-org/libmdns#33',
    ask: `${GROUP}:${PORT} -i a1`,
    setUp: (lab) => lab.stream(),
    check: 'wire',
    certainty: 'likely',
    says: /239\.1\.1\.1 comes in by a0, and was looked for on a1/,
    fix: /^sockctl receive 239\.1\.1\.1:5004 -i a0$/,
  },
  {
    name: 'comes-in-elsewhere-ipv6',
    story: 'With more than one IPv6 interface the group is joined on the wrong one.',
    report: 'eclipse-zenoh/zenoh#1702',
    ask: `[${GROUP6}]:${PORT} -i a1`,
    setUp: (lab) => lab.stream6(),
    check: 'wire',
    certainty: 'likely',
    says: /ff15::1 comes in by a0/,
    fix: /^sockctl receive '\[ff15::1\]:5004' -i a0$/,
  },
  {
    name: 'sent-elsewhere',
    story:
      'The sender on this host sends by the interface of its default route, and not by the one where receivers are.',
    report: 'duncanthrax/scream#129',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: (lab) => sendByRoute(lab, 'a1'),
    check: 'wire',
    certainty: 'likely',
    says: /the sender on this host sends by a1, not by a0/,
    fix: /^ip route replace 239\.1\.1\.1 dev a0$/,
  },
  {
    name: 'sent-by-lo',
    story: 'The route for groups goes by lo, as on a machine without a network: what is sent here never leaves.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: (lab) => sendByRoute(lab, 'lo'),
    check: 'wire',
    certainty: 'likely',
    says: /the sender on this host sends by lo, not by a0/,
    fix: /^ip route replace 239\.1\.1\.1 dev a0$/,
  },
  {
    name: 'another-group',
    story: 'The sender was given another group.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ group: '239.1.1.2' }),
    check: 'wire',
    certainty: 'possible',
    says: /10\.77\.0\.11 sends to port 5004 of 239\.1\.1\.2, and nobody to 239\.1\.1\.1/,
    fix: /^sockctl receive 239\.1\.1\.2:5004 -i a0$/,
  },
  {
    name: 'same-ethernet-address',
    story: 'The sender was given a group that has the same Ethernet address, so that a switch brings it.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ group: '238.129.1.1' }),
    check: 'wire',
    certainty: 'possible',
    says: /sends to port 5004 of 238\.129\.1\.1, and nobody to 239\.1\.1\.1/,
    fix: /^sockctl receive 238\.129\.1\.1:5004 -i a0$/,
  },
  {
    name: 'another-scope',
    story: 'The sender uses the link-local scope of the group, and the receiver the site-local one.',
    ask: `[ff15::1]:${PORT} -i a0`,
    setUp: async (lab) => {
      await lab.stream6({ group: 'ff12::1' })
      await lab.stream6({ group: 'ff15::2' })
    },
    check: 'wire',
    certainty: 'possible',
    says: /sends to port 5004 of ff12::1, another scope, and nobody to ff15::1/,
    fix: /^sockctl receive '\[ff12::1\]:5004' -i a0$/,
  },
  {
    name: 'unicast-instead',
    story: "The sender was given this host's address, and not the group.",
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: (lab) => lab.stream({ group: '10.77.0.1' }),
    check: 'wire',
    certainty: 'possible',
    says: /sends to port 5004 of this host's own address 10\.77\.0\.1, and nobody to 239\.1\.1\.1/,
  },
  {
    name: 'nobody-sends',
    story: 'The sender is off, or the network does not bring its stream: from here the two look the same.',
    ask: `${GROUP}:${PORT} -i a0`,
    setUp: () => pause(0),
    check: 'wire',
    certainty: 'possible',
    says: /nobody sends 239\.1\.1\.1:5004, or the network does not bring it to a0\. Ruled out: /,
  },
]
