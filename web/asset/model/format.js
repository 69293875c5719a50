/** Times as people read them. */

/**
 * Seconds as "1:02" or "1:01:02".
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds || 0))
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60]
  return h ? `${h}:${two(m)}:${two(s)}` : `${m}:${two(s)}`
}

/** @param {number} number */
function two(number) {
  return String(number).padStart(2, '0')
}
