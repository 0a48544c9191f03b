export function readBinary(path: string): { machine: string; staysLoaded?: boolean }
