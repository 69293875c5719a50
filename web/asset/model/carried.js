/** Places where confirmed words of the version before were heard differently: which are still open, what to do. Pure. */

import { offsets } from './lines.js'
import { bare, pieces } from './words.js'

/**
 * @import { Span } from './confirmed.js'
 * @import { Line } from './lines.js'
 * @typedef {{start: number, end: number, was: string, now: string, words: number}} Difference
 */

/**
 * The words that are said at a place, by line: those whose middle is in it.
 * @param {Line[]} lines
 * @param {Difference} place
 * @returns {Span[]}
 */
export function spansAt(lines, { start, end }) {
  /** @type {Span[]} */
  const spans = []
  for (const { id, words } of lines) {
    const inside = (/** @type {{start: number, end: number}} */ word) => {
      const middle = (word.start + word.end) / 2
      return start <= middle && middle <= end
    }
    const first = words.findIndex(inside)
    if (first >= 0) spans.push({ id, first, last: words.findLastIndex(inside) })
  }
  return spans
}

/**
 * The places of which nobody has decided yet: where something is said that nobody stands behind. Where nothing is said
 * any more there is nothing to stand behind; those are open until somebody has written something there.
 * @param {Line[]} lines
 * @param {Difference[]} places
 */
export function openPlaces(lines, places) {
  const known = new Map(lines.map((line) => [line.id, line]))
  return places.filter((place) => {
    const spans = spansAt(lines, place)
    const words = spans.flatMap(({ id, first, last }) => known.get(id)?.words.slice(first, last + 1) ?? [])
    return words.length === 0 || words.some(({ confirmed }) => !confirmed)
  })
}

/**
 * How many confirmed words of the version before stand at these places now, taken in the place of what was heard.
 * @param {Line[]} lines
 * @param {Difference[]} places
 */
export function takenWords(lines, places) {
  const known = new Map(lines.map((line) => [line.id, line]))
  const parts = (/** @type {string} */ text) => pieces(text).map((piece) => bare(piece.text))
  const taken = places.filter((place) => {
    const said = spansAt(lines, place).flatMap(({ id, first, last }) =>
      (known.get(id)?.words ?? []).slice(first, last + 1).map(({ text }) => text),
    )
    // What is written has its times by estimate, so a word beside it may be at the place too.
    return ` ${parts(said.join(' ')).join(' ')} `.includes(` ${parts(place.was).join(' ')} `)
  })
  return taken.reduce((sum, { words }) => sum + words, 0)
}

/**
 * The text that a line has with the words of the version before at a place; null where the place has no single line to
 * write in. With nothing said there, they stand behind the last word before it.
 * @param {Line[]} lines
 * @param {Difference} place
 * @returns {{id: number, text: string} | null}
 */
export function withOldWords(lines, place) {
  const spans = spansAt(lines, place)
  if (spans.length > 1) return null
  if (spans.length === 1) {
    const line = lines.find(({ id }) => id === spans[0].id)
    if (!line) return null
    const at = offsets(line)
    const last = line.words[spans[0].last]
    const to = at[spans[0].last] + last.text.length
    const [marks] = /\p{P}*$/u.exec(last.text) ?? ['']
    const isMarked = marks !== '' && !/\p{P}$/u.test(place.was)
    return {
      id: line.id,
      text: line.text.slice(0, at[spans[0].first]) + place.was + (isMarked ? marks : '') + line.text.slice(to),
    }
  }
  const before = lines.findLast(({ words }) => words.length > 0 && words[0].start <= place.start) ?? lines[0]
  if (!before) return null
  const at = offsets(before)
  const word = before.words.findLastIndex(({ start }) => start <= place.start)
  const from = word < 0 ? 0 : at[word] + before.words[word].text.length
  const later = before.words.slice(1)
  const gap = later.length && later.every(({ space }) => !space) ? '' : ' '
  const text = [before.text.slice(0, from), place.was, before.text.slice(from).trimStart()].filter(Boolean).join(gap)
  return { id: before.id, text }
}
