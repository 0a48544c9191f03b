// The public face as the sources declare it: every export of every entry, with its doc comment and those of its members.
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { parseSync } from 'rolldown/utils'
import { root } from './pages.ts'

export interface Declared {
  /** `control`, `SocketControl.join` */
  readonly name: string
  readonly kind: 'type' | 'value' | 'function' | 'member' | 'method'
  /** The text of the doc comment; empty without one. */
  readonly doc: string
}

// biome-ignore lint/suspicious/noExplicitAny: the nodes of a syntax tree, which has a type for each of its hundred kinds
type Node = any

const ENTRIES = ['lib/index.ts', 'lib/options/index.ts', 'lib/services/sap.ts', 'lib/services/sntp.ts']

/** Every export of the entries, by name, once. */
export function publicFace(): Declared[] {
  const found = new Map<string, Declared>()
  for (const one of ENTRIES.flatMap((entry) => [...exportsOf(entry).values()].flat())) {
    // Of overloads the first has the comment.
    const doc = found.get(one.name)?.doc || one.doc
    if (!doc.includes('@internal')) found.set(one.name, { ...one, doc })
  }
  return [...found.values()]
}

const files = new Map<string, { program: Node; docBefore: (node: Node) => string }>()

function parsed(file: string) {
  const known = files.get(file)
  if (known !== undefined) return known
  const code = readFileSync(join(root, file), 'utf8')
  const { program, comments } = parseSync(file, code) as { program: Node; comments: Node[] }
  const docBefore = (node: Node): string => {
    // A line that tells the linter something may stand between.
    const last = comments.findLast(({ end, type }) => end <= node.start && type === 'Block')
    if (last === undefined || !last.value.startsWith('*')) return ''
    return /^(\s|\/\/.*)*$/.test(code.slice(last.end, node.start)) ? last.value : ''
  }
  const made = { program, docBefore }
  files.set(file, made)
  return made
}

/** What a file exports: each name with its declaration and its members. */
function exportsOf(file: string): Map<string, Declared[]> {
  const { program } = parsed(file)
  const exported = new Map<string, Declared[]>()
  for (const statement of program.body) {
    const from = statement.source?.value as string | undefined
    const other = from?.startsWith('.') === true ? join(file, '..', from) : undefined
    if (statement.type === 'ExportAllDeclaration' && other !== undefined && statement.exported === null) {
      for (const [name, declared] of exportsOf(other)) exported.set(name, declared)
    } else if (statement.type === 'ExportAllDeclaration' && other !== undefined) {
      const within = [...exportsOf(other).values()].flat()
      const { name } = statement.exported
      exported.set(
        name,
        within.map((one) => ({ ...one, name: `${name}.${one.name}` })),
      )
    } else if (statement.type === 'ExportNamedDeclaration' && other !== undefined) {
      const all = exportsOf(other)
      for (const { local } of statement.specifiers) exported.set(local.name, all.get(local.name) ?? [])
    } else if (statement.type === 'ExportNamedDeclaration' && statement.declaration) {
      for (const [name, declared] of declaredBy(file, statement)) exported.set(name, declared)
    }
  }
  return exported
}

function declaredBy(file: string, statement: Node): [name: string, declared: Declared[]][] {
  const { docBefore } = parsed(file)
  const doc = docBefore(statement)
  const { declaration } = statement
  if (declaration.type === 'VariableDeclaration')
    return declaration.declarations.map(({ id, init }: Node) => {
      const isFunction = /Function/.test(init?.type ?? '')
      return [id.name, [{ name: id.name, kind: isFunction ? 'function' : 'value', doc }]]
    })
  const { name } = declaration.id
  const kind = /Function/.test(declaration.type) ? 'function' : /Class/.test(declaration.type) ? 'value' : 'type'
  const literal = declaration.typeAnnotation?.type === 'TSTypeLiteral' ? declaration.typeAnnotation.members : []
  const members: Node[] = declaration.body?.body ?? literal
  const own = Array.isArray(members) && kind !== 'function' ? members : []
  const inherited = (declaration.extends ?? []).flatMap(({ expression }: Node) =>
    expression.type === 'Identifier' ? membersElsewhere(file, expression.name, name) : [],
  )
  return [
    [
      name,
      [
        { name, kind, doc },
        ...own.filter(isPublic).flatMap((member) => memberOf(name, member, docBefore)),
        ...inherited,
      ],
    ],
  ]
}

/** The members that an interface inherits from one of another file. */
function membersElsewhere(file: string, base: string, heir: string): Declared[] {
  const imports: Node[] = parsed(file).program.body.filter(({ type }: Node) => type === 'ImportDeclaration')
  const from = imports.find(({ specifiers }) => specifiers.some(({ local }: Node) => local.name === base))?.source.value
  if (typeof from !== 'string' || !from.startsWith('.')) return []
  const declared = exportsOf(join(file, '..', from)).get(base) ?? []
  return declared.slice(1).map((one) => ({ ...one, name: one.name.replace(base, heir) }))
}

const isPublic = ({ key, accessibility, type }: Node): boolean =>
  key !== undefined && key.type !== 'PrivateIdentifier' && accessibility !== 'private' && type !== 'StaticBlock'

function memberOf(owner: string, member: Node, docBefore: (node: Node) => string): Declared[] {
  const key = member.key.name ?? member.key.value ?? `[${member.key.property?.name}]`
  if (key === 'constructor' || member.override === true) return []
  const type = member.typeAnnotation?.typeAnnotation?.type
  const isMethod = /Method/.test(member.type) || type === 'TSFunctionType'
  return [
    { name: `${owner}.${key}`, kind: isMethod && member.kind !== 'get' ? 'method' : 'member', doc: docBefore(member) },
  ]
}
