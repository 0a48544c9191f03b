// `sockctl build`: compiles the addon where the package has no binary that loads.

import type { Command } from 'commander'
import { Failure } from '../shell/failure.ts'
import { examples } from '../shell/help.ts'
import { packagedFile } from '../shell/packaged.ts'
import { runs } from '../shell/run.ts'

/** native/build/addon.mjs, which npm run build:native uses too. */
interface Builder {
  readonly target: string
  check(): { compiler: string[]; found: string[]; missing: string[]; advice: string[] }
  /** Gives the path of the binary. */
  build(compiler: string[]): Promise<string>
}

export function buildCommand(command: Command): void {
  command.option('--check', 'say what a build needs and what is missing, and build nothing')
  examples(command, 'npx sockctl build --check', 'npx sockctl build')
  runs<[], { check?: boolean }>(
    command,
    'one object: target, found, missing, advice, binary',
    async ({ out }, _, given) => {
      if (!['linux', 'darwin'].includes(process.platform))
        throw new Failure(`sockctl works on Linux and macOS, and this is ${process.platform}`)
      const { target, check, build }: Builder = await import(packagedFile('native/build/addon.mjs').href)
      const { compiler, ...state } = check()
      const isReady = state.missing.length === 0
      if (!out.json && (given.check === true || !isReady)) {
        for (const line of state.found) out.line(`found    ${line}`)
        for (const line of state.missing) out.line(`missing  ${line}`)
        for (const line of state.advice) out.line(`         ${line}`)
        if (isReady) out.line(`ready to build for ${target}`)
      }
      const binary = isReady && given.check !== true ? await built(() => build(compiler)) : undefined
      if (out.json) out.object({ target, ...state, ...(binary === undefined ? {} : { binary }) })
      else if (binary !== undefined) out.line(`built ${binary}`)
      return isReady
    },
  )
}

async function built(build: () => Promise<string>): Promise<string> {
  try {
    return await build()
  } catch (error) {
    const { stderr, message } = error as { stderr?: unknown; message: string }
    process.stderr.write(`${stderr ?? ''}`)
    throw new Failure(`the build failed${stderr === undefined ? `: ${message}` : ', and the compiler said why'}`)
  }
}
