// A short command line of each subcommand, which ends by itself within a second.
import { fileURLToPath } from 'node:url'

const main = fileURLToPath(new URL('../../dist/cli/main.js', import.meta.url))
const script = fileURLToPath(new URL('subcommands.script', import.meta.url))

const ON_LOOPBACK = ['-i', 'lo']
const BRIEF = ['--duration', '150ms']

export const subcommands = {
  receive: ['receive', '239.192.46.1:5000', ...ON_LOOPBACK, ...BRIEF],
  'receive --json': ['receive', '127.0.0.1@239.192.46.1:5000', '--json', ...ON_LOOPBACK, ...BRIEF],
  send: ['send', '239.192.46.1:5000', '--count', '3', '--rate', '100', ...ON_LOOPBACK],
  echo: ['echo', '239.192.46.1:5000', ...ON_LOOPBACK, ...BRIEF],
  chat: ['chat', '239.192.46.1:5000', ...ON_LOOPBACK, ...BRIEF],
  ping: ['ping', '239.192.46.1', '--count', '1', '--wait', '100ms', ...ON_LOOPBACK],
  sap: ['sap', ...ON_LOOPBACK, ...BRIEF],
  sntp: ['sntp', ...ON_LOOPBACK, ...BRIEF],
  interfaces: ['interfaces'],
  groups: ['groups'],
  igmp: ['igmp', ...ON_LOOPBACK, ...BRIEF],
  querier: ['querier', '--igmp', '3', ...ON_LOOPBACK, ...BRIEF],
  options: ['options', 'get', 'SO_RCVBUF', '--udp4'],
  doctor: ['doctor', '239.192.46.1:5000', '--wait', '150ms', ...ON_LOOPBACK],
  completion: ['completion', 'bash'],
  man: ['man'],
  script: ['script', script],
}

export const commandOf = (name) => [process.execPath, main, ...subcommands[name]]
