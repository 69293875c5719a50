/** Writes a text into a line that somebody may be typing in. */

import { movedTo } from '../model/caret.js'

/**
 * Puts `text` in the place of what stands in `element`; the caret, or what is selected there, stays with its words.
 * @param {HTMLElement} element
 * @param {string} text
 */
export function rewrite(element, text) {
  const before = element.textContent ?? ''
  const selection = element === document.activeElement ? getSelection() : null
  const places = [
    [selection?.anchorNode, selection?.anchorOffset],
    [selection?.focusNode, selection?.focusOffset],
  ].map(([node, offset]) =>
    node instanceof Node && element.contains(node) ? charAt(element, node, Number(offset)) : null,
  )
  element.textContent = text
  const [from, to] = places.map((at) => at !== null && movedTo(before, text, at))
  const node = element.firstChild ?? element
  if (from !== false && to !== false) selection?.setBaseAndExtent(node, from, node, to)
}

/**
 * @param {HTMLElement} element
 * @param {Node} node
 * @param {number} offset
 */
function charAt(element, node, offset) {
  const range = document.createRange()
  range.selectNodeContents(element)
  range.setEnd(node, offset)
  return range.toString().length
}
