// The binary for musl, opened by a program that runs with Debian's musl and has every function of Node-API as an empty one.
// There is no Node for musl among the packages of npm, so that nothing more can be tried here.
import { execFileSync, spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { root } from '../copy-tree.mjs'
import { readBinary } from '../read-binary.mjs'

const HOST = `
#include <dlfcn.h>
#include <stdio.h>
int main(int count, char** arguments) {
  void* addon = dlopen(arguments[1], RTLD_NOW);
  if (addon == NULL) return puts(dlerror()), 1;
  if (dlsym(addon, "napi_register_module_v1") == NULL) return puts(dlerror()), 1;
  return puts("opened"), 0;
}`

/** Debian's packages musl-tools and musl-dev. */
export function tryMusl() {
  const binary = join(root, 'prebuilds/linux-x64-musl/sockctl.node')
  const folder = mkdtempSync(join(tmpdir(), 'sockctl-musl-'))
  try {
    const names = readBinary(binary).wanted.map(({ name }) => name)
    const stubs = names
      .filter((name) => /^(napi|node_api)_/.test(name))
      .map((name) => `int ${name}(void) { return 9; }`)
    writeFileSync(join(folder, 'host.c'), [HOST, ...stubs].join('\n'))
    execFileSync('musl-gcc', ['-rdynamic', '-o', join(folder, 'host'), join(folder, 'host.c')])
    const { status, stdout, stderr } = spawnSync(join(folder, 'host'), [binary], { encoding: 'utf8' })
    return {
      system: 'Linux x64 (musl)',
      runtime: "a host of empty functions, with Debian's musl",
      loaded: status === 0,
      note:
        status === 0
          ? `opened, ${names.length} symbols found; no Node for musl could be had here, so none of its code ran`
          : stdout + stderr,
    }
  } finally {
    rmSync(folder, { recursive: true, force: true })
  }
}
