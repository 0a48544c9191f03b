// Makes the mutants of native/: small changes of C++ by rules over its tokens. The rules know no types, so some changes
// do not compile; those are found when their turn comes.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { behindBracket, codeOf } from './cpp-text.mjs'
import { mutantOf } from './mutant.mjs'

// Spaces on both sides tell an operator from a template's bracket, a pointer or a reference: clang-format sees to that.
const OPERATORS = {
  comparison: { '<': ['<=', '>='], '<=': ['<', '>'], '>': ['>=', '<='], '>=': ['>', '<'], '==': ['!='], '!=': ['=='] },
  logic: { '&&': ['||'], '||': ['&&'] },
  arithmetic: {
    '+': ['-'],
    '-': ['+'],
    '*': ['/'],
    '/': ['*'],
    '%': ['/'],
    '<<': ['>>'],
    '>>': ['<<'],
    '&': ['|'],
    '^': ['|'],
    '+=': ['-='],
    '-=': ['+='],
    '|=': ['&='],
    '&=': ['|='],
    '<<=': ['>>='],
    '>>=': ['<<='],
  },
}

/** Rules of one expression each: what is matched, and what stands there instead. */
const RULES = [
  ...Object.entries(OPERATORS).map(([kind, swaps]) => ({
    kind,
    pattern: /(?<=[^\s,(=] )(?:[<>=!+\-|&]=|<<=?|>>=?|&&|\|\||[<>+\-*/%&^])(?= )/g,
    instead: ([operator]) => swaps[operator] ?? [],
  })),
  { kind: 'step', pattern: /\+\+|--/g, instead: ([step]) => [step === '++' ? '--' : '++'] },
  {
    kind: 'constant',
    pattern: /(?<![\w.])(?:0x[\da-fA-F]+|\d+)(?=[uUlL]*\b)(?!\.)/g,
    instead: ([number]) => [Number(number) + 1, ...(Number(number) > 0 ? [Number(number) - 1] : [])].map(String),
  },
  { kind: 'truth', pattern: /\b(?:true|false)\b/g, instead: ([truth]) => [truth === 'true' ? 'false' : 'true'] },
  { kind: 'flag', pattern: / \| [A-Za-z_][\w:]*(?![\w(<])/g, instead: () => [''] },
  { kind: 'flag', pattern: /\b[A-Z][A-Z\d_]+ \| (?=[A-Za-z_(])/g, instead: () => [''] },
  { kind: 'flag', pattern: /\bF_DUPFD_CLOEXEC\b/g, instead: () => ['F_DUPFD'] },
  { kind: 'flag', pattern: /(?<=[(=,] ?)(?:SOCK|EPOLL|FD)_CLOEXEC(?=[);])/g, instead: () => ['0'] },
  { kind: 'negation', pattern: /!(?=[\w(:])/g, instead: () => [''] },
  {
    kind: 'limit',
    pattern: /\bstd::(?:min|max)\b/g,
    instead: ([name]) => [name.endsWith('min') ? 'std::max' : 'std::min'],
  },
  {
    kind: 'jump',
    pattern: /\b(?:break|continue)(?=;)/g,
    instead: ([jump]) => [jump === 'break' ? 'continue' : 'break'],
  },
]

function* expressions(code) {
  for (const { kind, pattern, instead } of RULES) {
    for (const match of code.matchAll(pattern)) {
      const start = match.index
      for (const replacement of instead(match)) yield { kind, start, end: start + match[0].length, replacement }
    }
  }
}

function* conditions(code) {
  for (const match of code.matchAll(/\b(?:if|while) \(/g)) {
    const open = match.index + match[0].length - 1
    const end = behindBracket(code, open)
    const condition = code.slice(open, end)
    yield { kind: 'condition', start: open, end, replacement: `(!${condition})` }
    if (!match[0].startsWith('if')) continue
    for (const truth of ['true', 'false']) yield { kind: 'condition', start: open, end, replacement: `(${truth})` }
  }
}

const CALL = /^[\w.:[\]]+(?:->[\w.:]+)*(?:<[\w:]+>)?\([\s\S]*\)$/
const ASSIGNMENT = /^[*]?[\w.:[\]]+(?:->[\w.:[\]]+)* [-+|&]?= /
const STEP = /^(?:\+\+|--)[\w.]+$|^[\w.]+(?:\+\+|--)$/
const JUMP = /^(?:break|continue|return)$/

/** Statements that stand alone or behind an `if`, `for` or `else`: deleted, or their value changed. */
function* statements(code) {
  for (const match of code.matchAll(/(?<=[;{}):]|\belse)(\s+)([^\s;{}][^;{}]*(?:\{[^;{}]*\}[^;{}]*)*);/g)) {
    const start = match.index + match[1].length
    const end = match.index + match[0].length
    const text = match[2]
    const flat = text.replace(/\[[^\][]*\]/g, '[]')
    if (CALL.test(text) || ASSIGNMENT.test(flat) || STEP.test(text) || JUMP.test(text))
      yield { kind: 'statement', start, end, replacement: '{}' }
    const returned = /^return (?!\{\}|true\b|false\b|-?\d+$)/.test(text)
    if (returned) yield { kind: 'return', start, end, replacement: 'return {};' }
  }
}

/** Every mutant of `files` below `tree`, with the `source` it changes. */
export function nativeMutants(tree, files) {
  return files.flatMap((file) => {
    const source = readFileSync(join(tree, file), 'utf8')
    const code = codeOf(source)
    const places = new Set()
    return [...expressions(code), ...conditions(code), ...statements(code)]
      .filter(({ start, end, replacement }) => {
        const place = `${start} ${end} ${replacement}`
        return !places.has(place) && places.add(place)
      })
      .map((change) => mutantOf({ ...change, file, source }))
  })
}
