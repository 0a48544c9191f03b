// Everyone says who they are, and hears the others (UNP's sendrecv): node sendrecv.mjs 239.255.1.1 5000 interface [seconds]
import { hostname } from 'node:os'
import { openReceiver, openSender } from 'sockctl'

const [group = '239.255.1.1', port = '5000', on = 'lo', seconds = '5'] = process.argv.slice(2)
const me = `${hostname()} ${process.pid}`

const receiver = await openReceiver({ port: Number(port), channels: [{ group, interface: on }] })
const sender = await openSender({ to: { address: group, port: Number(port) }, interface: on })
const say = () => sender.send(Buffer.from(me)).catch(({ message }) => console.error(message))
const timer = setInterval(say, Number(seconds) * 1000)
process.once('SIGINT', () => receiver.close())
await say()

for await (const batch of receiver)
  for (const { data, source } of batch) if (String(data) !== me) console.log(`${source.address}: ${data}`)

clearInterval(timer)
await sender.close()
