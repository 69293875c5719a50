/**
 * Words and how they are written: where a text falls into words, and where two lines that are joined need a space.
 */

/**
 * A spoken word. Times in seconds from the start of the recording, `confidence` from 0 to 1; `text` has its
 * punctuation; `space` is what stands before it in its line: a space of whatever kind, several, or none. It is `confirmed`
 * where somebody stands behind it: who and when says its `confirmation`, which is missing of what was confirmed here and
 * was not fetched again since. `heard` is what was heard where a rule that was learnt has written something else;
 * `alternatives` are what else an uncertain word was taken for.
 * @typedef {{by: string, at: number}} Confirmation an account's id; seconds since the epoch
 * @typedef {{start: number, end: number, text: string, confidence: number, space: string, confirmed: boolean,
 *   confirmation?: Confirmation, heard?: string, alternatives?: string[]}} Word
 */

/** Below this confidence a word is marked as uncertain. */
export const UNSURE_BELOW = 0.6

const SPACELESS =
  /[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u2e80-\u312f\u31a0-\u9fff\uf900-\ufaff\uff01-\uff9f\u{20000}-\u{3ffff}]/u
const MARKS_ONLY = /^\p{P}+$/u
const MARKS = /\p{P}+/gu
const WIDE_LETTER = /[\p{L}\p{M}]/u

/**
 * Whether `char` belongs to a script that writes words without spaces between them.
 * @param {string} char
 */
export function isSpaceless(char) {
  return SPACELESS.test(char)
}

/**
 * Whether a space has to be written between two lines that are joined, by their scripts; false where one of them is empty
 * or has a space there.
 * @param {string} before
 * @param {string} after
 */
export function isSpaced(before, after) {
  const left = lastChar(before)
  const right = firstChar(after)
  if (!left.trim() || !right.trim()) return false
  const leftWide = isSpaceless(left)
  const rightWide = isSpaceless(right)
  if (leftWide === rightWide) return !leftWide
  const [wide, other] = leftWide ? [left, right] : [right, left]
  return !/\p{Nd}/u.test(other) && WIDE_LETTER.test(wide)
}

/**
 * Whether a word is one that the engine was not sure of, and nobody else is.
 * @param {Word} word
 */
export function isUnsure(word) {
  return word.confidence < UNSURE_BELOW && !word.confirmed
}

/**
 * A word as somebody who writes it here stands behind it: nothing that others said of it is left.
 * @param {Word} word
 * @returns {Word}
 */
export function byHand({ start, end, text, confidence, space }) {
  return { start, end, text, confidence, space, confirmed: true }
}

/**
 * The word without its punctuation and capitals: what makes two words the same.
 * @param {string} text
 */
export function bare(text) {
  return text.replace(MARKS, '').toLowerCase()
}

/**
 * `text` in pieces as the service cuts it: at spaces, and between the letters of scripts without spaces. Marks stand
 * with the piece before them.
 * @param {string} text
 * @returns {{text: string, at: number}[]} `at`: where the piece begins in `text`
 */
export function pieces(text) {
  /** @type {{text: string, at: number}[]} */
  const found = []
  for (const match of text.matchAll(/\S+/g)) {
    let fresh = true
    for (const [piece, at] of letters(match[0])) {
      const last = found.at(-1)
      if (MARKS_ONLY.test(piece) && last && !fresh) {
        last.text += piece
      } else {
        found.push({ text: piece, at: match.index + at })
      }
      fresh = false
    }
  }
  return found
}

/**
 * @param {string} token
 * @returns {Generator<[letter: string, at: number]>}
 */
function* letters(token) {
  let start = 0
  let at = 0
  let before = ''
  for (const char of token) {
    const isCut = at > 0 && (isSpaceless(before) || isSpaceless(char)) && !/\p{M}/u.test(char)
    if (isCut) {
      yield [token.slice(start, at), start]
      start = at
    }
    at += char.length
    before = char
  }
  yield [token.slice(start), start]
}

/**
 * Words as running text.
 * @param {Word[]} words
 */
export function written(words) {
  return words.map((word, i) => (i ? word.space + word.text : word.text)).join('')
}

/**
 * Words of `found` (pieces) that share the time from `start` to `end`, each as much as it is long. They count as certain, and
 * confirmed: somebody wrote them.
 * @param {{text: string}[]} found
 * @param {number} start
 * @param {number} end
 * @returns {Word[]}
 */
export function spread(found, start, end) {
  const total = found.reduce((sum, piece) => sum + piece.text.length, 0)
  let passed = 0
  return found.map((piece) => {
    const begins = start + ((end - start) * passed) / total
    passed += piece.text.length
    const ends = start + ((end - start) * passed) / total
    return { start: begins, end: ends, text: piece.text, confidence: 1, space: '', confirmed: true }
  })
}

/** @param {string} text */
function firstChar(text) {
  return text ? String.fromCodePoint(Number(text.codePointAt(0))) : ''
}

/** @param {string} text */
function lastChar(text) {
  if (!text) return ''
  const low = text.charCodeAt(text.length - 1)
  const isPair = low >= 0xdc00 && low <= 0xdfff && text.length > 1
  return text.slice(isPair ? -2 : -1)
}
