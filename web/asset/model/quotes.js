/** Quotes: words that are taken out of a transcript, by their times; links that lead to exactly these words. Pure. */

import { isSpaced } from './words.js'

/**
 * @import { MarkView } from '../../types.d.ts'
 * @import { Span } from './confirmed.js'
 * @import { Line } from './lines.js'
 * @typedef {{start: number, end: number}} Stretch of the recording, in seconds
 * @typedef {Stretch & {text: string, speaker: string | null}} Taken words with their times, and who says them if it is one
 * @typedef {{first: number, last: number, kind: string, colour?: string}} Tint words of a line, and how they are shown
 */

const HAIR = 0.001 // seconds by which times are rounded
const LAST_SECOND = 1e7

/**
 * The words of some stretches of lines; null if there are none.
 * @param {Line[]} lines
 * @param {Span[]} spans
 * @returns {Taken | null}
 */
export function taken(lines, spans) {
  const known = new Map(lines.map((line) => [line.id, line]))
  /** @type {Taken | null} */
  let found = null
  for (const { id, first, last } of spans) {
    const line = known.get(id)
    const words = line?.words.slice(first, last + 1) ?? []
    if (!line || !words.length) continue
    const text = words.map((word, i) => (i ? word.space : '') + word.text).join('')
    const start = Math.min(...words.map((word) => word.start))
    const end = Math.max(...words.map((word) => word.end))
    if (!found) found = { start, end, text, speaker: line.speaker }
    else
      found = {
        start: Math.min(found.start, start),
        end: Math.max(found.end, end),
        text: found.text + (isSpaced(found.text, text) ? ' ' : '') + text,
        speaker: found.speaker === line.speaker ? line.speaker : null,
      }
  }
  return found
}

/**
 * Which words are said between two moments: those whose middle lies there.
 * @param {Line[]} lines
 * @param {Stretch} stretch
 * @returns {Span[]}
 */
export function spansIn(lines, { start, end }) {
  return lines.flatMap((line) => {
    const isIn = (/** @type {Stretch} */ { start: from, end: to }) =>
      (from + to) / 2 >= start - HAIR && (from + to) / 2 <= end + HAIR
    const first = line.words.findIndex(isIn)
    const last = line.words.findLastIndex(isIn)
    return first < 0 ? [] : [{ id: line.id, first, last }]
  })
}

/**
 * The address of these words, by that of the page.
 * @param {string} page
 * @param {Stretch} stretch
 */
export function linkTo(page, { start, end }) {
  const from = Math.floor(start * 100) / 100
  const to = Math.ceil(end * 100) / 100
  return `${page}?from=${from}&to=${to}`
}

/**
 * The stretch that an address names; undefined if it names none.
 * @param {URLSearchParams} query
 * @returns {Stretch | undefined}
 */
export function stretchOf(query) {
  const [start, end] = [query.get('from'), query.get('to')].map((text) => (text?.trim() ? Number(text) : Number.NaN))
  const isOne = Number.isFinite(start) && Number.isFinite(end) && start >= 0 && start < end && end < LAST_SECOND
  return isOne ? { start, end } : undefined
}

/**
 * How the words of marks are shown, by the id of their line. What is resolved is not, nor what is gone.
 * @param {Line[]} lines
 * @param {MarkView[]} marks
 * @returns {Map<number, Tint[]>}
 */
export function tintsOf(lines, marks) {
  /** @type {Map<number, Tint[]>} */
  const found = new Map()
  for (const { kind, colour, start, end, ...mark } of marks) {
    if (mark.is_gone || mark.resolved_at !== undefined) continue
    for (const { id, first, last } of spansIn(lines, { start, end })) {
      const tints = found.get(id) ?? []
      tints.push({ first, last, kind, colour })
      found.set(id, tints)
    }
  }
  return found
}

/**
 * Whether two lists of tints show the same.
 * @param {Tint[] | undefined} some
 * @param {Tint[] | undefined} other
 */
export const isSameTint = (some, other) => JSON.stringify(some ?? []) === JSON.stringify(other ?? [])
