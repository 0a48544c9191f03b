// The types of life-cycles.mjs.
/** Each gives texts that say what was done only by half. */
export const cycles: Readonly<Record<string, () => Promise<string[]>>>
