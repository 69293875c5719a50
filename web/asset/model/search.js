/** Find in the transcript: capitals, accents and widths of letters do not count. */

import { finder, foldInPlace } from '../../folding.js'

/**
 * @import { Folded } from '../../folding.js'
 * @import { Line } from './lines.js'
 */

/** @type {WeakMap<Line, Folded>} */
const foldedLines = new WeakMap()

/** @param {Line} line */
function foldLine(line) {
  let found = foldedLines.get(line)
  if (!found) {
    found = foldInPlace(line.text)
    foldedLines.set(line, found)
  }
  return found
}

/**
 * Where `query` stands in `lines`, each as [from, to) in characters of the line's text.
 * @param {Line[]} lines
 * @param {string} query
 * @returns {{line: number, from: number, to: number}[]}
 */
export function find(lines, query) {
  const places = finder(query)
  return lines.flatMap((line, index) => places(foldLine(line)).map(([from, to]) => ({ line: index, from, to })))
}
