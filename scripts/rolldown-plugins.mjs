// What the build does to the sources besides bundling.
import { RolldownMagicString } from 'rolldown'

/**
 * Marks what a module makes when it is loaded as pure: a bundler of a user's then drops what the user does not import. The
 * modules of lib/ do nothing on loading but make what they export. A bundler looks into the arguments of a pure call too, so
 * that one with more than names and literals in them becomes a pure function around it.
 */
export const markPure = () => ({
  name: 'mark-pure',
  transform: {
    filter: { id: /\/lib\/(?!cli\/).*\.ts$/ },
    handler(code) {
      const marked = new RolldownMagicString(code)
      for (const node of this.parse(code, { lang: 'ts' }).body) {
        const declaration = node.type === 'ExportNamedDeclaration' ? node.declaration : node
        if (declaration?.type !== 'VariableDeclaration') continue
        for (const { init } of declaration.declarations) {
          const calls = []
          if (init === null || (isSimple(init, calls) && calls.length === 0)) continue
          if (isSimple(init, [])) for (const at of calls) marked.appendLeft(at, '/* @__PURE__ */ ')
          else marked.appendLeft(init.start, '/* @__PURE__ */ (() => (').appendRight(init.end, '))()')
        }
      }
      return { code: marked }
    },
  },
})

/** Lets a module import the namespace of an entry as the entry exports it. Both are paths in lib/, without an ending. */
export const nativeNamespace = (of, entry) => ({
  name: 'native-namespace',
  resolveId: {
    filter: { id: new RegExp(`/${entry}\\.ts$`) },
    handler: (_source, importer) =>
      importer?.endsWith(`/lib/${of}.ts`) ? { id: `./${entry}.js`, external: true } : null,
  },
})

/**
 * Lets the library import the options by the entry that users import them by: that is then the table itself, and no list of 300
 * names of another file.
 */
export const optionsByEntry = () => ({
  name: 'options-by-entry',
  resolveId: {
    filter: { id: /\/options\/table\/[^/]+\.ts$/ },
    handler: (_source, importer) =>
      importer?.includes('/lib/options/') ? null : { id: './options/index.js', external: true },
  },
})

/** A name, or a field of one: `createOption`, `module.createRequire`. */
const isName = ({ type, computed, object }) =>
  type === 'Identifier' || (type === 'MemberExpression' && !computed && object.type === 'Identifier')

/** Whether every bundler sees that an expression has no effect, if the calls found in it have none. */
function isSimple(node, calls) {
  const are = (nodes) => nodes.every((one) => isSimple(one, calls))
  switch (node.type) {
    case 'Literal':
    case 'Identifier':
    case 'ArrowFunctionExpression':
    case 'FunctionExpression':
      return true
    case 'UnaryExpression':
      return node.argument.type === 'Literal'
    case 'ArrayExpression':
      return are(node.elements)
    case 'ObjectExpression':
      return node.properties.every(
        ({ type, computed, value }) => type === 'Property' && !computed && isSimple(value, calls),
      )
    case 'CallExpression':
    case 'NewExpression':
      calls.push(node.start)
      return isName(node.callee) && are(node.arguments)
    case 'TSAsExpression':
    case 'TSSatisfiesExpression':
      return isSimple(node.expression, calls)
    default:
      return false
  }
}

/** The binaries lie two folders above lib/binding and dist/cjs, and one above dist. */
export const besideDist = () => ({
  name: 'beside-dist',
  renderChunk: (code) =>
    code.includes('../../prebuilds/')
      ? { code: new RolldownMagicString(code).replaceAll('../../prebuilds/', '../prebuilds/') }
      : null,
})

/** Takes createRequire out of its module by name, as in the ES modules: @vercel/nft then follows what it makes. */
export const namedCreateRequire = () => ({
  name: 'named-create-require',
  renderChunk(code) {
    const unnamed = 'node_module.default.createRequire('
    if (!code.includes(unnamed)) return null
    const named = new RolldownMagicString(code).replaceAll(unnamed, 'createRequire(')
    return { code: named.prepend("const { createRequire } = require('node:module')\n") }
  },
})
