/** Addresses of pages, taken apart. Pure. */

/** A part of an address as it was before it was encoded; null if it is broken, as "%" or "%e2" are. */
export function decoded(part) {
  try {
    return decodeURIComponent(part)
  } catch {
    return null
  }
}
