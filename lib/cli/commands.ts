import type { Command } from 'commander'

interface Entry {
  summary: string
  /** Gives the function that adds arguments, options, an example and the action to the command of that name. */
  load: () => Promise<(command: Command) => void>
}

/** Every subcommand, in the order in which help lists them. */
export const COMMANDS: Readonly<Record<string, Entry>> = {
  receive: {
    summary: 'join channels and watch, count or write out what comes',
    load: async () => (await import('./receive.ts')).receiveCommand,
  },
  send: {
    summary: 'send datagrams to a group: lines, a file, or made up at a rate',
    load: async () => (await import('./send.ts')).sendCommand,
  },
  echo: {
    summary: 'send back what comes to a group, or ask who does',
    load: async () => (await import('./echo.ts')).echoCommand,
  },
  chat: {
    summary: 'say host and process to a group now and then, and print who else does',
    load: async () => (await import('./chat.ts')).chatCommand,
  },
  ping: {
    summary: 'ask a group who is there, or try source-specific multicast with a server',
    load: async () => (await import('./ping.ts')).pingCommand,
  },
  sap: {
    summary: 'listen to session announcements, or announce a session',
    load: async () => (await import('./sap.ts')).sapCommand,
  },
  sntp: {
    summary: 'listen to time servers that broadcast, or ask one; never sets the clock',
    load: async () => (await import('./sntp.ts')).sntpCommand,
  },
  interfaces: {
    summary: 'list the network interfaces, their addresses and flags',
    load: async () => (await import('./interfaces.ts')).interfacesCommand,
  },
  groups: {
    summary: 'list what this host has joined: interfaces, groups, sources, filter modes',
    load: async () => (await import('./groups.ts')).groupsCommand,
  },
  doctor: {
    summary: 'find out why a group does not arrive',
    load: async () => (await import('./doctor.ts')).doctorCommand,
  },
  igmp: {
    summary: 'watch IGMP and MLD: who joins, who leaves, who asks',
    load: async () => (await import('./igmp.ts')).igmpCommand,
  },
  options: {
    summary: 'list, explain, read and set socket options by their C names',
    load: async () => (await import('./options.ts')).optionsCommand,
  },
  script: {
    summary: 'run or type commands: sockets, joins, blocks, filters, options, expectations',
    load: async () => (await import('./script.ts')).scriptCommand,
  },
  demo: {
    summary: 'watch joins, blocks and source filters work on this machine, on loopback',
    load: async () => (await import('./demo-command.ts')).demoCommand,
  },
}
