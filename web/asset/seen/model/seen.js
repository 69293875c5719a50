/** What was seen, as the page shows it: things by name, shots, what is covered, what is there at a moment. Pure. */

/**
 * @import { PassageView } from '../../../types.d.ts'
 * @typedef {NonNullable<PassageView['box']>} Box
 * @typedef {{detection: string, text: string, label?: string, start?: number, end?: number, confidence?: number,
 *   box?: Box, id: number}} Cue something that is seen from `start` to `end` (seconds); in a picture without a time
 * @typedef {{text: string, label?: string, cues: Cue[], confidence?: number}} Sight one thing, and each time it is seen
 * @typedef {{start: number, end: number, names: string[]}} Stretch
 */

/** The tracks that are drawn here, in the order in which they are shown. Segments are shown as shots and as marks. */
export const DETECTIONS = [
  'moderation',
  'labels',
  'customlabels',
  'screentext',
  'facematch',
  'celebs',
  'faces',
  'segments',
]

/** Notes on what could not be looked for, by their codes. */
const NOT_LOOKED_FOR = [
  'not-seen',
  'left-out',
  'not-allowed-here',
  'nothing-can',
  'no-collection',
  'no-models',
  'only-in-stills',
  'no-capture-mode',
  'too-long-to-see',
]

/**
 * The notes that say what could not be looked for.
 * @template {{code: string}} N
 * @param {N[] | undefined} notes
 * @returns {N[]}
 */
export const notesOf = (notes = []) => notes.filter(({ code }) => NOT_LOOKED_FOR.includes(code))

const SHOT = 'SHOT'
/** Seconds by which a covered stretch begins earlier and ends later: a player draws a frame before it tells of it. */
const MARGIN = 0.3

/**
 * The cues of all tracks, in the order of time; their ids are their places.
 * @param {{name: string, passages: PassageView[]}[]} tracks
 * @returns {Cue[]}
 */
export function cuesOf(tracks) {
  const cues = tracks.flatMap(({ name, passages }) =>
    passages.map(({ text, label, start, end, confidence, box }) => ({
      detection: name,
      text,
      label,
      start,
      end,
      confidence,
      box,
      id: 0,
    })),
  )
  cues.sort((a, b) => (a.start ?? 0) - (b.start ?? 0))
  for (const [id, cue] of cues.entries()) cue.id = id
  return cues
}

/** @param {Cue} cue */
export const isShot = (cue) => cue.detection === 'segments' && cue.label === SHOT

/**
 * Cues by what they tell of: first what is seen most often, and of as many the first. What is written on a picture stays
 * in the order in which it is read.
 * @param {Cue[]} cues
 * @returns {Sight[]}
 */
export function sightsOf(cues) {
  /** @type {Map<string, Sight>} */
  const found = new Map()
  for (const cue of cues) {
    const key = `${cue.text}\n${cue.label ?? ''}`
    const sight = found.get(key) ?? { text: cue.text, label: cue.label, cues: [] }
    sight.cues.push(cue)
    if (cue.confidence !== undefined) sight.confidence = Math.max(sight.confidence ?? 0, cue.confidence)
    found.set(key, sight)
  }
  const isRead = cues.every(({ detection, start }) => detection === 'screentext' && start === undefined)
  return isRead ? [...found.values()] : [...found.values()].sort((a, b) => b.cues.length - a.cues.length)
}

/** Which cues are there at a time, without looking at all of them each time. */
export class Moments {
  /** @param {Cue[]} cues */
  constructor(cues) {
    this.cues = cues.filter((cue) => cue.start !== undefined).sort((a, b) => (a.start ?? 0) - (b.start ?? 0))
    this.starts = Float64Array.from(this.cues, (cue) => cue.start ?? 0)
    /** The latest end of all cues up to here: before it has passed, an earlier one may still be there. */
    this.latest = new Float64Array(this.cues.length)
    let latest = 0
    for (const [i, cue] of this.cues.entries()) {
      latest = Math.max(latest, endOf(cue))
      this.latest[i] = latest
    }
  }

  /**
   * @param {number} time in seconds
   * @returns {Cue[]} in the order of their starts
   */
  at(time) {
    let from = 0
    let to = this.starts.length
    while (from < to) {
      const middle = (from + to) >> 1
      if (this.starts[middle] <= time) from = middle + 1
      else to = middle
    }
    /** @type {Cue[]} */
    const found = []
    for (let i = from - 1; i >= 0 && this.latest[i] > time; i -= 1)
      if (endOf(this.cues[i]) > time) found.push(this.cues[i])
    return found.reverse()
  }
}

/** What has no end is there for a moment. @param {Cue} cue */
const endOf = ({ start = 0, end = start }) => Math.max(end, start + 0.1)

/**
 * The stretches of a film in which something unsuitable is seen; those that touch are one.
 * @param {Cue[]} cues
 * @returns {Stretch[]}
 */
export function coveredOf(cues) {
  /** @type {Stretch[]} */
  const found = []
  const unsuitable = cues.filter((cue) => cue.detection === 'moderation' && cue.start !== undefined)
  for (const cue of unsuitable.sort((a, b) => (a.start ?? 0) - (b.start ?? 0))) {
    const start = Math.max(0, (cue.start ?? 0) - MARGIN)
    const end = endOf(cue) + MARGIN
    const last = found.at(-1)
    if (last && start <= last.end) {
      last.end = Math.max(last.end, end)
      if (!last.names.includes(cue.text)) last.names.push(cue.text)
    } else found.push({ start, end, names: [cue.text] })
  }
  return found
}

/**
 * The stretch that covers a time, as its place in the list; -1 if none does.
 * @param {Stretch[]} stretches
 * @param {number} time
 */
export const stretchAt = (stretches, time) => stretches.findIndex(({ start, end }) => start <= time && time < end)

/**
 * Whether something of a part of the film is covered that nobody asked to see.
 * @param {Stretch[]} stretches
 * @param {ReadonlySet<number>} shown the places of those that somebody asked to see
 * @param {number} start
 * @param {number} end
 */
export const isCovered = (stretches, shown, start, end) =>
  stretches.some((one, i) => !shown.has(i) && one.start < end && start < one.end)

/**
 * Where on a line of 0 to `length` cues lie, as the path of a drawing that is `width` wide and 1 high; what is close
 * together is drawn once.
 * @param {Cue[]} cues
 * @param {number} length seconds
 * @param {number} width
 */
export function laneOf(cues, length, width) {
  if (!(length > 0)) return ''
  let path = ''
  let drawn = -1
  for (const cue of [...cues].sort((a, b) => (a.start ?? 0) - (b.start ?? 0))) {
    const first = Math.floor(((cue.start ?? 0) / length) * width)
    const from = Math.max(drawn, first)
    const to = Math.min(width, Math.max(Math.ceil((endOf(cue) / length) * width), first + 1))
    if (to <= drawn) continue
    path += `M${from} 0H${to}V1H${from}z`
    drawn = to
  }
  return path
}
