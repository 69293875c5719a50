/** Two editions of a transcript, compared word by word: what was changed, added, left out, and who is said to speak. Pure. */

import { ascending, stretches } from './diff.js'

/**
 * @import { Stretch } from './diff.js'
 * @import { Line, Word } from './lines.js'
 */

/**
 * A piece of a line: what both say, what only the earlier one says ("out"), or only the later one ("in"). Its `text` begins
 * with the space before it. `difference` is the number of the difference that it belongs to, from 0.
 * @typedef {{kind: 'same' | 'out' | 'in', text: string, difference: number | null}} Piece
 */

/**
 * A line of the later edition, with what the earlier one has in its place; or one that only the earlier one has. `was` is who
 * spoke it there, if that is another; `change` the number of that difference.
 * @typedef {{start: number, speaker: string | null, was: string | null | undefined, change: number | null,
 *   pieces: Piece[]}} Row
 */

/**
 * A difference: in which row it stands, and from when to when (seconds) it can be heard.
 * @typedef {{row: number, start: number, end: number}} Difference
 * @typedef {{rows: Row[], differences: Difference[]}} Comparison
 */

/** @typedef {{word: Word, line: number, isFirst: boolean}} Placed a word with its line */

/**
 * What differs between two editions. Words that stand keep their times, whatever is corrected: so those that say the same at
 * the same time hold the two together, and only what lies between these is compared. Three hours of talk are quick.
 * @param {readonly Line[]} before
 * @param {readonly Line[]} after
 * @returns {Comparison}
 */
export function compare(before, after) {
  const maker = new Maker(before, after)
  const [old, now] = [placed(before), placed(after)]
  for (const part of parts(old, now)) {
    if (part.isSame) maker.same(old.slice(...part.some), now.slice(...part.other))
    else maker.changed(old.slice(...part.some), now.slice(...part.other), now[part.other[0]])
  }
  return maker.comparison
}

/**
 * Both lists of words in stretches, as `stretches` has them.
 * @param {Placed[]} old
 * @param {Placed[]} now
 * @returns {Stretch[]}
 */
function parts(old, now) {
  /** @type {Stretch[]} */
  const all = []
  let here = 0
  let there = 0
  const add = (/** @type {Stretch} */ one) => {
    const last = all.at(-1)
    if (last?.isSame !== one.isSame) all.push(one)
    else [last.some[1], last.other[1]] = [one.some[1], one.other[1]]
  }
  const upTo = (/** @type {number} */ left, /** @type {number} */ right) => {
    if (here === left && there === right) return
    if (here === left || there === right) {
      add({ isSame: false, some: [here, left], other: [there, right] })
      return
    }
    for (const part of stretches(old.slice(here, left), now.slice(there, right), ({ word }) => word.text))
      add({
        isSame: part.isSame,
        some: [here + part.some[0], here + part.some[1]],
        other: [there + part.other[0], there + part.other[1]],
      })
  }
  for (const [left, right] of anchors(old, now)) {
    upTo(left, right)
    add({ isSame: true, some: [left, left + 1], other: [right, right + 1] })
    here = left + 1
    there = right + 1
  }
  upTo(old.length, now.length)
  return all
}

/**
 * The places of words that are the same in both, at the same time, once in each: as many as stand in the same order.
 * @param {Placed[]} old
 * @param {Placed[]} now
 * @returns {[number, number][]}
 */
function anchors(old, now) {
  const places = new Map(uniques(now))
  const pairs = uniques(old).flatMap(([key, left]) => {
    const right = places.get(key)
    return right === undefined ? [] : [/** @type {[number, number]} */ ([left, right])]
  })
  return ascending(pairs)
}

/**
 * Each word by what it says and when, with its place, where there is no other like it.
 * @param {Placed[]} words
 * @returns {[string, number][]}
 */
function uniques(words) {
  /** @type {Map<string, number | null>} */
  const found = new Map()
  for (const [at, { word }] of words.entries()) {
    const key = `${word.start} ${word.text}`
    found.set(key, found.has(key) ? null : at)
  }
  return [...found].flatMap(([key, at]) => (at === null ? [] : [/** @type {[string, number]} */ ([key, at])]))
}

const NONE = -1 // no row has begun; below, it is one of a line that only the earlier edition has

class Maker {
  /** @type {Comparison} */
  comparison = { rows: [], differences: [] }
  /** @type {Row | null} */
  #row = null
  #line = NONE
  /** @type {number | null} the difference that goes on */
  #open = null
  /** @type {number | null} of the earlier edition: whose speaker the row has told */
  #told = null

  /**
   * @param {readonly Line[]} before
   * @param {readonly Line[]} after
   */
  constructor(before, after) {
    this.before = before
    this.after = after
  }

  /**
   * Words that both have.
   * @param {Placed[]} old
   * @param {Placed[]} now
   */
  same(old, now) {
    for (const [i, one] of now.entries()) {
      if (one.line !== this.#line) this.#begin(this.after[one.line], one.line)
      this.#open = null
      this.#put('same', one)
      if (old[i].line === this.#told) continue
      this.#told = old[i].line
      this.#speaks(this.before[old[i].line].speaker, this.after[one.line].speaker, one.word)
    }
  }

  /**
   * Words that only one of them has: `gone` from the earlier one, `come` into the later one, which goes on with `next`.
   * @param {Placed[]} gone
   * @param {Placed[]} come
   * @param {Placed | undefined} next
   */
  changed(gone, come, next) {
    /** @type {Map<number, number>} */
    const missing = new Map()
    for (const { line } of gone) missing.set(line, (missing.get(line) ?? 0) + 1)
    this.#open = null
    for (const one of gone) {
      const own = NONE - 1 - one.line
      const isWhole = !come.length && missing.get(one.line) === this.before[one.line].words.length
      if (isWhole) {
        if (this.#line !== own) this.#begin(this.before[one.line], own)
      } else if (next && next.line !== this.#line && (this.#line <= NONE || (one.isFirst && next.isFirst)))
        this.#begin(this.after[next.line], next.line)
      else if (this.#line <= NONE && this.#line !== own) this.#begin(this.before[one.line], own)
      this.#mark('out', one)
    }
    for (const one of come) {
      if (one.line !== this.#line) this.#begin(this.after[one.line], one.line)
      this.#mark('in', one)
    }
  }

  /**
   * @param {Line} line
   * @param {number} at
   */
  #begin(line, at) {
    this.#row = { start: line.start, speaker: line.speaker, was: undefined, change: null, pieces: [] }
    this.comparison.rows.push(this.#row)
    this.#line = at
    this.#told = null
    this.#open = null
  }

  /**
   * @param {'out' | 'in'} kind
   * @param {Placed} one
   */
  #mark(kind, one) {
    this.#open = this.#difference(this.#open, one.word)
    this.#put(kind, one)
  }

  /**
   * @param {Piece['kind']} kind
   * @param {Placed} one
   */
  #put(kind, { word, isFirst }) {
    const { pieces } = /** @type {Row} */ (this.#row)
    const last = pieces.at(-1)
    const text = last ? (isFirst ? ` ${word.text}` : word.space + word.text) : word.text
    if (last?.kind === kind && last.difference === this.#open) last.text += text
    else pieces.push({ kind, text, difference: this.#open })
  }

  /**
   * The number of the difference that a word belongs to: the one that is `open`, or a new one.
   * @param {number | null} open
   * @param {Word} word
   */
  #difference(open, word) {
    const { rows, differences } = this.comparison
    const last = open === null ? undefined : differences[open]
    if (last && last.row === rows.length - 1) {
      last.start = Math.min(last.start, word.start)
      last.end = Math.max(last.end, word.end)
      return open
    }
    return differences.push({ row: rows.length - 1, start: word.start, end: word.end }) - 1
  }

  /**
   * Note that somebody else is said to speak the row.
   * @param {string | null} was
   * @param {string | null} speaker
   * @param {Word} word from which on
   */
  #speaks(was, speaker, word) {
    const row = /** @type {Row} */ (this.#row)
    if (was === speaker || row.was !== undefined) return
    row.was = was
    const { rows, differences } = this.comparison
    row.change = differences.push({ row: rows.length - 1, start: word.start, end: word.end }) - 1
  }
}

/**
 * The words of all lines.
 * @param {readonly Line[]} lines
 * @returns {Placed[]}
 */
function placed(lines) {
  return lines.flatMap(({ words }, line) => words.map((word, i) => ({ word, line, isFirst: i === 0 })))
}
