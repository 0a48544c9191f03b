// How many packets the filters of tc(8) dropped at the ingress of an interface.

import { askProgram } from './program.ts'

/** The name under which the number stands among the counters. */
export const INGRESS_DROPS = 'Tc.IngressDrops'

interface Qdisc {
  kind?: string
  drops?: number
}

/** 0 if there are no filters, or tc is not installed. */
export async function ingressDrops(name: string): Promise<number> {
  try {
    const listed = JSON.parse((await askProgram('tc', ['-s', '-j', 'qdisc', 'show', 'dev', name])) ?? '[]') as Qdisc[]
    const [found] = listed.filter(({ kind }) => kind === 'clsact' || kind === 'ingress')
    return found?.drops ?? 0
  } catch {
    return 0
  }
}
