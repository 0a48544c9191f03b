// Runs test files in the order given, up to the first that fails, and prints a line of JSON as each ends.
import { relative } from 'node:path'
import { startVitest } from 'vitest/node'

const files = process.argv.slice(2)
const root = process.cwd()

class AsGiven {
  shard = (specifications) => specifications
  sort = (specifications) => {
    const position = ({ moduleId }) => files.indexOf(relative(root, moduleId))
    return [...specifications].sort((one, other) => position(one) - position(other))
  }
}

const print = (message) => process.stdout.write(`${JSON.stringify(message)}\n`)
const messagesOf = (errors) => errors.map(({ message }) => message ?? '')

const reporter = {
  onTestModuleEnd(module) {
    const failures = [...module.children.allTests('failed')].map((test) => ({
      test: test.fullName,
      messages: messagesOf(test.result().errors ?? []),
    }))
    const suites = [...module.children.allSuites()].flatMap((suite) => messagesOf(suite.errors()))
    for (const message of [...messagesOf(module.errors()), ...suites]) failures.push({ test: '', messages: [message] })
    print({ file: relative(root, module.moduleId), ok: module.ok(), failures })
  },
  onTestRunEnd(_modules, errors) {
    if (errors.length > 0) print({ failures: [{ test: '', messages: messagesOf(errors) }] })
  },
}

const vitest = await startVitest('test', files, {
  root,
  watch: false,
  bail: 1,
  cache: false,
  reporters: [reporter],
  sequence: { sequencer: AsGiven },
})
await vitest.close()
