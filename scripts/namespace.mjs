// Runs a command in a network namespace of its own, where it may change interfaces, routes and limits, and whose multicast
// reaches no real network.
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

// Debian keeps ip(8) in folders that are not on an ordinary user's PATH.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

const root = process.getuid?.() === 0
// Root gets a private mount namespace too, so that the mounts of a test's `ip netns` or `mount` stay in it.
const kinds = root
  ? [
      ['--net', '--mount'],
      ['--user', '--map-root-user', '--net'],
    ]
  : [['--user', '--map-root-user', '--net']]

/** A trial of everything the tests need of a namespace. A container may lack veth pairs and writable sysctls. */
const probe =
  'ip link set lo up && ip link add a0 type veth peer name b0 && nsenter --net=/proc/self/ns/net true' +
  ' && echo 0 >/proc/sys/net/ipv4/conf/a0/rp_filter'

/** The flags of `unshare` that work on this host, or the reason why none do. */
export function findNamespace() {
  if (process.platform !== 'linux') return { missing: `network namespaces are Linux's; this is ${process.platform}` }
  const tools = { unshare: 'util-linux', nsenter: 'util-linux', taskset: 'util-linux', ip: 'iproute2' }
  const absent = Object.entries(tools).filter(([tool]) => spawnSync(tool, ['-V'], { env }).error)
  if (absent.length > 0) {
    return { missing: absent.map(([tool, debian]) => `${tool} is not installed (Debian package ${debian})`).join('; ') }
  }
  const refusals = []
  for (const flags of kinds) {
    const tried = spawnSync('unshare', [...flags, 'sh', '-c', probe], { env, encoding: 'utf8' })
    if (tried.status === 0) return { flags }
    refusals.push(`unshare ${flags.join(' ')}: ${tried.stderr.trim().replaceAll('\n', '; ') || tried.signal}`)
  }
  const permission = root
    ? 'a container needs CAP_SYS_ADMIN and CAP_NET_ADMIN (docker run --privileged)'
    : 'an ordinary user needs user namespaces (sysctls user.max_user_namespaces, kernel.unprivileged_userns_clone=1, ' +
      'kernel.apparmor_restrict_unprivileged_userns=0), or run as root'
  return { missing: `the kernel refuses a network namespace (${refusals.join('. ')}): ${permission}` }
}

/**
 * Runs a command, and ends this process with the same exit status or signal; or with the status of the command beside it
 * that failed, whose output is printed last.
 */
export function run([program, ...args], variables, beside = Promise.resolve({ status: 0, output: '' })) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...env, ...variables } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // The terminal has sent Ctrl-C to vitest too. A second signal would make vitest end without cleaning up.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`${program}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', async (code, signal) => {
    const { status, output } = await beside
    process.stdout.write(output)
    if (signal === null) process.exit(code || status)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

/** Runs a command beside another: its status and its output. */
export function runQuietly([program, ...args], variables) {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'], env: { ...env, ...variables } })
  for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal))
  let output = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (text) => {
      output += text
    })
  return new Promise((resolve) => {
    child.on('error', ({ message }) => resolve({ status: 1, output: `${program}: ${message}\n` }))
    child.on('close', (code) => resolve({ status: code ?? 1, output }))
  })
}

/** The command line that runs `command` inside the namespace, whose loopback interface it first sets up. */
export function inNamespace(flags, command) {
  return ['unshare', ...flags, 'sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command]
}

/** Runs the script at `url` again inside a network namespace, and ends as that ends. Does nothing if already inside. */
export function enterNamespace(url) {
  if (process.env.SOCKCTL_TEST_NAMESPACE === '1') return
  const { flags, missing } = findNamespace()
  if (flags === undefined) throw new Error(`a network namespace is needed: ${missing}`)
  const command = [process.execPath, ...process.execArgv, fileURLToPath(url), ...process.argv.slice(2)]
  const [program, ...args] = inNamespace(flags, command)
  const variables = { ...env, SOCKCTL_TEST_NAMESPACE: '1' }
  const { status, signal } = spawnSync(program, args, { stdio: 'inherit', env: variables })
  process.exit(status ?? (signal === null ? 1 : 128))
}
