// Merges several async iterables into one.

/**
 * The values of several sources, as they come. The next value of a source is asked for only when its last one was taken.
 * Leaving the loop early does not close the sources: their owner does.
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
        const isOver = await new Promise<boolean>((taken) => {
          ready.push({ value, taken })
          wake()
        })
        if (isOver) return
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
