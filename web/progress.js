/** How long work likely takes, from how far it has come. Pure. */

/** Less of the work than this tells nothing of the rest. */
const LEAST_PROGRESS = 0.04

/**
 * @param {number | null | undefined} progress from 0 to 1
 * @param {number | null | undefined} startedAt seconds since the epoch
 * @param {number} [now] the same
 * @returns {number | null} seconds that are left, at least 1; null where nobody can tell
 */
export function secondsLeft(progress, startedAt, now = Date.now() / 1000) {
  if (!startedAt || !progress || progress < LEAST_PROGRESS || progress >= 1) return null
  return Math.max(1, Math.round(((now - startedAt) * (1 - progress)) / progress))
}
