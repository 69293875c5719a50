/**
 * When a correction is offered to the account's lexicon. Modestly: names and terms, as far as they can be told by how they
 * are written. Pure.
 */

import { bareCode } from '../../lexicon.js'
import { bare } from '../model/words.js'
import { beginsSentence, changeOf } from './replacing.js'

/**
 * @import { EntryView } from '../../types.d.ts'
 * @import { Line } from '../model/lines.js'
 * @typedef {{text: string, heard: string, language: string}} Offer
 */

const LONGEST = 100 // letters of an entry: chalicelib/learning/lexicon.py
const LEAST = 3 // letters of a word that may be a name
/** Every noun has a capital there. */
const CAPITAL_NOUNS = new Set(['de', 'lb'])
const CAPITALS = /\p{Lu}/u
const CASED = /[\p{Lu}\p{Ll}]/u

/**
 * Whether what was written is a name or a term: a word with a capital that no sentence begins with, several words of which
 * one has a capital after the first, or a capital within a word. Where the script has no capitals, what was corrected the
 * same way in two places.
 * @param {string} text
 * @param {{isStart: boolean, times: number, language: string}} how whether a sentence begins with it; how often it was
 *   corrected so
 */
export function mayBeName(text, { isStart, times, language }) {
  const words = text.split(/\s+/).filter(Boolean)
  if (bare(text).length < (CASED.test(text) ? LEAST : 2) || text.length > LONGEST || words.length > 5) return false
  if (!CASED.test(text)) return times > 1
  if (words.some((word) => CAPITALS.test(word.slice(1)))) return true
  const later = words.slice(1).some((word) => CAPITALS.test(word))
  if (CAPITAL_NOUNS.has(language)) return later && CAPITALS.test(words[0])
  return later || (!isStart && CAPITALS.test(words[0]))
}

/**
 * Whether it is in the lexicon already.
 * @param {EntryView[]} lexicon
 * @param {{language: string, text: string}} entry `language` without its region
 */
export const isInLexicon = (lexicon, { language, text }) =>
  lexicon.some((one) => one.language === language && one.text.toLowerCase() === text.toLowerCase())

/**
 * What is offered after a correction; null where nothing is.
 * @param {Line} line as it stood before
 * @param {number} from the character of the line at which what was corrected begins
 * @param {string} was
 * @param {string} is
 * @param {{times: number, language: string | undefined, lexicon: EntryView[]}} known
 * @returns {Offer | null}
 */
export function offerFor(line, from, was, is, { times, language, lexicon }) {
  const change = changeOf(was, is)
  if (!language || !change.was || !change.is || bare(change.was) === bare(change.is)) return null
  const code = bareCode(language)
  if (isInLexicon(lexicon, { language: code, text: change.is }) || change.was.length > LONGEST) return null
  const isName = mayBeName(change.is, { isStart: beginsSentence(line, from), times, language: code })
  return isName ? { text: change.is, heard: change.was, language: code } : null
}
