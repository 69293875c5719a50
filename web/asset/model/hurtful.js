/** What was marked as hurtful: places in time or on pages, and the words of lines that they mark. Pure. */

import { bare, isSpaceless, pieces } from './words.js'

/**
 * @import { PassageView } from '../../types.d.ts'
 * @import { Line, Word } from './lines.js'
 * @typedef {{kind: string, score: number}} Kind of what sort, and how sure it is (0 to 1)
 * @typedef {{start: number, end: number, page?: number, text: string, kinds: Kind[]}} Place
 * @typedef {{first: number, last: number, words: Set<number>, place: Place}} Stretch words of a line, by their numbers
 */

const SLACK = 0.02 // seconds by which times may be rounded

/**
 * The places, in order. What lies within another, and in its words, is a reason more for that.
 * @param {PassageView[]} passages
 * @returns {Place[]}
 */
export function placesOf(passages) {
  const widest = passages
    .map(({ start = 0, end = start, page, text, label, confidence = 1 }) => ({
      start,
      end,
      page,
      text,
      kinds: [{ kind: label ?? 'toxic', score: confidence }],
    }))
    .sort(
      (a, b) => (a.page ?? 0) - (b.page ?? 0) || a.start - b.start || b.end - a.end || b.text.length - a.text.length,
    )
  /** @type {Place[]} */
  const places = []
  for (const one of widest) {
    const around = places.findLast(
      (place) => place.page === one.page && place.end + SLACK >= one.end && place.text.includes(one.text),
    )
    if (around) around.kinds = merged([...around.kinds, ...one.kinds])
    else places.push(one)
  }
  return places
}

/**
 * Each kind once, the surest first.
 * @param {Kind[]} kinds
 */
function merged(kinds) {
  const surest = [...kinds].sort((a, b) => b.score - a.score)
  return surest.filter(({ kind }, i) => surest.findIndex((one) => one.kind === kind) === i)
}

/** The places of a recording, and which words of its lines they mark, whatever became of these since. */
export class Hurtful {
  /** @type {WeakMap<Line, Stretch[]>} */
  #found = new WeakMap()
  /** @type {Map<Place, (text: string) => boolean>} */
  #tests = new Map()

  /** @param {Place[]} places */
  constructor(places) {
    this.places = places
  }

  /**
   * What is marked in a line: words that are said in the time of a place, and are its words still. If most of them were
   * changed, so was what was meant.
   * @param {Line} line
   * @returns {Stretch[]}
   */
  in(line) {
    let found = this.#found.get(line)
    if (!found) {
      found = this.places.flatMap((place) => this.#stretch(line, place) ?? [])
      this.#found.set(line, found)
    }
    return found
  }

  /**
   * The places that still mark something in `lines`, each with the line of its first word.
   * @param {Line[]} lines
   */
  shown(lines) {
    /** @type {Map<Place, {place: Place, line: number, stretch: Stretch}>} */
    const shown = new Map()
    lines.forEach((line, i) => {
      for (const stretch of this.in(line))
        if (!shown.has(stretch.place)) shown.set(stretch.place, { place: stretch.place, line: i, stretch })
    })
    return [...shown.values()]
  }

  /**
   * @param {Line} line
   * @param {Place} place
   */
  #stretch(line, place) {
    if (place.start > line.end + SLACK || place.end < line.start - SLACK) return null
    const within = [...line.words.keys()].filter((i) => isWithin(line.words[i], place))
    const words = within.filter((i) => this.#test(place)(line.words[i].text))
    if (!words.length || words.length * 2 < within.length) return null
    return { first: words[0], last: words[words.length - 1], words: new Set(words), place }
  }

  /** @param {Place} place */
  #test(place) {
    let test = this.#tests.get(place)
    if (!test) {
      const known = new Set(pieces(place.text).map((piece) => bare(piece.text)))
      const whole = bare(place.text).replace(/\s+/g, '')
      test = (text) => {
        const word = bare(text)
        return word !== '' && (known.has(word) || (isSpaceless(word) && whole.includes(word)))
      }
      this.#tests.set(place, test)
    }
    return test
  }
}

/** @param {Word} word @param {Place} place */
const isWithin = (word, place) => word.start >= place.start - SLACK && word.end <= place.end + SLACK
