/**
 * What somebody stands behind: words that were confirmed or written by hand. Of everything else nobody knows whether it
 * is right. Pure.
 */

import { offsets } from './lines.js'
import { isUnsure } from './words.js'

/**
 * @import { Line, Word } from './lines.js'
 * @typedef {{id: number, first: number, last: number}} Span words of a line, by their numbers
 * @typedef {{start: number, end: number}} Stretch of the recording, in seconds
 */

const SLACK = 0.001 // seconds by which times are rounded
const MOST_STRETCHES = 5000 // that the service takes at once

/**
 * All words of a line.
 * @param {Line} line
 * @returns {Span}
 */
export const whole = (line) => ({ id: line.id, first: 0, last: line.words.length - 1 })

/**
 * The words from a place to another, in whichever order; numbers of lines and of words.
 * @param {Line[]} lines
 * @param {{line: number, word: number}} some
 * @param {{line: number, word: number}} other
 * @returns {Span[]} of each line that has words there
 */
export function between(lines, some, other) {
  const isForward = some.line < other.line || (some.line === other.line && some.word <= other.word)
  const [from, to] = isForward ? [some, other] : [other, some]
  /** @type {Span[]} */
  const spans = []
  for (let at = from.line; at <= to.line; at += 1) {
    const first = at === from.line ? from.word : 0
    const last = at === to.line ? to.word : lines[at].words.length - 1
    if (first <= last) spans.push({ id: lines[at].id, first, last })
  }
  return spans
}

/**
 * @param {Line[]} lines
 * @param {Span[]} spans
 * @returns {Word[]}
 */
function wordsIn(lines, spans) {
  const known = new Map(lines.map((line) => [line.id, line]))
  return spans.flatMap(({ id, first, last }) => known.get(id)?.words.slice(first, last + 1) ?? [])
}

/**
 * Whether somebody stands behind all of these words; of none nobody does.
 * @param {Line[]} lines
 * @param {Span[]} spans
 */
export function isConfirmed(lines, spans) {
  const words = wordsIn(lines, spans)
  return words.length > 0 && words.every(({ confirmed }) => confirmed)
}

/**
 * `lines` with these words confirmed, or not any more. The same list if they were so already.
 * @param {Line[]} lines
 * @param {Span[]} spans
 * @param {boolean} confirmed
 */
export function confirm(lines, spans, confirmed) {
  const changed = lines.map((line) => {
    const own = spans.filter(({ id }) => id === line.id)
    const isIn = (/** @type {number} */ at) => own.some(({ first, last }) => first <= at && at <= last)
    if (!line.words.some((word, at) => word.confirmed !== confirmed && isIn(at))) return line
    const words = line.words.map((word, at) => {
      if (!isIn(at) || word.confirmed === confirmed) return word
      const { confirmation: _, ...rest } = word // who takes it back, or says so anew, is whoever is here
      return { ...rest, confirmed }
    })
    return { ...line, words }
  })
  return changed.some((line, at) => line !== lines[at]) ? changed : lines
}

/**
 * How much somebody stands behind: of how many `words` how many are `confirmed`, how many are still `held` (uncertain, and
 * confirmed by nobody), and by whom: `by` is an account's id, or null for what was confirmed here since it was fetched;
 * `last` is in seconds since the epoch, null for now. Who confirmed most comes first.
 * @typedef {{by: string | null, words: number, last: number | null}} Person
 * @typedef {{words: number, confirmed: number, held: number, people: Person[]}} Measured
 * @param {Line[]} lines
 * @returns {Measured}
 */
export function measured(lines) {
  /** @type {Map<string | null, Person>} */
  const people = new Map()
  const found = { words: 0, confirmed: 0, held: 0 }
  for (const { words } of lines) {
    found.words += words.length
    for (const word of words) {
      if (isUnsure(word)) found.held += 1
      if (!word.confirmed) continue
      found.confirmed += 1
      const { by = null, at = null } = word.confirmation ?? {}
      const person = people.get(by) ?? { by, words: 0, last: at }
      person.words += 1
      if (at !== null && person.last !== null) person.last = Math.max(at, person.last)
      people.set(by, person)
    }
  }
  return { ...found, people: [...people.values()].sort((a, b) => b.words - a.words) }
}

/**
 * How much somebody stands behind, from 0 to 1 of the words; null where there are none.
 * @param {{words: number, confirmed: number}} found
 */
export const shareOf = ({ words, confirmed }) => (words ? confirmed / words : null)

/** @param {Word} word */
const keyOf = ({ start, end, text }) => `${start} ${end} ${text}`

/**
 * What the service is to be told beside the text, for the words to be confirmed as they are in `lines`: it knows how they
 * are in `saved`, and takes what is written anew for confirmed.
 *
 * It tells words by their time. A stretch therefore never reaches over a word, in whichever line, that is not meant; and
 * of what was written anew only that is told which its writer took back.
 * @param {Line[]} lines
 * @param {Line[]} saved
 * @returns {{confirmed: Stretch[], unconfirmed: Stretch[]}}
 */
export function verdicts(lines, saved) {
  const before = new Map(saved.flatMap(({ words }) => words.map((word) => [keyOf(word), word.confirmed])))
  const words = lines
    .flatMap((line) => line.words)
    .map((word) => ({ word, middle: (word.start + word.end) / 2, was: before.get(keyOf(word)) }))
    .sort((a, b) => a.middle - b.middle)
  /** @type {(confirmed: boolean, isNew: (was: boolean | undefined) => boolean) => Stretch[]} */
  const stretches = (confirmed, isNew) => {
    /** @type {Stretch[]} */
    const found = []
    /** @type {Stretch | null} */
    let open = null
    for (const { word, middle, was } of words) {
      if (word.confirmed !== confirmed) {
        open = null
      } else if (isNew(was)) {
        if (open) open.end = middle + SLACK
        else {
          open = { start: Math.max(0, middle - SLACK), end: middle + SLACK }
          found.push(open)
        }
      }
    }
    return found.slice(0, MOST_STRETCHES)
  }
  return {
    confirmed: stretches(true, (was) => was === false),
    unconfirmed: stretches(false, (was) => was !== false),
  }
}

/**
 * The text of a line with what was heard in the place of what a rule wrote there; null where none did.
 * @param {Line} line
 * @param {number} at the word
 */
export function asHeard(line, at) {
  const word = line.words[at]
  if (word?.heard === undefined) return null
  const from = offsets(line)[at]
  const [marks] = /\p{P}*$/u.exec(word.text) ?? ['']
  const isMarked = marks !== '' && !word.heard.endsWith(marks)
  return line.text.slice(0, from) + word.heard + (isMarked ? marks : '') + line.text.slice(from + word.text.length)
}
