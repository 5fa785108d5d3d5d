/**
 * A baseline as a file: JSON Lines. The first line is a header, with the connections and the number of lines of each
 * kind. Then come what could not be read, and the keys, each with its grants after it. Names of fields are AWS's, or in
 * their style.
 */
export const fileFormat = 'kms-grants-baseline';
export const fileVersion = 1;

/** In bytes. A grant has 1 KB or so, and the largest accounts some ten thousands. */
export const largestFile = 128 * 2 ** 20;

/** In bytes: far more than any grant has. */
export const longestLine = 4 * 2 ** 20;
