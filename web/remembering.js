/** What a browser remembers of choices, where it lets us. */

/**
 * A choice that this browser remembers; `fallback` where it remembers none, or may not.
 * @template {string | null} Fallback
 * @param {string} name
 * @param {Fallback} fallback
 */
export function remembered(name, fallback) {
  try {
    return localStorage.getItem(`rapporteur.${name}`) ?? fallback
  } catch {
    return fallback
  }
}

/**
 * Remember a choice in this browser, where it lets us.
 * @param {string} name
 * @param {string} value
 */
export function remember(name, value) {
  try {
    localStorage.setItem(`rapporteur.${name}`, value)
  } catch {
    // Private windows may refuse; the choice then holds until the page is left.
  }
}
