// Whether the terminal shows UTF-8, and text for one that does not.

type Environment = Readonly<Record<string, string | undefined>>

/** Whether the locale is of UTF-8, as setlocale(3) finds it. Without a word about the locale, it is taken to be. */
export function usesUtf8({ LC_ALL, LC_CTYPE, LANG }: Environment = process.env): boolean {
  const locale = [LC_ALL, LC_CTYPE, LANG].find((one) => one !== undefined && one !== '')
  return locale === undefined || /utf-?8/i.test(locale)
}

const LIKE: Readonly<Record<string, string>> = {
  '→': '->',
  '…': '...',
  '’': "'",
  µ: 'u',
  ...Object.fromEntries([...'▁▂▃▄▅▆▇█'].map((bar, height) => [bar, '_.,-~=*#'[height] ?? '#'])),
}

/** The text in ASCII: signs by others like them, all other characters as escapes. */
export const inAscii = (text: string): string =>
  text.replaceAll(
    /[^\0-\u007f]/gu,
    (character) => LIKE[character] ?? `\\u{${(character.codePointAt(0) ?? 0).toString(16)}}`,
  )
