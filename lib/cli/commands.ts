// The list of subcommands: what help says about each, and how to load it.

import type { CommandList } from './shell/command-entry.ts'

/** Every subcommand, in the order in which help lists them. */
export const COMMANDS: CommandList = {
  receive: {
    summary: 'join channels, or listen at an address, and watch, count or write out what arrives',
    load: async () => (await import('./commands/receive/receive.ts')).receiveCommand,
  },
  send: {
    summary: 'send datagrams to a group or a host: lines, a file, or made up at a rate',
    load: async () => (await import('./commands/send/send.ts')).sendCommand,
  },
  echo: {
    summary: 'send back what arrives for a group or a host, or find hosts that do',
    load: async () => (await import('./commands/echo/echo.ts')).echoCommand,
  },
  chat: {
    summary: 'send a text to a group now and then, and print what others send',
    load: async () => (await import('./commands/chat.ts')).chatCommand,
  },
  ping: {
    summary: 'ping a host, find hosts in a group, or try source-specific multicast with a server',
    load: async () => (await import('./commands/ping/ping.ts')).pingCommand,
  },
  sap: {
    summary: 'listen to session announcements, or announce a session',
    load: async () => (await import('./commands/sap/sap.ts')).sapCommand,
  },
  sntp: {
    summary: 'listen to time servers that send unasked, or ask one; never sets the clock',
    load: async () => (await import('./commands/sntp/sntp.ts')).sntpCommand,
  },
  interfaces: {
    summary: 'list the network interfaces: addresses, flags and counters; watch them change',
    load: async () => (await import('./commands/interfaces/interfaces.ts')).interfacesCommand,
  },
  groups: {
    summary: 'list what this host has joined: interfaces, groups, sources, filter modes',
    load: async () => (await import('./commands/groups/groups.ts')).groupsCommand,
  },
  doctor: {
    summary: 'find out why a group does not arrive',
    load: async () => (await import('./commands/doctor/doctor.ts')).doctorCommand,
  },
  igmp: {
    summary: 'watch IGMP and MLD: joins, leaves and queries',
    load: async () => (await import('./commands/igmp.ts')).igmpCommand,
  },
  querier: {
    summary: 'ask a network for its memberships, if nobody else does: IGMP and MLD queries',
    load: async () => (await import('./commands/querier/querier.ts')).querierCommand,
  },
  options: {
    summary: 'list, explain, read and set socket options by their C names',
    load: async () => (await import('./commands/options/options.ts')).optionsCommand,
  },
  script: {
    summary: 'run or type commands: sockets, joins, blocks, filters, options, expectations',
    load: async () => (await import('./commands/script/script.ts')).scriptCommand,
  },
  completion: {
    summary: 'print completions for bash, zsh or fish',
    load: async () => (await import('./commands/manual/completion.ts')).completionCommand(COMMANDS),
  },
  man: {
    summary: 'print the manual page, for man(1)',
    load: async () => (await import('./commands/manual/man.ts')).manCommand(COMMANDS),
  },
  build: {
    summary: 'compile the addon, where the package has no binary for this system',
    load: async () => (await import('./commands/build.ts')).buildCommand,
  },
  demo: {
    summary: 'watch joins, blocks and source filters work on this machine, on loopback',
    load: async () => (await import('./commands/demo/demo.ts')).demoCommand,
  },
}
