/** Who speaks: how long, under which name, and changes of both. */

import { oneLine } from '../../names.js'

/** @import { Line } from './lines.js' */

/**
 * The speakers in the order in which they first speak.
 * @typedef {{name: string, seconds: number, lines: number}} Speaker
 * @param {Line[]} lines
 * @returns {Speaker[]} `seconds`: short pauses within lines included
 */
export function speakersOf(lines) {
  /** @type {Map<string, Speaker>} */
  const found = new Map()
  for (const line of lines) {
    if (line.speaker === null) continue
    const one = found.get(line.speaker) ?? { name: line.speaker, seconds: 0, lines: 0 }
    one.seconds += Math.max(0, line.end - line.start)
    one.lines += 1
    found.set(line.speaker, one)
  }
  return [...found.values()]
}

/**
 * `lines` with everything that `from` says said by `to`. Taking the name of another speaker merges the two.
 * @param {Line[]} lines
 * @param {string} from
 * @param {string} to
 */
export function rename(lines, from, to) {
  const name = oneLine(to)
  if (!name || name === from) return lines
  return lines.map((line) => (line.speaker === from ? { ...line, speaker: name } : line))
}

/**
 * `lines` with those of `ids` (a Set) said by `name`; null for nobody known.
 * @param {Line[]} lines
 * @param {Set<number>} ids
 * @param {string | null} name
 */
export function setSpeaker(lines, ids, name) {
  const speaker = (name && oneLine(name)) || null
  let isChanged = false
  const changed = lines.map((line) => {
    if (!ids.has(line.id) || line.speaker === speaker) return line
    isChanged = true
    return { ...line, speaker }
  })
  return isChanged ? changed : lines
}

/** Seconds of silence, and of talk, that end a turn where no speakers are told apart. */
const PAUSE = 1
const LONGEST = 60

/**
 * The ids of the turn that the line `index` belongs to: the lines around it of the same speaker, in a row.
 *
 * Where that is the whole recording nobody was told apart: the turn is then what is said around the line without a
 * pause, and no more than a minute of it on either side.
 * @param {Line[]} lines
 * @param {number} index
 */
export function turnOf(lines, index) {
  const around = (/** @type {(line: Line, before: Line) => boolean} */ goesOn) => {
    const ids = new Set([lines[index].id])
    for (const step of [-1, 1]) {
      for (let at = index + step; lines[at] && goesOn(lines[at], lines[at - step]); at += step) ids.add(lines[at].id)
    }
    return ids
  }
  const ids = around((line) => line.speaker === lines[index].speaker)
  if (ids.size < lines.length || lines.length === 1) return ids
  return around((line, before) => {
    const [first, second] = line.start < before.start ? [line, before] : [before, line]
    return second.start - first.end < PAUSE && Math.abs(line.start - lines[index].start) <= LONGEST
  })
}

/**
 * The number in an engine's label ("spk_0" is the first speaker, "ch_1" the second), counted from 1; else null.
 * @param {string} name
 */
export function labelNumber(name) {
  const match = /^(?:spk|speaker|ch|channel)[_ -]?(\d+)$/i.exec(name)
  return match ? Number(match[1]) + 1 : null
}
