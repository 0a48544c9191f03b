// Print announced sessions (SAP, RFC 2974): node sap.mjs interface
import { listenSap } from 'sockctl/sap'

const [on = 'lo'] = process.argv.slice(2)
const listener = await listenSap({ interfaces: [on] })
process.once('SIGINT', () => listener.close())
console.log('listening for announcements')

for await (const notice of listener) {
  if (notice.type !== 'new' && notice.type !== 'deleted') continue
  const { source, description } = notice.session
  const places = description.streams.map(({ group, port }) => ` ${group}:${port}`)
  console.log(`${source} ${notice.type === 'new' ? 'announces' : 'withdraws'} ${description.name}${places.join('')}`)
}
