// The package in Debian 11, whose glibc is 2.31 and whose headers are of Linux 5.10: a root made by debootstrap.
import { execFileSync, spawnSync } from 'node:child_process'
import { copyFileSync, existsSync, mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { root } from '../copy-tree.mjs'
import { nodeOf } from '../runtimes.mjs'
import { installPacked } from './packed.mjs'

const home = join(root, '.runtimes/debian-11')

/** Needs root and debootstrap. */
function makeRoot() {
  if (existsSync(join(home, 'usr/bin/g++'))) return
  const command = ['--variant=minbase', '--include=g++,iproute2', 'bullseye', home]
  if (process.env.DEBIAN_MIRROR) command.push(process.env.DEBIAN_MIRROR)
  // In mount points of its own, since debootstrap leaves /proc mounted.
  execFileSync('unshare', ['--mount', 'debootstrap', ...command], { stdio: 'inherit' })
}

export function tryDebian11() {
  makeRoot()
  const place = join(home, 'opt/trial')
  rmSync(place, { recursive: true, force: true })
  mkdirSync(place, { recursive: true })
  installPacked(place)
  copyFileSync(nodeOf(20), join(place, 'node'))
  const inside = (...args) => {
    const command = [
      '-rm',
      '--fork',
      '--pid',
      '--net',
      'chroot',
      home,
      '/bin/sh',
      '-c',
      `ip link set lo up; cd /opt/trial; ${args.join(' ')}`,
    ]
    return spawnSync('unshare', command, { encoding: 'utf8', timeout: 600_000 })
  }
  const cli = './node node_modules/sockctl/dist/cli/main.js'
  const version = inside('./node --version').stdout.trim()
  const loaded = inside(`./node -e "console.log(require('sockctl').interfaces().length > 0)"`)
  const demo = inside(`${cli} demo`)
  const built = inside(`rm -r node_modules/sockctl/prebuilds; ${cli} build && ${cli} interfaces`)
  const said = [loaded, demo, built].map(({ status, stderr }) => (status === 0 ? '' : stderr.trim().split('\n').at(-1)))
  return {
    system: 'Debian 11 (glibc 2.31), x64',
    runtime: `Node ${version}`,
    loaded: loaded.stdout === 'true\n',
    demo: demo.status === 0,
    sources: built.status === 0,
    note:
      said.filter((line) => line !== '').join('; ') ||
      'a root made by debootstrap; the sources were compiled there as well',
  }
}
