// `sockctl options`: lists and explains socket options, reads and sets them.

import type { Command } from 'commander'
import type { OptionParts } from '../../../options/option.ts'
import { BY_C_NAME } from '../../shell/argument-names.ts'
import { UsageError } from '../../shell/failure.ts'
import { examples } from '../../shell/help.ts'
import { runs } from '../../shell/run.ts'
import type { Column } from '../../shell/table.ts'
import { diffCommand } from './diff.ts'
import { docOf } from './docs.ts'
import { findOption, leftOutOf, levelNamed, listOptions } from './find.ts'
import { openOptionSocket, type SocketChoice, takesSocketChoice } from './option-socket.ts'
import { parseNewValue, parseQuestion, valueText } from './value.ts'

const accessOf = ({ readable, writable }: OptionParts): string =>
  readable && writable ? 'read-write' : readable ? 'read' : 'write'

const describe = (option: OptionParts) => ({
  name: option.name,
  level: option.level,
  supported: option.supported,
  access: accessOf(option),
  value: option.expects,
  ...(option.since !== undefined && { since: option.since }),
  ...(option.needs !== undefined && { needs: option.needs }),
  systems: option.systems,
  does: docOf(option.name),
})

type Described = ReturnType<typeof describe>

const listColumns: Column<Described>[] = [
  { head: 'NAME', cell: ({ name, supported }, { dim }) => (supported ? name : dim(name)) },
  { head: 'LEVEL', cell: ({ level }) => level },
  { head: 'ACCESS', cell: ({ access }) => access },
  { head: 'DOES', cell: ({ does }) => does },
]

interface Valued {
  name: string
  value: unknown
}

const valueColumns: Column<Valued>[] = [
  { head: 'NAME', cell: ({ name }) => name },
  { head: 'VALUE', cell: ({ value }) => valueText(value) },
]

export function optionsCommand(command: Command): void {
  command.argument('[text]', 'only options with this text in their name or level')
  command.addHelpText('after', '\nAn option that this system lacks is dimmed; with --json it has "supported": false.')
  examples(
    command,
    'sockctl options multicast',
    'sockctl options get SO_RCVBUF --udp6',
    'sockctl options set TCP_KEEPIDLE 60 --fd 3 3<>/dev/tcp/192.0.2.1/80',
    'sockctl options explain IP_MULTICAST_ALL',
    'sockctl options diff 812:18 977:11',
  )
  runs<[text?: string], object>(command, 'one object an option', ({ out }, [text = '']) => {
    out.list(listOptions(text).map(describe), listColumns)
  })
  getCommand(command.command('get'))
  setCommand(command.command('set'))
  explainCommand(command.command('explain'))
  diffCommand(command.command('diff'))
}

interface GetOptions extends SocketChoice {
  all?: true
  ask?: string
}

function getCommand(command: Command): void {
  takesSocketChoice(command.description('read options of a socket').argument('[name...]', BY_C_NAME))
  command.option('--all', 'every option that can be read')
  command.option('--ask <question>', 'the question some options need: JSON as \'{"group": "232.1.1.1"}\', or a word')
  examples(command, 'sockctl options get SO_RCVBUF SO_REUSEPORT --tcp4', 'sockctl options get --all --fd 3 --json')
  runs<[names: string[]], GetOptions>(command, 'one object an option', async ({ out }, [names], options) => {
    if (names.length > 0 === (options.all === true))
      throw new UsageError('name the options to read, or give --all, not both')
    const wanted = names.map(findOption)
    await using optionSocket = await openOptionSocket(options, wanted[0])
    const values = options.all
      ? Object.entries(await optionSocket.control.snapshot()).map(([name, value]) => ({ name, value }))
      : await readAll(wanted)
    out.list(values, valueColumns)

    async function readAll(list: readonly OptionParts[]): Promise<Valued[]> {
      const { ask } = options
      const read: Valued[] = []
      for (const option of list) {
        const question = ask === undefined ? undefined : parseQuestion(option, ask)
        read.push({ name: option.name, value: await optionSocket.control.get(option as never, question as never) })
      }
      return read
    }
  })
}

function setCommand(command: Command): void {
  takesSocketChoice(
    command
      .description('set an option of a socket, and read it back')
      .argument('<name>', BY_C_NAME)
      .argument(
        '<value>',
        'a number, true or false, text, hexadecimal bytes, words with commas for lists, or JSON for structs',
      ),
  )
  command.addHelpText(
    'after',
    '\nA new socket is closed again at once: it only shows what the kernel makes of a value. In JSON, bytes are hexadecimal digits.' +
      '\nWhat MRT_* and MRT6_* give a router that another socket has, or that there is not yet, stays: MRT_FLUSH takes it away.',
  )
  examples(
    command,
    'sockctl options set SO_RCVBUF 1048576',
    `sockctl options set SO_LINGER '{"onoff":true,"linger":5}' --fd 3`,
  )
  runs<[name: string, text: string], SocketChoice>(command, 'an object', async ({ out }, [name, text], options) => {
    const option = findOption(name)
    await using optionSocket = await openOptionSocket(options, option)
    await optionSocket.control.set(option as never, parseNewValue(option, text) as never)
    const reads = option.readable && option.codec.question === undefined
    const value = reads ? await optionSocket.control.get(option as never) : undefined
    out.list([{ name: option.name, ...(reads && { value }) }] as Valued[], valueColumns)
  })
}

function explainCommand(command: Command): void {
  command.description('say what an option does, takes and needs').argument('<name>', BY_C_NAME)
  examples(command, 'sockctl options explain IP_MULTICAST_ALL')
  runs<[name: string], object>(command, 'an object', ({ out }, [name]) => {
    const left = leftOutOf(name)
    if (left !== undefined) {
      if (out.json) return out.object({ ...left, leftOut: true })
      out.line(`${out.paint.strong(left.name)}: ${left.what}`)
      out.line()
      return out.line(`Not in the table: ${left.why}`)
    }
    const whole = levelNamed(name)
    if (whole !== undefined) {
      if (out.json) return out.object(whole)
      out.line(`${out.paint.strong(whole.level)}: the level of ${whole.options.join(', ')}`)
      out.line()
      return out.line(`sockctl options ${whole.level} says what each does.`)
    }
    const option = findOption(name)
    const { level, supported, access, value, since, needs, systems, does } = describe(option)
    if (out.json) return out.object({ ...describe(option), ...(supported && { number: option.number }) })
    const number = supported ? `, number ${option.number}` : ''
    out.line(`${out.paint.strong(option.name)}: ${does}`)
    out.line()
    out.line(`Level    ${level}${number}`)
    out.line(`Value    ${value}`)
    out.line(`Access   ${access}${option.waits ? '; may wait for the kernel, so it runs off the event loop' : ''}`)
    if (needs !== undefined) out.line(`Needs    ${needs}`)
    out.line(`Systems  ${systems.join(', ')}${since === undefined ? '' : `; since Linux ${since}`}`)
    if (!supported) out.line(out.paint.warn('This system does not have this option.'))
  })
}
