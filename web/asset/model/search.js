/** Find in the transcript: capitals, accents and widths of letters do not count. */

import { finder, foldInPlace } from '../../folding.js'

const foldedLines = new WeakMap()

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
 * @returns {{line: number, from: number, to: number}[]}
 */
export function find(lines, query) {
  const places = finder(query)
  return lines.flatMap((line, index) => places(foldLine(line)).map(([from, to]) => ({ line: index, from, to })))
}
