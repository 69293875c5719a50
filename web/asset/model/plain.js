/** Lines as plain text, for who copies them. Pure. */

import { clock } from './format.js'

/** @import { Line } from './lines.js' */

/**
 * The whole transcript, to be read anywhere: who speaks stands over what they say, and each line has its time.
 * @param {Line[]} lines
 * @param {(speaker: string | null) => string} nameOf
 */
export function transcriptText(lines, nameOf) {
  const written = lines.map(({ start, speaker, text }, i) => {
    const isTurn = i === 0 ? speaker !== null : speaker !== lines[i - 1].speaker
    const head = isTurn ? `${nameOf(speaker)}\n` : ''
    return `${isTurn && i ? '\n' : ''}${head}[${clock(start)}] ${text}`
  })
  return written.join('\n')
}

/**
 * The words of a part: from a character of a line to one of another.
 * @param {Line[]} lines
 * @param {{line: number, at: number}} from
 * @param {{line: number, at: number}} to
 */
export function partText(lines, from, to) {
  return lines
    .slice(from.line, to.line + 1)
    .map(({ text }, i) => {
      const isLast = from.line + i === to.line
      return text.slice(i ? 0 : from.at, isLast ? to.at : undefined)
    })
    .join('\n')
}
