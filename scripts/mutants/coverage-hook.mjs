// Loaded by `node --import` into every process and thread of a test: writes the id of each mutant of lib/ as soon as it
// is first reached, so that a process that is killed has told all it came to.
import { openSync, writeSync } from 'node:fs'
import { threadId } from 'node:worker_threads'

const folder = process.env.MUTANTS_COVERAGE
if (folder) {
  const fd = openSync(`${folder}/${process.pid}-${threadId}.ids`, 'a')
  const noted = (_target, id, value, receiver) => {
    writeSync(fd, `${id}\n`)
    return Reflect.defineProperty(receiver, id, { value, writable: true, enumerable: true, configurable: true })
  }
  // Asked for what is not there yet, an object asks its prototype: the second time costs nothing.
  const seen = Object.create(new Proxy(Object.create(null), { set: noted }))
  globalThis.__stryker__ = { mutantCoverage: { static: seen, perTest: {} } }
}
