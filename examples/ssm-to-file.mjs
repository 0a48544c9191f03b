// Write what one source of a group sends to a file: node ssm-to-file.mjs 10.0.0.1 232.1.1.1 5000 interface file
import { open } from 'node:fs/promises'
import { openReceiver } from 'sockctl'

const [source = '127.0.0.1', group = '232.1.1.1', port = '5000', on = 'lo', path = 'payloads'] = process.argv.slice(2)

const file = await open(path, 'w')
const receiver = await openReceiver({ port: Number(port), channels: [{ group, source, interface: on }] })
process.once('SIGINT', () => receiver.close())
console.log(`joined ${group} of ${source}`)

// While a batch is written, the kernel keeps what comes, as much as SO_RCVBUF has room for.
for await (const batch of receiver) await file.writev(batch.map(({ data }) => data))

await file.close()
const { datagrams, bytes, dropped } = receiver.stats()
console.log(`wrote ${bytes} bytes of ${datagrams} datagrams; ${dropped} were lost to a full socket`)
