// channels-memory.mjs KIND SOCKETS EACH: prints the bytes by which a fresh process grows with the channels of a
// receiver.
import { channelsOf, openWith } from './channels.mjs'

const [kind, sockets, each] = process.argv.slice(2)
const channels = channelsOf(kind, sockets * each)

/** The code is compiled, and the heap has grown for it. */
const warm = await openWith(kind, 1, 10)
await warm.close()

globalThis.gc()
const before = process.memoryUsage.rss()
const receiver = await openWith(kind, Number(sockets), Number(each), channels)
globalThis.gc()
console.log(process.memoryUsage.rss() - before)
await receiver.close()
