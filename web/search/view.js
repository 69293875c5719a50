/** What is looked for, as its address says it. Pure. */

import { isDay, midnight } from '../library/view.js'

/**
 * Empty: it does not matter. `from` and `to` are days ("2026-11-29"), both included; `by` is how it is looked for
 * (`modes.js`), by words if it is empty.
 * @typedef {{q: string, by: string, speaker: string, title: string, tag: string, language: string, from: string, to: string}} Wanted
 * @typedef {keyof Wanted} Part
 */

/** Those that choose among recordings, beside the words. @type {Part[]} */
export const FILTERS = ['speaker', 'title', 'tag', 'language', 'from', 'to']

const LONGEST = 100

/** @type {Partial<Record<Part, (value: string) => boolean>>} */
const CHECKS = {
  by: (value) => value === 'meaning',
  language: (value) => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(value),
  from: isDay,
  to: isDay,
}

/**
 * What an address asks for, or a form. What nobody can mean is left out.
 * @param {{get: (name: string) => unknown}} given
 * @returns {Wanted}
 */
export function wantedOf(given) {
  const read = (/** @type {Part} */ part) => {
    const value = String(given.get(part) ?? '')
      .trim()
      .slice(0, part === 'q' ? Number.POSITIVE_INFINITY : LONGEST)
    return value && (CHECKS[part]?.(value) ?? true) ? value : ''
  }
  return {
    q: read('q'),
    by: read('by'),
    speaker: read('speaker'),
    title: read('title'),
    tag: read('tag'),
    language: read('language'),
    from: read('from'),
    to: read('to'),
  }
}

/** Its address. @param {Wanted} wanted */
export function addressOf(wanted) {
  const filled = Object.entries(wanted).filter(([, value]) => value)
  return filled.length > 0 ? `#/search?${new URLSearchParams(filled)}` : '#/search'
}

/** How many filters are in use. @param {Wanted} wanted */
export const countOf = (wanted) => FILTERS.filter((part) => wanted[part]).length

/** What the API is asked. @param {Wanted} wanted */
export const asked = ({ q, speaker, title, tag, language, from, to }) => ({
  q,
  speaker,
  title,
  tag,
  language,
  since: from && Math.max(0, midnight(from)),
  before: to && Math.max(0, midnight(to, 1)),
})

/**
 * Hits in the order in which they are shown: those that may not be about it come last.
 * @template {{passages: {closeness?: string | null}[]}} Hit
 * @param {Hit[]} hits
 */
export function nearAndFar(hits) {
  const isFar = (/** @type {Hit} */ hit) => hit.passages[0].closeness === 'far'
  return { near: hits.filter((hit) => !isFar(hit)), far: hits.filter(isFar) }
}

/**
 * The passages of a hit that are told: the nearest, and others that are not far.
 * @template {{closeness?: string | null}} Passage
 * @param {Passage[]} passages
 */
export const toldOf = (passages) => passages.filter(({ closeness }, at) => at === 0 || closeness !== 'far')

/**
 * A text in pieces, of which those are marked that `marks` name, from and to, in code points.
 * @param {string} text
 * @param {number[][]} marks
 * @returns {{text: string, isMarked: boolean}[]}
 */
export function piecesOf(text, marks) {
  const letters = Array.from(text)
  const pieces = []
  let at = 0
  for (const [from, to] of marks) {
    pieces.push({ text: letters.slice(at, from).join(''), isMarked: false })
    pieces.push({ text: letters.slice(from, to).join(''), isMarked: true })
    at = to
  }
  pieces.push({ text: letters.slice(at).join(''), isMarked: false })
  return pieces.filter((piece) => piece.text)
}
