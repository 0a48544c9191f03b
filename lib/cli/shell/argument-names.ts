// Arguments that completion knows the values of, by what their help says.

/** The help of an argument that is the name of a socket option. */
export const BY_C_NAME = 'by C name'
