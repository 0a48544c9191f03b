// Sends frames as they are, made by the test, fifty a second.
import { openSocket } from 'sockctl'
import { serve, tell } from '../stdio.mjs'

const { by, frames } = JSON.parse(process.argv.at(-1))
const opened = await openSocket({ family: 'packet', type: 'raw', bind: { interface: by } })
const socket = opened.toMessageSocket()
const bytes = frames.map((hex) => Buffer.from(hex, 'hex'))
setInterval(() => {
  for (const frame of bytes) socket.send(frame, { interface: by }).catch(() => {})
}, 20)
tell({ ready: true })
await serve({})
