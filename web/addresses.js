/** Addresses of pages, taken apart. Pure. */

/**
 * A part of an address as it was before it was encoded; null if it is broken, as "%" or "%e2" are, or a step to another
 * place: "." and ".." mean that however they are encoded, so what is asked of the API with them would be another thing.
 * @param {string} part
 */
export function decoded(part) {
  try {
    const found = decodeURIComponent(part)
    return found === '.' || found === '..' ? null : found
  } catch {
    return null
  }
}
