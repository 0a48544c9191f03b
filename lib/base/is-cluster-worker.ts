// Whether this process is a worker of node:cluster. The module is loaded when somebody asks, since few programs have it.
import type { Cluster } from 'node:cluster'

export const isClusterWorker = (): boolean => (process.getBuiltinModule('node:cluster') as unknown as Cluster).isWorker
