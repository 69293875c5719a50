/** What is kept of a text that is not saved yet: what it began from, and what of it is different now. Pure. */

import { freshId } from './lines.js'

/** @import { Line } from './lines.js' */

/**
 * A text beside the one that it began from: lines that stand, as [first, count] of the base, and the others.
 * @typedef {([first: number, count: number] | Line)[]} Pieces
 */

export const DAY_MS = 24 * 60 * 60 * 1000
const DAYS = 30

/**
 * Whether something kept at `at` (milliseconds) is no longer kept.
 * @param {number} at
 * @param {number} now
 */
export const isOld = (at, now) => now - at > DAYS * DAY_MS

/**
 * @param {Line[]} lines
 * @param {Line[]} base
 * @returns {Pieces}
 */
export function pack(lines, base) {
  const places = new Map(base.map((line, at) => [line, at]))
  /** @type {Pieces} */
  const pieces = []
  /** @type {[number, number] | null} */
  let run = null
  for (const line of lines) {
    const at = places.get(line)
    if (at === undefined) {
      pieces.push(line)
      run = null
    } else if (run && run[0] + run[1] === at) {
      run[1] += 1
    } else {
      run = [at, 1]
      pieces.push(run)
    }
  }
  return pieces
}

/**
 * The base and the texts that were packed beside it, with ids that no other lines have.
 * @param {Line[]} base
 * @param {Pieces[]} packed
 * @returns {{base: Line[], texts: Line[][]}}
 */
export function unpack(base, packed) {
  /** @type {Map<number, number>} */
  const ids = new Map()
  const renumbered = (/** @type {Line} */ line) => {
    const id = ids.get(line.id) ?? freshId()
    ids.set(line.id, id)
    return { ...line, id }
  }
  const lines = base.map(renumbered)
  const texts = packed.map((pieces) =>
    pieces.flatMap((piece) => (Array.isArray(piece) ? lines.slice(piece[0], piece[0] + piece[1]) : renumbered(piece))),
  )
  return { base: lines, texts }
}
