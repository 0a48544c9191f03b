// Writes a rule of nft from its JSON nearly as nft itself prints it, for rulesets too long to be listed twice.

import { isFields } from './nft-json.ts'

const OPERATORS = new Set(['==', 'in'])

const first = (value: unknown): readonly [string, unknown] => {
  const [entry = ['', undefined] as const] = isFields(value) ? Object.entries(value) : []
  return entry
}

function valueText(value: unknown): string {
  if (Array.isArray(value)) return value.map(valueText).join(',')
  if (!isFields(value)) return String(value)
  const [kind, inner] = first(value)
  const list = Array.isArray(inner) ? inner : []
  if (kind === 'set') return `{ ${list.map(elementText).join(', ')} }`
  if (kind === 'range') return list.map(valueText).join('-')
  if (kind === 'concat') return list.map(valueText).join(' . ')
  if (kind === '&' || kind === '|' || kind === '^') return list.map(valueText).join(` ${kind} `)
  if (!isFields(inner)) return JSON.stringify(value)
  if (kind === 'prefix') return `${String(inner.addr)}/${String(inner.len)}`
  if (kind === 'payload' && inner.protocol !== undefined) return `${String(inner.protocol)} ${String(inner.field)}`
  if (kind === 'meta' || kind === 'ct') return `${kind} ${String(inner.key)}`
  if (kind === 'elem') return valueText(inner.val)
  return JSON.stringify(value)
}

/** An element of a set, or of a map with what belongs to it. */
const elementText = (element: unknown): string =>
  Array.isArray(element) && element.length === 2
    ? `${valueText(element[0])} : ${statementText(element[1])}`
    : valueText(element)

function statementText(statement: unknown): string {
  const [kind, inner] = first(statement)
  if (!isFields(inner)) return inner === null ? kind : JSON.stringify(statement)
  switch (kind) {
    case 'match': {
      const operator = OPERATORS.has(String(inner.op)) ? '' : `${String(inner.op)} `
      return `${valueText(inner.left)} ${operator}${valueText(inner.right)}`
    }
    case 'jump':
    case 'goto':
      return `${kind} ${String(inner.target)}`
    case 'vmap':
      return `${valueText(inner.key)} vmap ${valueText(inner.data)}`
    case 'limit':
      return `limit rate ${inner.inv === true ? 'over ' : ''}${String(inner.rate)}${inner.rate_unit === undefined ? '' : ` ${String(inner.rate_unit)}`}/${String(inner.per)}`
    case 'counter':
      return ''
    case 'log':
      return inner.prefix === undefined ? 'log' : `log prefix ${JSON.stringify(inner.prefix)}`
    case 'reject':
      return 'reject'
    default:
      return JSON.stringify(statement)
  }
}

export const ruleText = (expr: readonly unknown[]): string =>
  expr
    .map(statementText)
    .filter((text) => text !== '')
    .join(' ')
