/**
 * The lines of a transcript, as values that never change: each edit makes new ones and leaves the others as they are,
 * so that undo is a list of former values and a view sees by identity what it has to draw anew.
 */

import { bare, byHand, isSpaced, isSpaceless, pieces, spread, written } from './words.js'

/** @import { ConfirmationView, LineView } from '../../types.d.ts' */

/**
 * A line: what one speaker says, up to where the next line begins. `id` stays while the line is edited; `text` is
 * what is shown and saved, `words` are the same text in pieces with their times.
 * @typedef {import("./words.js").Word} Word
 * @typedef {{id: number, start: number, end: number, speaker: string | null, text: string, words: Word[]}} Line
 */

let lastId = 0

/** An id that no line has. */
export const freshId = () => ++lastId

/**
 * The lines of `GET …/lines` as `Line`s. Where there are none, an empty one, so that there is a place to write.
 * @param {{lines: LineView[], confirmations?: ConfirmationView[]}} answer
 * @returns {Line[]}
 */
export function fromApi(answer) {
  /** @type {LineView[]} */
  const lines = answer.lines.length ? answer.lines : [{ start: 0, end: 0, words: [] }]
  return lines.map((line) => {
    const confirmed = new Set(line.confirmed)
    const confirmations = confirmationsOf(line, answer.confirmations ?? [])
    const words = line.words.map(([start, end, text, confidence, space], i) => {
      /** @type {Word} */
      const word = { start, end, text, confidence, space, confirmed: confirmed.has(i) }
      const confirmation = confirmations.get(i)
      if (confirmation) word.confirmation = confirmation
      if (line.heard?.[i] !== undefined) word.heard = line.heard[i]
      if (line.alternatives?.[i]) word.alternatives = line.alternatives[i]
      return word
    })
    return {
      id: freshId(),
      start: line.start,
      end: line.end,
      speaker: line.speaker ?? null,
      text: written(words),
      words,
    }
  })
}

/**
 * Who confirmed the words of a line, by their numbers.
 * @param {LineView} line
 * @param {ConfirmationView[]} known
 */
function confirmationsOf({ confirmed = [], confirmed_by: runs = [] }, known) {
  const each = runs.flatMap(([which, count]) => Array(count).fill(known[which]))
  return new Map(confirmed.map((word, at) => [word, each[at]]))
}

/**
 * What `PUT …/transcript` wants of `lines`; a line that was emptied is left out.
 * @param {Line[]} lines
 */
export function toApi(lines) {
  return lines
    .filter(hasText)
    .map(({ text, speaker }) => (speaker ? { text: text.trim(), speaker } : { text: text.trim() }))
}

/**
 * The text of those of `lines` that are not as they were saved, to be taken elsewhere.
 * @param {Line[]} lines
 * @param {Line[]} saved
 */
export function unsavedText(lines, saved) {
  const known = new Map(saved.map((line) => [line.id, line]))
  const isNew = (/** @type {Line} */ { id, text, speaker }) =>
    known.get(id)?.text !== text || known.get(id)?.speaker !== speaker
  const texts = lines.filter((line) => hasText(line) && isNew(line)).map(({ text }) => text.trim())
  return texts.join('\n')
}

/** @param {Line} line */
function hasText(line) {
  return line.text.trim() !== ''
}

/** @type {WeakMap<Line, number[]>} */
const offsetsOf = new WeakMap()

/**
 * Where each word of `line` begins in its text.
 * @param {Line} line
 */
export function offsets(line) {
  let found = offsetsOf.get(line)
  if (!found) {
    let at = 0
    found = line.words.map((word) => {
      const place = line.text.indexOf(word.text, at)
      const begins = place < 0 ? at : place
      at = begins + word.text.length
      return begins
    })
    offsetsOf.set(line, found)
  }
  return found
}

/**
 * The index of the word at the character `offset` of `line`; the one before where a space is; -1 if it has none.
 * @param {Line} line
 * @param {number} offset
 */
export function wordAtOffset(line, offset) {
  const begins = offsets(line)
  let word = begins.length - 1
  while (word > 0 && begins[word] > offset) word -= 1
  return word
}

/**
 * Whether two lists of lines have the same text and speakers, and the same words confirmed; empty lines do not count.
 * @param {Line[]} lines
 * @param {Line[]} others
 */
export function isSame(lines, others) {
  if (lines === others) return true
  const some = lines.filter(hasText)
  const rest = others.filter(hasText)
  return some.length === rest.length && some.every((line, i) => line === rest[i] || isSameLine(line, rest[i]))
}

/**
 * @param {Line} line
 * @param {Line} other
 */
function isSameLine(line, other) {
  const { text, speaker, words } = line
  return (
    text === other.text &&
    speaker === other.speaker &&
    words.length === other.words.length &&
    words.every(({ confirmed }, i) => confirmed === other.words[i].confirmed)
  )
}

/**
 * `line` with another text: words that stand keep their times, the others share those of what they replace.
 * @param {Line} line
 * @param {string} text
 * @returns {Line}
 */
export function withText(line, text) {
  if (text === line.text) return line
  const old = line.words
  let head = 0
  let from = 0
  for (; head < old.length; head += 1) {
    const at = skipSpace(text, from)
    const ends = at + old[head].text.length
    if (!text.startsWith(old[head].text, at) || !isBoundary(text, ends)) break
    from = ends
  }
  let tail = 0
  let to = text.length
  for (; tail < old.length - head; tail += 1) {
    const word = old[old.length - 1 - tail]
    const ends = skipSpaceBack(text, to)
    const at = ends - word.text.length
    if (at < from || !text.startsWith(word.text, at) || !isBoundary(text, at)) break
    to = at
  }
  const replaced = old.slice(head, old.length - tail)
  const kept = old.slice(old.length - tail)
  const before = old[head - 1]?.end ?? line.start
  const after = kept[0]?.start ?? Math.max(line.end, before)
  const found = pieces(text.slice(from, to))
  let fresh
  if (found.length === replaced.length) {
    fresh = found.map((piece, i) => {
      if (piece.text === replaced[i].text) return replaced[i]
      const word = byHand(replaced[i]) // who writes a word stands behind it
      const confidence = bare(piece.text) === bare(word.text) ? word.confidence : 1
      return { ...word, text: piece.text, confidence }
    })
  } else {
    fresh = spread(found, replaced[0]?.start ?? before, replaced.at(-1)?.end ?? after)
  }
  return { ...line, text, words: respaced(text, [...old.slice(0, head), ...fresh, ...kept]) }
}

/**
 * `lines` with the text of line `index` changed. The same list if it has that text already.
 * @param {Line[]} lines
 * @param {number} index
 * @param {string} text
 */
export function setText(lines, index, text) {
  const line = withText(lines[index], text)
  return line === lines[index] ? lines : replaced(lines, index, 1, line)
}

/**
 * `lines` with line `index` in two, before the character `offset`: at its end, an empty line to write in. The same list
 * if there is nothing before.
 * @param {Line[]} lines
 * @param {number} index
 * @param {number} offset
 */
export function splitAt(lines, index, offset) {
  const line = lines[index]
  const left = line.text.slice(0, offset).trimEnd()
  const right = line.text.slice(offset).trimStart()
  if (!left.trim()) return lines
  const begins = offsets(line)
  /** @type {Word[]} */
  const before = []
  /** @type {Word[]} */
  const after = []
  line.words.forEach((word, i) => {
    const cut = offset - begins[i]
    if (cut >= word.text.length) {
      before.push(word)
    } else if (cut <= 0) {
      after.push(after.length ? word : { ...word, space: '' })
    } else {
      const whole = byHand(word)
      const middle = word.start + ((word.end - word.start) * cut) / word.text.length
      before.push({ ...whole, text: word.text.slice(0, cut), end: middle })
      after.push({ ...whole, text: word.text.slice(cut), start: middle, space: '' })
    }
  })
  const middle = after[0]?.start ?? line.end
  return replaced(
    lines,
    index,
    1,
    { ...line, end: before.at(-1)?.end ?? middle, text: left, words: before },
    { ...line, id: freshId(), start: middle, text: right, words: after },
  )
}

/**
 * `lines` with line `index` joined to the one before it, whose speaker says both.
 * @param {Line[]} lines
 * @param {number} index
 * @returns {{lines: Line[], offset: number}} `offset`: where the joined text begins; the same list if there is no
 *   line before
 */
export function joinBefore(lines, index) {
  const before = lines[index - 1]
  const line = lines[index]
  if (!before || !line) return { lines, offset: 0 }
  const space = isSpaced(before.text, line.text) ? ' ' : ''
  const text = before.text + space + line.text
  const words = respaced(text, [...before.words, ...line.words])
  const joined = { ...before, end: Math.max(before.end, line.end), text, words }
  return { lines: replaced(lines, index - 1, 2, joined), offset: text.length - line.text.length }
}

/**
 * Give `lines` the words and times that the service found for them.
 *
 * The service may cut lines elsewhere and words finer than this page, so the letters are what is compared: they are
 * the same, and each line takes the words that begin in it.
 * @param {Line[]} lines as they are now: those that were changed since they were sent keep what they have
 * @param {Line[]} sent as they were when they were saved
 * @param {Line[]} answered what the service made of them
 * @returns {Line[] | null} null if the letters differ
 */
export function adopt(lines, sent, answered) {
  const want = sent.map((line) => squeezed(line.text))
  const words = answered.flatMap((line) => line.words)
  const got = words.map((word) => squeezed(word.text))
  if (want.join('') !== got.join('')) return null
  const found = new Map()
  let next = 0
  let passed = 0 // letters of the words so far
  let ends = 0 // letters of the lines so far
  sent.forEach((line, i) => {
    ends += want[i].length
    /** @type {Word[]} */
    const own = []
    while (next < words.length && passed < ends) {
      own.push(words[next])
      passed += got[next].length
      next += 1
    }
    // A word that reaches over the end of the line was written together from two: the times stay as they were.
    found.set(line.id, { line, words: passed > ends ? null : own })
  })
  return lines.map((line) => {
    const hit = found.get(line.id)
    if (!hit?.words?.length || hit.line.text !== line.text) return line
    const own = respaced(line.text, hit.words)
    if (isSameWords(own, line.words)) return line
    return { ...line, start: own[0].start, end: Math.max(...own.map((word) => word.end)), words: own }
  })
}

/**
 * `words`, each with the space that stands before it in `text`.
 * @param {string} text
 * @param {Word[]} words
 */
function respaced(text, words) {
  let at = 0
  return words.map((word) => {
    const place = text.indexOf(word.text, at)
    if (place < 0) return word
    const space = at ? text.slice(skipSpaceBack(text, place), place) : ''
    at = place + word.text.length
    return word.space === space ? word : { ...word, space }
  })
}

/**
 * @param {Word[]} some
 * @param {Word[]} others
 */
function isSameWords(some, others) {
  return (
    some.length === others.length &&
    some.every((word, i) => {
      const other = others[i]
      return (
        word.start === other.start &&
        word.end === other.end &&
        word.text === other.text &&
        word.space === other.space &&
        word.confidence === other.confidence &&
        word.confirmed === other.confirmed &&
        word.confirmation?.by === other.confirmation?.by &&
        word.confirmation?.at === other.confirmation?.at &&
        word.heard === other.heard
      )
    })
  )
}

/** @param {string} text */
function squeezed(text) {
  return text.normalize('NFC').replace(/\s+/g, '')
}

/**
 * @param {Line[]} lines
 * @param {number} at
 * @param {number} many
 * @param {Line[]} instead
 */
function replaced(lines, at, many, ...instead) {
  return [...lines.slice(0, at), ...instead, ...lines.slice(at + many)]
}

/**
 * @param {string} text
 * @param {number} at
 */
function isBoundary(text, at) {
  if (at <= 0 || at >= text.length || /\s/.test(text[at]) || /\s/.test(text[at - 1])) return true
  return /[\p{L}\p{N}]/u.test(text[at]) && (isSpaceless(text[at - 1]) || isSpaceless(text[at]))
}

/**
 * @param {string} text
 * @param {number} at
 */
function skipSpace(text, at) {
  while (at < text.length && /\s/.test(text[at])) at += 1
  return at
}

/**
 * @param {string} text
 * @param {number} at
 */
function skipSpaceBack(text, at) {
  while (at > 0 && /\s/.test(text[at - 1])) at -= 1
  return at
}
