/** Which word is said at a time: all starts of a transcript in order, searched by halving. */

/** @import { Line, Word } from './lines.js' */

/**
 * The starts of all words in order of time. Where channels overlap, lines do not follow one another in time, so the
 * places are sorted too.
 * @typedef {{starts: Float64Array, lines: Int32Array, words: Int32Array}}
 *   TimeIndex `lines` and `words`: the place of each start
 * @typedef {{line: number, word: number}} Place indexes
 * @param {Line[]} lines
 * @returns {TimeIndex}
 */
export function timeIndex(lines) {
  const count = lines.reduce((sum, line) => sum + line.words.length, 0)
  const index = { starts: new Float64Array(count), lines: new Int32Array(count), words: new Int32Array(count) }
  let at = 0
  let isSorted = true
  lines.forEach((line, i) => {
    line.words.forEach((word, j) => {
      index.starts[at] = word.start
      index.lines[at] = i
      index.words[at] = j
      if (at && word.start < index.starts[at - 1]) isSorted = false
      at += 1
    })
  })
  if (isSorted) return index
  const order = Uint32Array.from(index.starts.keys()).sort((a, b) => index.starts[a] - index.starts[b] || a - b)
  return {
    starts: Float64Array.from(order, (place) => index.starts[place]),
    lines: Int32Array.from(order, (place) => index.lines[place]),
    words: Int32Array.from(order, (place) => index.words[place]),
  }
}

/**
 * How many of `starts` (ascending) are at or before `time`.
 * @param {Float64Array} starts
 * @param {number} time
 */
export function countUntil(starts, time) {
  let low = 0
  let high = starts.length
  while (low < high) {
    const middle = (low + high) >> 1
    if (starts[middle] <= time) low = middle + 1
    else high = middle
  }
  return low
}

/**
 * The last word that has begun at `time`, as {line, word} (indexes), or null before the first one.
 * @param {TimeIndex} index
 * @param {number} time
 * @returns {Place | null}
 */
export function placeAt(index, time) {
  const at = countUntil(index.starts, time) - 1
  return at < 0 ? null : { line: index.lines[at], word: index.words[at] }
}

/**
 * The word whose start is nearest to `time`, or null if there are none. Analysis names words by their start.
 * @param {TimeIndex} index
 * @param {number} time
 * @returns {Place | null}
 */
export function placeNearest(index, time) {
  const after = countUntil(index.starts, time)
  if (!index.starts.length) return null
  const isLater =
    after < index.starts.length && (after === 0 || index.starts[after] - time < time - index.starts[after - 1])
  const at = isLater ? after : after - 1
  return { line: index.lines[at], word: index.words[at] }
}

/**
 * The first of `times` after `time`, or the first of all; undefined if there are none.
 * @param {number[]} times
 * @param {number} time
 * @returns {number | undefined}
 */
export function nextTime(times, time) {
  const sorted = [...times].sort((a, b) => a - b)
  return sorted.find((one) => one > time + 0.05) ?? sorted[0]
}

/**
 * The next word that `isWanted` takes, from a place on, round the end; `step` is 1 or -1.
 * @param {Line[]} lines
 * @param {Place} from
 * @param {1 | -1} step
 * @param {(word: Word) => boolean} isWanted
 * @returns {Place | null}
 */
export function nextWord(lines, from, step, isWanted) {
  let { line, word } = from
  for (let seen = 0; seen <= lines.length; seen += 1) {
    const words = lines[line]?.words ?? []
    for (let at = word + step; at >= 0 && at < words.length; at += step) {
      if (isWanted(words[at])) return { line, word: at }
    }
    line = (line + step + lines.length) % (lines.length || 1)
    word = step > 0 ? -1 : (lines[line]?.words.length ?? 0)
  }
  return null
}
