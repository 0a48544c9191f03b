export function targetHere(): string
export function libcOf(program: string): 'glibc' | 'musl'
