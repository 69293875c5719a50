/**
 * Texts as they are looked for: however they were typed, they are found. `chalicelib/domain/folding.py` is the same for the
 * API, and says what does not count; both are held to `tests/data/folding.json`.
 */

/** Each of `signs`, and what it stands for. @type {(signs: string, one: string) => [string, string][]} */
const each = (signs, one) => Array.from(signs, (sign) => [sign, one])

/** Signs that keyboards write in several ways. */
const SPELLINGS = new Map([
  ...each('\u02bb\u02bc\u2018\u2019\u201b', "'"),
  ...each('\u201c\u201d\u201e\u201f', '"'),
  ['\u2044', '/'],
  ['\u064a', '\u06cc'],
  ['\u0643', '\u06a9'],
  ...each('\u2010\u2012\u2013\u2014\u2212', '-'),
])

/** Letters whose accent, as most people would call it, Unicode does not take off. */
const STROKES = new Map(Object.entries({ đ: 'd', ħ: 'h', ł: 'l', ø: 'o', ŧ: 't', æ: 'ae', œ: 'oe' }))

/** Of Latin, Greek and Cyrillic letters, of Hebrew and Arabic; not the marks of other scripts, which are vowels. */
const ACCENTS =
  /[\u0300-\u036f\u1ab0-\u1aff\u1dc0-\u1dff\u20d0-\u20ff\u0591-\u05bd\u05bf\u05c1\u05c2\u05c4\u05c5\u05c7\u0640\u064b-\u065f\u0670]/

/** Signs that nobody sees, and those that choose between the drawings of a character. */
const UNSEEN = /\p{Cf}|[\ufe00-\ufe0f]|[\u{e0100}-\u{e01ef}]/u

/** The shortest pieces that fold to the same alone as beside others: with marks, and with the parts of Hangul. */
const CLUSTERS = /.[\p{M}\p{Cf}\u0640\u1160-\u11ff\u3133\u3135\u3136\u313a-\u3140\u314f-\u3163\uff9e-\uffdc]*/gsu

/** @type {Map<string, string>} */
const letters = new Map()

/** @param {string} letter */
function foldLetter(letter) {
  if (UNSEEN.test(letter) || ACCENTS.test(letter)) return ''
  if (/[\s\p{Cc}]/u.test(letter)) return ' '
  // There and back: ẞ becomes ß, which has no capital but SS; σ and ς have the same.
  const small = Array.from(letter.toLowerCase().toUpperCase(), (one) => one.toLowerCase()).join('')
  return SPELLINGS.get(letter) ?? STROKES.get(small) ?? small
}

/** @param {string} text */
function foldLetters(text) {
  let folded = ''
  for (const letter of text.normalize('NFKD')) {
    if (!letters.has(letter)) letters.set(letter, foldLetter(letter))
    folded += letters.get(letter)
  }
  return folded.normalize('NFC')
}

/** @param {string} text */
const isPlain = (text) => /^[\x20-\x7e]*$/.test(text)

/** `text` as it is looked for, without spaces around it. @param {string} text */
export function fold(text) {
  const folded = isPlain(text) ? text.toLowerCase() : foldLetters(text)
  return folded.replace(/ +/g, ' ').replace(/^ | $/g, '')
}

/**
 * A text as it is looked into, and where each of its characters stands in the text (`places`; null: where it stood).
 * Most lines are plain ASCII, and folding those takes no time, so that the first letter of a search does not stutter.
 * @param {string} text
 * @returns {Folded}
 */
export function foldInPlace(text) {
  if (isPlain(text) && !/^ | $| {2}/.test(text)) return { folded: text.toLowerCase(), places: null }
  let folded = ''
  /** @type {number[]} */
  const places = []
  for (const { 0: cluster, index } of text.matchAll(CLUSTERS)) {
    for (const one of foldLetters(cluster)) {
      if (one === ' ' && (folded.endsWith(' ') || !folded)) continue
      folded += one
      for (let i = 0; i < one.length; i += 1) places.push(index)
    }
  }
  if (!folded.endsWith(' ')) return { folded, places: [...places, text.length] }
  return { folded: folded.slice(0, -1), places }
}

/**
 * @typedef {{folded: string, places: number[] | null}} Folded
 * @typedef {[from: number, to: number]} Found in characters of the text itself
 *
 * What looks for `wanted`. Where one word ends and the next begins does not count: not all scripts have spaces.
 * @param {string} wanted
 * @returns {(text: Folded) => Found[]} the places in a folded text
 */
export function finder(wanted) {
  const words = fold(wanted).split(' ').filter(Boolean)
  if (words.length === 0) return () => []
  const pattern = new RegExp(words.map((word) => word.replace(/[.*+?^${}()|[\]\\]/g, '\\$&')).join(' ?'), 'g')
  return ({ folded, places }) =>
    Array.from(folded.matchAll(pattern), ({ 0: found, index }) => {
      const end = index + found.length
      if (!places) return [index, end]
      let after = end
      while (places[after] === places[end - 1]) after += 1
      return [places[index], places[after]]
    })
}
