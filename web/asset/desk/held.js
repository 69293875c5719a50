/** The words that wait for somebody: uncertain, and confirmed by nobody. Pure. */

import { confirm } from '../model/confirmed.js'
import { offsets, setText, wordAtOffset } from '../model/lines.js'
import { nextWord } from '../model/times.js'
import { isUnsure } from '../model/words.js'
import { spliced } from './replacing.js'

/**
 * @import { Line } from '../model/lines.js'
 * @import { Place } from '../model/times.js'
 * @typedef {{id: number, start: number}} At a word by its line and its time (seconds): edits around it do not move it
 */

const AROUND = 60 // characters of its line that are told with a word, on each side

/**
 * Where a word stands now; null if its line is gone, or has no words any more.
 * @param {Line[]} lines
 * @param {At} at
 * @returns {Place | null}
 */
export function placeOf(lines, { id, start }) {
  const line = lines.findIndex((one) => one.id === id)
  const words = lines[line]?.words ?? []
  if (!words.length) return null
  const distances = words.map((word) => Math.abs(word.start - start))
  return { line, word: distances.indexOf(Math.min(...distances)) }
}

/**
 * @param {Line[]} lines
 * @param {Place} place
 * @returns {At}
 */
export const atOf = (lines, { line, word }) => ({ id: lines[line].id, start: lines[line].words[word].start })

/**
 * The next held word, from a place on, round the end; `step` is 1 or −1.
 * @param {Line[]} lines
 * @param {Place} from
 * @param {1 | -1} step
 */
export const nextHeld = (lines, from, step) => nextWord(lines, from, step, isUnsure)

/**
 * A word with what stands around it in its line, cut at words.
 * @param {Line} line
 * @param {number} from characters of its text
 * @param {number} to
 * @param {number} [most] characters on each side
 * @returns {{before: string, text: string, after: string}}
 */
export function around(line, from, to, most = AROUND) {
  const before = line.text.slice(0, from)
  const after = line.text.slice(to)
  const cutBefore = before.length > most ? before.slice(-most).replace(/^\S*\s/, '') : before
  const cutAfter = after.length > most ? after.slice(0, most).replace(/\s\S*$/, '') : after
  return {
    before: cutBefore.length < before.length ? `…${cutBefore}` : before,
    text: line.text.slice(from, to),
    after: cutAfter.length < after.length ? `${cutAfter}…` : after,
  }
}

/**
 * The characters of a word in its line.
 * @param {Line} line
 * @param {number} word
 * @param {number} [count] how many words
 * @returns {[from: number, to: number]}
 */
export function charactersOf(line, word, count = 1) {
  const begins = offsets(line)
  const last = Math.min(word + count, line.words.length) - 1
  return [begins[word], begins[last] + line.words[last].text.length]
}

/**
 * `lines` with something else written in a place of a line. All of it is confirmed, also a word of it that stays as it
 * was: who writes “but then” in the place of “but” stands behind both.
 * @param {Line[]} lines
 * @param {number} index
 * @param {number} from characters of its text
 * @param {number} to
 * @param {string} instead
 */
export function writtenOver(lines, index, from, to, instead) {
  const changed = setText(lines, index, spliced(lines[index].text, from, to, instead))
  const line = changed[index]
  if (!instead || changed === lines) return changed
  const first = wordAtOffset(line, from)
  return confirm(changed, [{ id: line.id, first, last: wordAtOffset(line, from + instead.length - 1) }], true)
}
