// Runs vitest inside a network namespace of its own, so that the suite may make interfaces, routes and limits as it
// likes and its multicast never reaches a real network. Arguments go to vitest: node scripts/test.mjs test/x.test.ts
import { spawn, spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'

const vitest = fileURLToPath(new URL('../node_modules/vitest/vitest.mjs', import.meta.url))
const command = [process.execPath, vitest, 'run', ...process.argv.slice(2)]

// Debian keeps ip where an ordinary user's PATH does not look.
const env = { ...process.env, PATH: `${process.env.PATH}:/usr/sbin:/sbin` }

const root = process.getuid?.() === 0
// A private mount namespace goes with root's, so that a test's `ip netns` or `mount` stays in it.
const kinds = root
  ? [
      ['--net', '--mount'],
      ['--user', '--map-root-user', '--net'],
    ]
  : [['--user', '--map-root-user', '--net']]

/** All the harness will ask of a namespace; veth pairs and writable sysctls are what a container may lack. */
const probe =
  'ip link set lo up && ip link add a0 type veth peer name b0 && nsenter --net=/proc/self/ns/net true' +
  ' && echo 0 >/proc/sys/net/ipv4/conf/a0/rp_filter'

function findNamespace() {
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

function run([program, ...args], variables) {
  const child = spawn(program, args, { stdio: 'inherit', env: { ...env, ...variables } })
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) {
    process.on(signal, () => {
      // A terminal has sent Ctrl-C to vitest too, and a second one makes vitest give up without tidying.
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal)
    })
  }
  child.on('error', (error) => {
    console.error(`${program}: ${error.message}`)
    process.exit(1)
  })
  child.on('exit', (code, signal) => {
    if (signal === null) process.exit(code)
    process.removeAllListeners(signal)
    process.kill(process.pid, signal)
  })
}

const namespace = findNamespace()
if (namespace.flags) {
  const inside = ['sh', '-c', 'ip link set lo up && exec "$@"', 'sh', ...command]
  run(['unshare', ...namespace.flags, ...inside], { SOCKCTL_TEST_NAMESPACE: '1' })
} else if (process.env.CI && process.env.CI !== 'false') {
  console.error(`No network namespace, and CI skips nothing: ${namespace.missing}.`)
  process.exit(1)
} else {
  console.warn(`Tests that need a network namespace are skipped: ${namespace.missing}.\n`)
  run(command, { SOCKCTL_TEST_NO_NAMESPACE: namespace.missing })
}
