/** How much room there is, for what stands elsewhere, or is another thing, on a small screen. */

import { useEffect, useState } from '../vendor/preact.js'

/** Where all stands in one column: the style sheet says the same. */
export const ONE_COLUMN = '(max-width: 999px)'
/** Where a player would leave no room for the text. */
export const SMALL = '(max-width: 720px)'

/**
 * Whether a media query holds, which draws its user anew when that changes.
 * @param {string} query
 */
export function useMedia(query) {
  const [holds, setHolds] = useState(() => matchMedia(query).matches)
  useEffect(() => {
    const asked = matchMedia(query)
    const look = () => setHolds(asked.matches)
    look()
    asked.addEventListener('change', look)
    return () => asked.removeEventListener('change', look)
  }, [query])
  return holds
}
