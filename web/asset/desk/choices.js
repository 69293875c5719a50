/** What a word may be instead, each with where that comes from. Pure. */

import { stretches } from '../model/diff.js'
import { bare } from '../model/words.js'
import { changeOf, partsOf } from './replacing.js'

/**
 * @import { EntryView, LearntView } from '../../types.d.ts'
 * @import { Line } from '../model/lines.js'
 * @typedef {'engine' | 'heard' | 'here' | 'lexicon' | 'learnt'} Origin what the engine took it for too; what was heard
 *   before a rule; what the same word was corrected to in this recording; a word of the account's; a rule that was learnt
 * @typedef {{text: string, origin: Origin, count: number}} Choice `count`: how many words it is written for
 * @typedef {Map<string, Map<string, number>>} Corrected by bare word what was written instead, and how often
 * @typedef {{lexicon: EntryView[], learnt: LearntView[], corrected: Corrected}} Known
 */

export const MOST_CHOICES = 9 // as there are keys
const LONGEST_PHRASE = 5 // words
const LEAST_LETTERS = 4 // of what may be misheard in a few of them
const ALIKE = 0.34 // of the letters may differ

/**
 * What a word, or the words from it on, may be instead; none twice, and none that stands there already.
 * @param {Line} line
 * @param {number} at the word
 * @param {Known} known
 * @returns {Choice[]}
 */
export function choicesFor(line, at, { lexicon, learnt, corrected }) {
  const word = line.words[at]
  /** @type {Choice[]} */
  const found = (word.alternatives ?? []).map((text) => ({ text, origin: 'engine', count: 1 }))
  if (word.heard !== undefined) found.push({ text: word.heard, origin: 'heard', count: 1 })
  const here = [...(corrected.get(bare(word.text)) ?? [])].sort(([, a], [, b]) => b - a)
  for (const [text] of here) found.push({ text, origin: 'here', count: 1 })
  const phrases = phrasesAt(line, at)
  for (const { text, heard_as } of lexicon) {
    const spellings = new Set(heard_as.map(bareOf))
    const count = phrases.findIndex((phrase) => spellings.has(phrase)) + 1
    if (count) found.push({ text, origin: 'lexicon', count })
    else if (isAlike(bareOf(text), phrases[0])) found.push({ text, origin: 'lexicon', count: 1 })
  }
  for (const { heard, written } of learnt) {
    const count = phrases.indexOf(bareOf(heard)) + 1
    if (count) found.push({ text: written, origin: 'learnt', count })
  }
  const seen = new Set([partsOf(word.text).core])
  return found
    .map((choice) => ({ ...choice, text: dressed(word.text, choice.text) }))
    .filter(({ text }) => text !== '' && !seen.has(text) && seen.add(text))
    .slice(0, MOST_CHOICES)
}

/** @param {string} text */
const bareOf = (text) => text.split(/\s+/).map(bare).filter(Boolean).join(' ')

/**
 * The bare words from a word on: one, two and so on.
 * @param {Line} line
 * @param {number} at
 */
function phrasesAt(line, at) {
  const words = line.words.slice(at, at + LONGEST_PHRASE).map(({ text }) => bare(text))
  return words.map((_, last) => words.slice(0, last + 1).join(' '))
}

/**
 * A choice without marks, with a capital where the word has one.
 * @param {string} word
 * @param {string} text
 */
function dressed(word, text) {
  const { core } = partsOf(text.trim())
  const [first = ''] = partsOf(word).core
  return first === first.toLowerCase() ? core : core.slice(0, 1).toUpperCase() + core.slice(1)
}

/**
 * Whether two words differ in few of their letters.
 * @param {string} some
 * @param {string} other
 */
export function isAlike(some, other) {
  const longest = Math.max(some.length, other.length)
  if (some === other || Math.min(some.length, other.length) < LEAST_LETTERS) return false
  return distance(some, other) <= ALIKE * longest
}

/**
 * How many letters have to be changed, put in or left out (Levenshtein).
 * @param {string} some
 * @param {string} other
 */
function distance(some, other) {
  let row = Array.from({ length: other.length + 1 }, (_, i) => i)
  for (let i = 1; i <= some.length; i += 1) {
    const next = [i]
    for (let j = 1; j <= other.length; j += 1)
      next.push(Math.min(row[j] + 1, next[j - 1] + 1, row[j - 1] + Number(some[i - 1] !== other[j - 1])))
    row = next
  }
  return row[other.length]
}

/**
 * Note that a word was written as another.
 * @param {Corrected} corrected
 * @param {string} was
 * @param {string} is
 */
export function noteCorrection(corrected, was, is) {
  const change = changeOf(was, is)
  const key = bare(change.was)
  if (!key || !change.is || key === bare(change.is)) return
  const ways = corrected.get(key) ?? new Map()
  ways.set(change.is, (ways.get(change.is) ?? 0) + 1)
  corrected.set(key, ways)
}

/**
 * What was corrected in a recording, word for word, since it was heard.
 * @param {Line[]} heard
 * @param {Line[]} now
 * @returns {Corrected}
 */
export function correctedIn(heard, now) {
  /** @type {Corrected} */
  const corrected = new Map()
  const [before, after] = [heard, now].map((lines) => lines.flatMap(({ words }) => words))
  for (const { isSame, some, other } of stretches(before, after, ({ text }) => bare(text))) {
    if (isSame || some[1] - some[0] !== other[1] - other[0]) continue
    for (let i = 0; i < some[1] - some[0]; i += 1)
      noteCorrection(corrected, before[some[0] + i].text, after[other[0] + i].text)
  }
  return corrected
}
