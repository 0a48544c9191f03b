// The catalogue as the table of docs/doctor.md.
import type { BrokenNetwork, HealthyNetwork } from './network.ts'

const reportOf = ({ report }: BrokenNetwork): string => {
  if (report === undefined) return ''
  const [repository = '', number = ''] = report.split('#')
  return `[${report}](https://github.com/${repository}/issues/${number})`
}

/** A command line as a pattern of the catalogue has it. */
const fixOf = ({ fix }: BrokenNetwork): string =>
  fix === undefined ? '' : `\`${fix.source.replaceAll(/^\^|\$$|\\/g, '')}\``

const row = (...cells: readonly string[]): string => `| ${cells.join(' | ')} |`

/** The part of the page between its two comments, and the comments with it. */
export const tableOf = (broken: readonly BrokenNetwork[], healthy: readonly HealthyNetwork[]): string =>
  [
    '<!-- catalogue -->',
    '',
    row('What happened', 'Check', 'How sure', 'Fix', 'After'),
    row('---', '---', '---', '---', '---'),
    ...broken.map((one) => row(one.story, one.check, one.certainty, fixOf(one), reportOf(one))),
    '',
    'Well, although it may not look so:',
    '',
    ...healthy.map(({ story }) => `- ${story}`),
    '',
    '<!-- /catalogue -->',
  ].join('\n')
