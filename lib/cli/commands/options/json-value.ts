// Values in JSON, which has no bytes, no BigInt and no hexadecimal numbers: texts and numbers in it stand for those.

/** What a text of JSON says, in an array; the array is empty if the text is not JSON. */
export function parseJson(text: string): unknown[] {
  try {
    return [JSON.parse(text)]
  } catch {
    return []
  }
}

/** What else a text or a number within JSON may stand for. */
function otherReadings(leaf: unknown): unknown[] {
  if (typeof leaf === 'number') return Number.isSafeInteger(leaf) ? [BigInt(leaf)] : []
  if (typeof leaf !== 'string') return []
  const readings: unknown[] = []
  if (/^(?:[0-9a-f]{2})*$/i.test(leaf)) readings.push(new Uint8Array(Buffer.from(leaf, 'hex')))
  if (/^0x[0-9a-f]+$/i.test(leaf)) readings.push(Number(leaf), BigInt(leaf))
  if (/^\d+$/.test(leaf)) readings.push(BigInt(leaf))
  return readings
}

/** Texts, numbers and the like are numbered in the order in which JSON.parse meets them. */
function parseWith(text: string, chosen: ReadonlyMap<number, unknown>, meet?: (leaf: unknown) => void): unknown {
  let number = 0
  return JSON.parse(text, (_, value) => {
    if (typeof value === 'object' && value !== null) return value
    meet?.(value)
    const leaf = number
    number += 1
    return chosen.has(leaf) ? chosen.get(leaf) : value
  })
}

/** What a complaint is about: the name of the field ahead of ' is '. */
const subjectOf = (verdict: string | boolean): string | boolean =>
  typeof verdict === 'string' ? (verdict.split(' is ')[0] as string) : verdict

/** A reading as a complaint shows it. */
const shown = (reading: unknown): string =>
  typeof reading === 'bigint' ? `${reading}n` : reading instanceof Uint8Array ? 'an object' : String(reading)

/** All pairs of a leaf and a reading are tried again as long as one helps, each by a look at the whole value. */
const MOST_LEAVES = 1024

/**
 * The value of JSON in which each text or number stands for what makes a codec complain no more, or about another field.
 * A text that should be bytes becomes bytes even if they are too few, so that the codec says how many it takes.
 */
export function settleJson(text: string, wrong: (value: unknown) => string | boolean): unknown {
  const chosen = new Map<number, unknown>()
  const leaves: unknown[] = []
  let value = parseWith(text, chosen, (leaf) => leaves.push(leaf))
  if (leaves.length > MOST_LEAVES) return value
  let verdict = wrong(value)
  const tries = leaves.flatMap((leaf, index) => otherReadings(leaf).map((reading) => [index, reading] as const))
  for (let helped = true; helped && verdict !== '' && verdict !== false; ) {
    helped = false
    for (const [index, reading] of tries) {
      if (verdict === '' || verdict === false) return value
      if (chosen.has(index)) continue
      const tried = parseWith(text, new Map([...chosen, [index, reading]]))
      const said = wrong(tried)
      const isWanted = String(verdict).includes('Uint8Array') && reading instanceof Uint8Array && said !== verdict
      if (subjectOf(said) === subjectOf(verdict) && !isWanted) continue
      // What was right before is wrong now.
      if (String(said).includes(` is ${shown(reading)}`)) continue
      chosen.set(index, reading)
      value = tried
      verdict = said
      helped = true
    }
  }
  return value
}
