/**
 * Three texts of a transcript become one: what both began from, mine and theirs. What only one side has changed is taken as
 * that side has it, word by word; where both have changed the same words in different ways, a person decides. Pure.
 */

import { edits, groups, growth, keyOf, tokensOf } from './changes.js'
import { freshId } from './lines.js'
import { isSpaced, written } from './words.js'

/**
 * @import { Group, Token } from './changes.js'
 * @import { Line, Word } from './lines.js'
 * @typedef {'mine' | 'theirs' | 'both'} Choice
 */

/**
 * A place where both sides have changed the same: words, or who says a line. `before` and `after` are the words around it in
 * its line, or how that begins; `start` and `end` (seconds) say where it is heard; `count` is how many lines are meant.
 * @typedef {{kind: 'words', before: string, after: string, base: string, mine: string, theirs: string, start: number,
 *   end: number}} WordsPlace
 * @typedef {{kind: 'speaker', base: string | null, mine: string | null, theirs: string | null, before: string,
 *   count: number, start: number, end: number}} SpeakerPlace
 * @typedef {WordsPlace | SpeakerPlace} Place
 */

/**
 * A word of the result. `own` is mine of the same, if there is one; `source` says whose place in a line it has.
 * @typedef {{word: Word, isFirst: boolean, speaker: Speaker, own: Token | null, source: Token}} Merged
 *
 * Who says it: a name, or three that a person has to choose from.
 * @typedef {string | null | {base: string | null, mine: string | null, theirs: string | null}} Speaker
 *
 * @typedef {{base: Token[], mine: Token[], theirs: Token[]}} Three
 *
 * Words that a person decides of, with those around them in their line, and the number of their place.
 * @typedef {Three & {before: Token[], after: Token[], place: number}} Open
 */

const SIDES = /** @type {const} */ (['base', 'mine', 'theirs'])

const AROUND = 6 // words of context

/** @param {Token[]} tokens */
const letters = (tokens) => tokens.map(keyOf).join('')

/** @param {Token[]} tokens */
const running = (tokens) => written(tokens.map(({ word, at }, i) => (i && !at ? { ...word, space: ' ' } : word)))

/**
 * What two sides have made of one thing: who has changed it wins. `otherwise` where both have, in different ways.
 * @template Value
 * @param {Value} base
 * @param {Value} mine
 * @param {Value} theirs
 * @param {Value} [otherwise]
 * @returns {Value}
 */
function three(base, mine, theirs, otherwise = theirs) {
  if (mine === theirs || theirs === base) return mine
  return mine === base ? theirs : otherwise
}

/**
 * Bring `mine` and `theirs` together, which both began from `base`.
 * @param {Line[]} base
 * @param {Line[]} mine
 * @param {Line[]} theirs
 */
export function merge(base, mine, theirs) {
  return new Merge(base, mine, theirs)
}

/** What came of it: the places to decide, and the lines once they are decided. */
export class Merge {
  /** @type {(Merged[] | Open)[]} */
  #parts = []
  /** @type {Place[]} */
  places = []

  /**
   * @param {Line[]} base
   * @param {Line[]} mine
   * @param {Line[]} theirs
   */
  constructor(base, mine, theirs) {
    this.mine = mine
    this.all = { base: tokensOf(base), mine: tokensOf(mine), theirs: tokensOf(theirs) }
    this.#align()
    this.#tellPlaces()
    this.#findSpeakers()
  }

  #align() {
    const { base, mine, theirs } = this.all
    const at = { base: 0, mine: 0, theirs: 0 }
    /** @type {(from: number, growths: [number, number]) => Three} the words up to one of the base */
    const until = (to, [more, moreOfTheirs]) => {
      const count = to - at.base
      const part = {
        base: base.slice(at.base, to),
        mine: mine.slice(at.mine, at.mine + count + more),
        theirs: theirs.slice(at.theirs, at.theirs + count + moreOfTheirs),
      }
      at.base = to
      at.mine += part.mine.length
      at.theirs += part.theirs.length
      return part
    }
    for (const group of groups(edits(base, mine), edits(base, theirs))) {
      const same = until(group.from, [0, 0])
      if (same.base.length)
        this.#parts.push(same.base.map((_, i) => stable(same.base[i], same.mine[i], same.theirs[i])))
      const before = mine.slice(Math.max(0, at.mine - AROUND), at.mine)
      const part = until(group.to, [growth(group.mine), growth(group.theirs)])
      const taken = settled(part, group)
      if (taken) {
        if (taken.length) this.#parts.push(taken)
      } else {
        const after = mine.slice(at.mine, at.mine + AROUND)
        const [first, last] = [part.mine[0] ?? before.at(-1), part.mine.at(-1) ?? after[0]]
        const isNear = (/** @type {Token | undefined} */ token) => (/** @type {Token} */ one) =>
          one.line === token?.line
        this.#addPlace(part, before.filter(isNear(first)), after.filter(isNear(last)))
      }
    }
    const rest = until(base.length, [0, 0])
    if (rest.base.length) this.#parts.push(rest.base.map((_, i) => stable(rest.base[i], rest.mine[i], rest.theirs[i])))
  }

  /**
   * @param {Three} part
   * @param {Token[]} before
   * @param {Token[]} after
   */
  #addPlace(part, before, after) {
    const last = this.#parts.at(-1)
    if (last === undefined || Array.isArray(last)) {
      this.#parts.push({ ...part, before, after, place: -1 })
      return
    }
    last.after = after // right beside another place they are one
    for (const side of SIDES) for (const token of part[side]) last[side].push(token)
  }

  /** Tells what people read of places: once for each, however many words came together in it. */
  #tellPlaces() {
    for (const part of this.#parts) {
      if (Array.isArray(part)) continue
      let [start, end] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
      for (const side of SIDES) {
        for (const { word } of part[side]) {
          start = Math.min(start, word.start)
          end = Math.max(end, word.end)
        }
      }
      part.place = this.places.length
      this.places.push({
        kind: 'words',
        before: running(part.before),
        after: running(part.after),
        base: running(part.base),
        mine: running(part.mine),
        theirs: running(part.theirs),
        start,
        end,
      })
    }
  }

  #findSpeakers() {
    for (const part of this.#parts) {
      if (!Array.isArray(part)) continue
      for (const { speaker, isFirst, word, source } of part) {
        if (!isFirst || speaker === null || typeof speaker === 'string') continue
        const known = this.#placeOf(speaker)
        if (known) known.count += 1
        else {
          const before = written(source.line.words.slice(source.at, source.at + 2 * AROUND))
          const { start, end } = word
          this.places.push({
            kind: 'speaker',
            ...speaker,
            before,
            count: 1,
            start,
            end: Math.max(end, source.line.end),
          })
        }
      }
    }
  }

  /** @param {Exclude<Speaker, string | null>} speaker */
  #placeOf(speaker) {
    return this.places.find(
      /** @returns {place is SpeakerPlace} */ (place) =>
        place.kind === 'speaker' &&
        place.base === speaker.base &&
        place.mine === speaker.mine &&
        place.theirs === speaker.theirs,
    )
  }

  /**
   * The lines that come of it. Lines that are as mine are mine, so that nothing of them is drawn anew.
   * @param {Choice | Choice[]} [choices] for all places, or one each
   * @returns {Line[]}
   */
  lines(choices = 'mine') {
    const choiceOf = (/** @type {number} */ place) => (Array.isArray(choices) ? choices[place] : choices)
    const words = this.#parts.flatMap((part) => (Array.isArray(part) ? part : decided(part, choiceOf(part.place))))
    const nameOf = (/** @type {Speaker} */ speaker) => {
      if (speaker === null || typeof speaker === 'string') return speaker
      const place = this.#placeOf(speaker)
      return choiceOf(place ? this.places.indexOf(place) : -1) === 'theirs' ? speaker.theirs : speaker.mine
    }
    return withEmpty(inLines(words, nameOf), this.places.length ? [] : this.mine)
  }
}

/**
 * A word that nobody has written anew: its marks, its line and its speaker may have changed.
 * @param {Token} base
 * @param {Token} mine
 * @param {Token} theirs
 * @returns {Merged}
 */
function stable(base, mine, theirs) {
  const confirmed = three(base.word.confirmed, mine.word.confirmed, theirs.word.confirmed)
  const space = three(base.word.space, mine.word.space, theirs.word.space, longer(mine.word.space, theirs.word.space))
  const heard = three(base.word.heard, mine.word.heard, theirs.word.heard)
  // Who has said that it is right comes with what they said; times are theirs, which the service knows.
  const isMine = mine.word.confirmed !== base.word.confirmed && theirs.word.confirmed === base.word.confirmed
  const said = isMine ? mine.word : theirs.word
  const { heard: _, ...rest } = { ...said, start: theirs.word.start, end: theirs.word.end, confirmed, space }
  const word = heard === undefined ? rest : { ...rest, heard }
  return { word: isEqual(word, mine.word) ? mine.word : word, ...placed(base, mine, theirs), own: mine, source: theirs }
}

/**
 * Where a word stands that both sides have: whether it begins a line, and who says that.
 * @param {Token} base
 * @param {Token} mine
 * @param {Token} theirs
 */
function placed(base, mine, theirs) {
  const names = { base: base.line.speaker, mine: mine.line.speaker, theirs: theirs.line.speaker }
  const isContested = names.mine !== names.theirs && names.mine !== names.base && names.theirs !== names.base
  return {
    isFirst: three(base.at === 0, mine.at === 0, theirs.at === 0),
    speaker: isContested ? names : three(names.base, names.mine, names.theirs),
  }
}

/**
 * The words of a part that one side alone has changed, or both alike; null where a person has to decide.
 * @param {Three} part
 * @param {Group} group
 * @returns {Merged[] | null}
 */
function settled(part, group) {
  const { base, mine, theirs } = part
  const [text, own, other] = [base, mine, theirs].map(letters)
  if (own === other) return alike(part)
  if (!group.theirs.length || other === text)
    return isRearranged(theirs, base) && mine.length ? null : taken(part, 'mine')
  if (!group.mine.length || own === text)
    return isRearranged(mine, base) && theirs.length ? null : taken(part, 'theirs')
  return null
}

/**
 * Whether lines begin elsewhere within words that stand.
 * @param {Token[]} side
 * @param {Token[]} base
 */
function isRearranged(side, base) {
  if (side.length === 1 || side.length !== base.length) return false
  return side.some(({ at }, i) => i > 0 && (at === 0) !== (base[i].at === 0))
}

/**
 * The words of one side. The first stands where the other side may have put it.
 * @param {Three} part
 * @param {'mine' | 'theirs'} side
 * @returns {Merged[]}
 */
function taken(part, side) {
  const { base, mine, theirs } = part
  const [words, others] = side === 'mine' ? [mine, theirs] : [theirs, mine]
  return words.map((token, i) => {
    const rest = { word: token.word, own: side === 'mine' ? token : (mine[i] ?? null), source: token }
    const [before, other] = [base[Math.min(i, base.length - 1)], others[Math.min(i, others.length - 1)]]
    const isAligned = before && other && words.length === base.length && others.length === base.length
    if (isAligned) return { ...rest, ...placed(before, mine[i], theirs[i]) }
    const name = token.line.speaker
    const isFollowing = before && other && name === before.line.speaker
    return {
      ...rest,
      isFirst: i === 0 && before && other ? three(before.at === 0, token.at === 0, other.at === 0) : token.at === 0,
      speaker: isFollowing ? other.line.speaker : name,
    }
  })
}

/**
 * The words that both sides have written.
 * @param {Three} part
 * @returns {Merged[]}
 */
function alike(part) {
  const { mine, theirs } = part
  if (mine.length !== theirs.length) return taken(part, 'theirs')
  return taken(part, 'theirs').map((one, i) => {
    const confirmed = mine[i].word.confirmed || theirs[i].word.confirmed
    const word = { ...theirs[i].word, confirmed }
    const names = { base: null, mine: mine[i].line.speaker, theirs: theirs[i].line.speaker }
    return {
      ...one,
      word: isEqual(word, mine[i].word) ? mine[i].word : word,
      own: mine[i],
      isFirst: mine[i].at === 0 || theirs[i].at === 0,
      speaker: part.base.length ? one.speaker : (names.theirs ?? names.mine),
    }
  })
}

/**
 * The words of a place as a person has decided.
 * @param {Three} part
 * @param {Choice} choice
 * @returns {Merged[]}
 */
function decided(part, choice) {
  if (choice !== 'both') return taken(part, choice)
  const first = taken(part, 'theirs').map((one) => ({ ...one, own: null }))
  return [
    ...first,
    ...taken(part, 'mine').map((one, i) => ({ ...one, isFirst: one.isFirst && (i > 0 || !first.length) })),
  ]
}

/**
 * @param {Merged[]} merged
 * @param {(speaker: Speaker) => string | null} nameOf
 * @returns {Line[]}
 */
function inLines(merged, nameOf) {
  /** @type {Set<number>} */
  const used = new Set()
  /** @type {Line[]} */
  const lines = []
  for (let from = 0, to = 1; from < merged.length; from = to, to += 1) {
    while (to < merged.length && !merged[to].isFirst) to += 1
    const line = asLine(merged.slice(from, to), nameOf(merged[from].speaker), used)
    used.add(line.id)
    lines.push(line)
  }
  return lines
}

/**
 * @param {Merged[]} merged
 * @param {string | null} speaker
 * @param {Set<number>} used ids of lines
 * @returns {Line}
 */
function asLine(merged, speaker, used) {
  const words = merged.map(({ word, source }, i) => {
    const isGlued = i > 0 && source.at === 0 && word.space === '' // it began a line, which is joined now
    const space = i === 0 ? '' : isGlued && isSpaced(merged[i - 1].word.text, word.text) ? ' ' : word.space
    return space === word.space ? word : { ...word, space }
  })
  const own = merged.flatMap((one) => one.own?.line ?? []).find(({ id }) => !used.has(id))
  const isOwn =
    own?.speaker === speaker && own.words.length === words.length && own.words.every((word, i) => word === words[i])
  if (isOwn) return own
  const [first, last] = [merged[0].source, merged[merged.length - 1].source]
  const ends = Math.max(...words.map(({ end }) => end))
  return {
    id: own?.id ?? freshId(),
    start: first.at === 0 ? first.line.start : words[0].start,
    end: last.at === last.line.words.length - 1 ? Math.max(ends, last.line.end) : ends,
    speaker,
    text: written(words),
    words,
  }
}

/**
 * `lines` with those of mine that are empty where they stood: somebody may be about to write there. Never without a line.
 * @param {Line[]} lines
 * @param {Line[]} mine
 * @returns {Line[]}
 */
function withEmpty(lines, mine) {
  /** @type {Map<number | null, Line[]>} by the line before */
  const empty = new Map()
  /** @type {number | null} */
  let before = null
  for (const line of mine) {
    if (line.words.length) before = line.id
    else empty.set(before, [...(empty.get(before) ?? []), line])
  }
  if (!empty.size && lines.length) return lines
  const whole = [...(empty.get(null) ?? []), ...lines.flatMap((line) => [line, ...(empty.get(line.id) ?? [])])]
  return whole.length ? whole : [{ id: freshId(), start: 0, end: 0, speaker: null, text: '', words: [] }]
}

/** @param {string} some @param {string} other */
const longer = (some, other) =>
  some.length > other.length || (some.length === other.length && some > other) ? some : other

/** @param {Word} some @param {Word} other */
function isEqual(some, other) {
  const keys = /** @type {(keyof Word)[]} */ (Object.keys(some))
  const isSame = (/** @type {unknown} */ one, /** @type {unknown} */ another) =>
    one === another || (typeof one === 'object' && JSON.stringify(one) === JSON.stringify(another))
  return keys.length === Object.keys(other).length && keys.every((key) => isSame(some[key], other[key]))
}
