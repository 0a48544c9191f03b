// The machine a bench runs on, in words.
import { availableParallelism, cpus, release } from 'node:os'

export const thisMachine = () => ({
  processor: cpus()[0]?.model.trim() ?? 'unknown',
  cores: availableParallelism(),
  kernel: `Linux ${release()}`,
  node: `Node ${process.version}`,
})

export const machineText = ({ processor, cores, kernel, node }) => `${processor}, ${cores} cores, ${kernel}, ${node}`
