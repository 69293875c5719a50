/**
 * Find and replace through a recording: where something stands, by word or phrase, and what is written there instead.
 * Words that are replaced keep their times, and count as confirmed, as when they are typed. Pure.
 */

import { foldInPlace } from '../../folding.js'
import { offsets, setText } from '../model/lines.js'
import { isSpaceless } from '../model/words.js'

/**
 * @import { Folded } from '../../folding.js'
 * @import { Line } from '../model/lines.js'
 * @typedef {{isWhole: boolean, matchCase: boolean, matchAccents: boolean}} Matching whether only whole words are meant,
 *   and whether capitals and accents count
 * @typedef {{id: number, line: number, from: number, to: number, start: number, end: number, isConfirmed: boolean}} Found
 *   characters of a line (its id and its index), with the time of its words in seconds; whether somebody stands behind
 *   all of them
 */

const LETTER = /[\p{L}\p{N}\p{M}]/u
const CLUSTERS = /.\p{M}*/gsu
/** What belongs to no word: marks at its ends, and a possessive. */
const PARTS = /^(\p{P}*)(.*?)((?:['’]s)?\p{P}*)$/su
const APOSTROPHES = /[‘’ʼ]/g

/**
 * @param {string} text
 * @param {Matching} matching
 * @returns {Folded}
 */
function folded(text, { matchCase, matchAccents }) {
  if (!matchCase && !matchAccents) return foldInPlace(text)
  let all = ''
  /** @type {number[]} */
  const places = []
  for (const { 0: cluster, index } of text.matchAll(CLUSTERS)) {
    let one = cluster.replace(APOSTROPHES, "'").replace(/\s/, ' ')
    one = matchAccents
      ? one.normalize('NFC')
      : one
          .normalize('NFD')
          .replace(/[\u0300-\u036f]/g, '')
          .normalize('NFC')
    if (!matchCase) one = one.toLowerCase()
    all += one
    for (let i = 0; i < one.length; i += 1) places.push(index)
  }
  return { folded: all, places: [...places, text.length] }
}

/**
 * @param {string} text
 * @param {number} at
 */
function isEdge(text, at) {
  if (at <= 0 || at >= text.length) return true
  const before = String.fromCodePoint(text.codePointAt(at - (/[\udc00-\udfff]/.test(text[at - 1]) ? 2 : 1)) ?? 0)
  const after = String.fromCodePoint(text.codePointAt(at) ?? 0)
  if (!LETTER.test(before) || !LETTER.test(after)) return true
  return isSpaceless(before) || isSpaceless(after)
}

/**
 * Where `wanted` stands.
 * @param {Line[]} lines
 * @param {string} wanted a word, a phrase, or a part of one
 * @param {Matching} matching
 * @returns {Found[]}
 */
export function placesOf(lines, wanted, matching) {
  const words = folded(wanted.trim(), matching).folded.split(' ').filter(Boolean)
  if (!words.length) return []
  // Where one word ends and the next begins does not count: not all scripts have spaces.
  const pattern = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join(' ?'), 'gu')
  return lines.flatMap((line, index) => {
    const { folded: text, places } = folded(line.text, matching)
    return Array.from(text.matchAll(pattern), (match) => {
      const end = match.index + match[0].length
      if (!places) return [match.index, end]
      let after = end
      while (places[after] === places[end - 1]) after += 1
      return [places[match.index], places[after]]
    })
      .filter(([from, to]) => !matching.isWhole || (isEdge(line.text, from) && isEdge(line.text, to)))
      .map(([from, to]) => foundAt(line, index, from, to))
  })
}

/**
 * @param {Line} line
 * @param {number} index
 * @param {number} from
 * @param {number} to
 * @returns {Found}
 */
function foundAt(line, index, from, to) {
  const begins = offsets(line)
  const words = line.words.filter(({ text }, i) => begins[i] < to && begins[i] + text.length > from)
  return {
    id: line.id,
    line: index,
    from,
    to,
    start: words[0]?.start ?? line.start,
    end: words.at(-1)?.end ?? line.end,
    isConfirmed: words.length > 0 && words.every(({ confirmed }) => confirmed),
  }
}

/**
 * What is written at a place: as it was given, with a capital where the place has one and what was looked for has none;
 * and without one the other way round, where `follows` says that its capital is only that of a sentence.
 * @param {string} was what stands there
 * @param {string} wanted what was looked for
 * @param {string} instead
 * @param {boolean} [follows]
 */
export function writtenAt(was, wanted, instead, follows = false) {
  const [there] = was
  const [asked] = wanted.trim()
  const [first] = instead
  if (!there || !first || !asked) return instead
  if (isCapital(there) && !isCapital(asked)) return first.toUpperCase() + instead.slice(first.length)
  if (follows && !isCapital(there) && isCapital(asked)) return first.toLowerCase() + instead.slice(first.length)
  return instead
}

/** @param {string} letter */
const isCapital = (letter) => letter !== letter.toLowerCase()

/**
 * `lines` with something else at these places, each replaced by itself, so that what stands between keeps its times.
 * @param {Line[]} lines
 * @param {Found[]} chosen
 * @param {string} wanted
 * @param {string} instead
 * @param {boolean} [follows]
 */
export function replaceAt(lines, chosen, wanted, instead, follows = false) {
  const backwards = [...chosen].sort((a, b) => a.line - b.line || b.from - a.from)
  return backwards.reduce((changed, { line, from, to }) => {
    const { text } = changed[line]
    return setText(changed, line, spliced(text, from, to, writtenAt(text.slice(from, to), wanted, instead, follows)))
  }, lines)
}

/**
 * `text` with something else in a place; of what is taken out no space is left.
 * @param {string} text
 * @param {number} from
 * @param {number} to
 * @param {string} instead
 */
export function spliced(text, from, to, instead) {
  if (instead) return text.slice(0, from) + instead + text.slice(to)
  const [before, after] = [text.slice(0, from), text.slice(to)]
  if (!before.trim()) return after.trimStart()
  return /\s$/.test(before) && /^(\s|$)/.test(after) ? before.trimEnd() + after : before + after
}

/**
 * A word, or several, without the marks around them.
 * @param {string} text
 * @returns {{lead: string, core: string, tail: string}} all of it is the core where it is nothing but marks
 */
export function partsOf(text) {
  const [, lead = '', core = '', tail = ''] = /^(\p{P}*)(.*?)(\p{P}*)$/su.exec(text) ?? []
  return core ? { lead, core, tail } : { lead: '', core: text, tail: '' }
}

/**
 * What somebody wrote in the place of a core, with the marks that were around it: unless they wrote marks of their own there.
 * @param {{lead: string, core: string, tail: string}} parts
 * @param {string} typed
 */
export function redressed({ lead, core, tail }, typed) {
  if (!typed || typed === core) return typed && lead + core + tail
  return (/^\p{P}/u.test(typed) ? '' : lead) + typed + (/\p{P}$/u.test(typed) ? '' : tail)
}

/**
 * What two ways to write a word differ in, without the marks and the possessive that both have.
 * @param {string} was
 * @param {string} is
 */
export function changeOf(was, is) {
  const parts = (/** @type {string} */ text) => PARTS.exec(text.trim()) ?? ['', '', text, '']
  const [, , wasCore, wasTail] = parts(was)
  const [, , isCore, isTail] = parts(is)
  if (isPossessive(wasTail) === isPossessive(isTail)) return { was: wasCore, is: isCore }
  const whole = (/** @type {string} */ core, /** @type {string} */ tail) => core + (/^['’]s/.exec(tail)?.[0] ?? '')
  return { was: whole(wasCore, wasTail), is: whole(isCore, isTail) }
}

/** @param {string} tail */
const isPossessive = (tail) => /^['’]s/.test(tail)

/**
 * Whether a sentence begins at a character of a line.
 * @param {Line} line
 * @param {number} at
 */
export const beginsSentence = (line, at) => /(^|[.?!…。？！]["'”’»)\]]*\s*)["'“‘«([¿¡]*$/u.test(line.text.slice(0, at))
