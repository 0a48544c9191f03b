// What to send to or listen at, as a person writes it.
import { describe, expect, it } from 'vitest'
import { parseSocketTarget } from '../../lib/protocols/socket-target.ts'
import { parseTarget } from '../../lib/protocols/target.ts'

describe('a target', () => {
  it.each([
    ['239.1.1.1:5000', { group: '239.1.1.1', port: 5000 }],
    ['10.0.0.1@232.1.1.1:5000', { group: '232.1.1.1', sources: ['10.0.0.1'] }],
    ['[::ffff:239.1.1.1]:5000', { group: '239.1.1.1' }],
    ['10.0.0.2:5000', { host: '10.0.0.2', port: 5000 }],
    ['10.0.0.2', { host: '10.0.0.2' }],
    ['10.0.0.2%eth0:5000', { host: '10.0.0.2', port: 5000, interface: 'eth0' }],
    ['[2001:DB8::0:1]:5000', { host: '2001:db8::1', port: 5000 }],
    ['2001:db8::1', { host: '2001:db8::1' }],
    ['[::ffff:10.0.0.2]:5000', { host: '10.0.0.2', port: 5000 }],
    ['[fe80::1%eth0]:5000', { host: 'fe80::1%eth0', port: 5000 }],
    ['[2001:db8::1%2]:5000', { host: '2001:db8::1', port: 5000, interface: 2 }],
    ['host.example:5000', { host: 'host.example', port: 5000 }],
    ['my_host-1.example.', { host: 'my_host-1.example.' }],
    [':5000', { host: '', port: 5000 }],
    ['udp://host.example:5000?ttl=3&localaddr=10.0.0.9', { host: 'host.example', hops: 3, interface: '10.0.0.9' }],
    ['rtp://10.0.0.2', { host: '10.0.0.2', port: 5004, protocol: 'rtp' }],
  ])('%s', (text, said) => expect(parseTarget(text)).toMatchObject(said))

  it.each([
    ['', /write it as/],
    [':', /a port is a number from 1 to 65535/],
    ['10.0.0.2:99999', /a port is a number from 1 to 65535/],
    ['239.1.1:5000', /neither an address nor a name/],
    ['host.1:5000', /neither an address nor a name/],
    ['-host:5000', /neither an address nor a name/],
    ['a b:5000', /neither an address nor a name/],
    ['2001:db8::1:5000:x', /write it as/],
    ['10.0.0.1@10.0.0.2:5000', /sources are joined or blocked in groups, and 10\.0\.0\.2 is a host/],
    ['@10.0.0.2:5000x', /a port is a number/],
    ['http://host.example', /neither udp:\/\/ nor rtp:\/\//],
    ['udp://host.example:5?ttl=256', /ttl is a number from 0 to 255/],
  ])('%s is refused', (text, problem) => expect(() => parseTarget(text)).toThrow(problem))
})

describe('a target of another kind', () => {
  it.each([
    ['raw:2', { kind: 'raw', protocol: 2 }],
    ['raw:IPPROTO_IGMP', { kind: 'raw', protocol: 2 }],
    ['raw:icmpv6@::', { kind: 'raw', protocol: 58, address: '::' }],
    ['raw:0x67@[FF02::D%eth0]', { kind: 'raw', protocol: 103, address: 'ff02::d%eth0' }],
    ['raw:2@::ffff:224.0.0.1', { kind: 'raw', protocol: 2, address: '224.0.0.1' }],
    ['packet:eth0', { kind: 'packet', interface: 'eth0' }],
    ['packet:3:0x88cc', { kind: 'packet', interface: 3, protocol: 0x88cc }],
    ['packet:eth0:ETH_P_LLDP', { kind: 'packet', interface: 'eth0', protocol: 0x88cc }],
    ['unix:/run/x:y.sock', { kind: 'unix', path: '/run/x:y.sock' }],
    ['unix:@name', { kind: 'unix', path: '\0name' }],
  ])('%s', (text, said) => expect(parseSocketTarget(text)).toEqual({ text, ...said }))

  it.each(['239.1.1.1:5000', 'raw', 'host.example:5000', 'udp://raw:2', 'unix.example:5000', 'RAW:2'])(
    '%s is none',
    (text) => expect(parseSocketTarget(text)).toBeUndefined(),
  )
})
