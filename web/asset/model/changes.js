/**
 * What two sides have changed of one text: which words each has put in the place of which, and which of that has to do with
 * what the other has changed. Pure.
 */

import { ascending, stretches } from './diff.js'

/** @import { Line, Word } from './lines.js' */

/**
 * A word where it stands: `at` is its number in its line.
 * @typedef {{word: Word, line: Line, at: number}} Token
 *
 * Words [from, to) of the base that one side has put its words [start, end) in the place of; either may be empty.
 * @typedef {{from: number, to: number, start: number, end: number}} Edit
 */

/** @param {Line[]} lines @returns {Token[]} */
export const tokensOf = (lines) => lines.flatMap((line) => line.words.map((word, at) => ({ word, line, at })))

/** @param {Token} token */
export const keyOf = ({ word }) => word.text.normalize('NFC')

/**
 * The words that stand in both and are said at the same time, which words keep while they are edited, as [some, other] of
 * their numbers, ascending in both. With them, two texts of any length are compared piece by piece.
 * @param {Token[]} some
 * @param {Token[]} other
 * @returns {[number, number][]}
 */
function anchors(some, other) {
  const timed = (/** @type {Token} */ token) => `${Math.round(token.word.start * 1000)} ${keyOf(token)}`
  /** @type {Map<string, number>} */
  const places = new Map()
  other.forEach((token, at) => {
    const key = timed(token)
    places.set(key, places.has(key) ? -1 : at)
  })
  /** @type {[number, number][]} */
  const pairs = []
  some.forEach((token, at) => {
    const key = timed(token)
    const place = places.get(key) ?? -1
    places.delete(key) // said twice at once: it is nobody's anchor
    if (place >= 0) pairs.push([at, place])
  })
  return ascending(pairs)
}

/**
 * What a side has changed. As many words in the place of as many are changed one by one.
 * @param {Token[]} base
 * @param {Token[]} side
 * @returns {Edit[]}
 */
export function edits(base, side) {
  /** @type {Edit[]} */
  const found = []
  const compare = (/** @type {Edit} */ { from, to, start, end }) => {
    for (const { isSame, some, other } of stretches(base.slice(from, to), side.slice(start, end), keyOf)) {
      if (isSame) continue
      const count = some[1] - some[0]
      if (count !== other[1] - other[0]) {
        found.push({ from: from + some[0], to: from + some[1], start: start + other[0], end: start + other[1] })
        continue
      }
      for (let i = 0; i < count; i += 1) {
        const [here, there] = [from + some[0] + i, start + other[0] + i]
        found.push({ from: here, to: here + 1, start: there, end: there + 1 })
      }
    }
  }
  let from = 0
  let start = 0
  for (const [to, end] of [...anchors(base, side), [base.length, side.length]]) {
    if (from < to || start < end) compare({ from, to, start, end })
    from = to + 1
    start = end + 1
  }
  return found
}

/**
 * Edits of both sides that have to do with one another: they change the same words, or one adds something beside what the
 * other has changed.
 * @typedef {{from: number, to: number, mine: Edit[], theirs: Edit[]}} Group
 * @param {Edit[]} mine
 * @param {Edit[]} theirs
 * @returns {Group[]} in their order
 */
export function groups(mine, theirs) {
  const all = [
    ...mine.map((edit) => ({ edit, side: /** @type {const} */ ('mine') })),
    ...theirs.map((edit) => ({ edit, side: /** @type {const} */ ('theirs') })),
  ].sort((a, b) => a.edit.from - b.edit.from || a.edit.to - b.edit.to)
  /** @type {Group[]} */
  const found = []
  for (const { edit, side } of all) {
    const last = found.at(-1)
    const others = last?.[side === 'mine' ? 'theirs' : 'mine']
    if (last && others?.some((other) => isTogether(other, edit))) {
      last[side].push(edit)
      last.to = Math.max(last.to, edit.to)
    } else {
      found.push({ from: edit.from, to: edit.to, mine: [], theirs: [], [side]: [edit] })
    }
  }
  return found
}

/**
 * @param {Edit} some
 * @param {Edit} next that does not begin before
 */
function isTogether(some, next) {
  if (next.from === next.to) return next.from <= some.to
  return next.from < some.to || (some.from === some.to && some.from === next.from)
}

/** @param {Edit[]} all how many words more there are for it */
export const growth = (all) => all.reduce((sum, { from, to, start, end }) => sum + (end - start) - (to - from), 0)
