/**
 * The values of several sources, as they come. No source is read ahead of: its next value is asked for once the one before
 * was taken. Leaving the loop early leaves the sources as they are, to be closed by whoever opened them.
 */
export async function* merged<T>(sources: readonly AsyncIterable<T>[]): AsyncGenerator<T, void, undefined> {
  const ready: { value: T; taken: (over: boolean) => void }[] = []
  let running = sources.length
  let failure: { error: unknown } | undefined
  let over = false
  let wake = (): void => {}

  const read = async (source: AsyncIterable<T>): Promise<void> => {
    try {
      for await (const value of source) {
        if (over) return
        const left = await new Promise<boolean>((taken) => {
          ready.push({ value, taken })
          wake()
        })
        if (left) return
      }
    } catch (error) {
      failure ??= { error }
    } finally {
      running--
      wake()
    }
  }

  for (const source of sources) void read(source)
  try {
    for (;;) {
      const [next] = ready
      if (next !== undefined) {
        yield next.value
        ready.shift()
        next.taken(false)
      } else if (failure !== undefined) throw failure.error
      else if (running === 0) return
      else
        await new Promise<void>((resolve) => {
          wake = resolve
        })
    }
  } finally {
    over = true
    for (const { taken } of ready) taken(true)
  }
}
