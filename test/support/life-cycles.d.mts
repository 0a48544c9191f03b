// The types of life-cycles.mjs.
/** Each gives what half-happened, in words. */
export const cycles: Readonly<Record<string, () => Promise<string[]>>>
