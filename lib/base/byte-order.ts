// The byte order of this machine, in which the kernel's structs and /proc have their numbers.

import { endianness } from 'node:os'

export const LITTLE_ENDIAN = endianness() === 'LE'
