/**
 * What is copied: of a part of the transcript just its words, of all of it who says them and when too. What browsers make of
 * rows themselves has a time between any two lines, and empty lines.
 */

import { partText, transcriptText } from '../model/plain.js'

/** @import { TranscriptView } from '../transcript-view.js' */

export class Copying {
  #leaving = new AbortController()

  /** @param {TranscriptView} view */
  constructor(view) {
    this.view = view
    document.addEventListener('copy', (event) => this.#copied(event), { signal: this.#leaving.signal })
  }

  destroy() {
    this.#leaving.abort()
  }

  /** @param {ClipboardEvent} event */
  #copied(event) {
    const selection = getSelection()
    const isInField = event.target instanceof Element && event.target.closest('input, textarea, [contenteditable]')
    if (!selection?.rangeCount || selection.isCollapsed || isInField || event.defaultPrevented) return
    const text = this.#text(selection)
    if (text === null || !event.clipboardData) return
    event.clipboardData.setData('text/plain', text)
    event.preventDefault()
  }

  /**
   * The text to copy; null where the browser knows better.
   * @param {Selection} selection
   */
  #text(selection) {
    const { lines, page, sheet } = this.view
    const { list } = sheet
    const range = selection.getRangeAt(0)
    if (!lines.length || !range.intersectsNode(list)) return null
    const isFromBefore = !list.contains(range.startContainer)
    const isToBehind = !list.contains(range.endContainer)
    const from = isFromBefore ? { line: 0, at: 0 } : this.#placeOf(range.startContainer, range.startOffset)
    const last = lines.length - 1
    const end = { line: last, at: lines[last].text.length }
    const to = isToBehind ? end : this.#placeOf(range.endContainer, range.endOffset)
    const isWhole = from.line === 0 && from.at === 0 && to.line === last && to.at >= end.at
    const nameOf = (/** @type {string | null} */ speaker) =>
      speaker === null ? page.t('asset.speaker.unknown') : page.nameOf(speaker)
    const own = isWhole ? transcriptText(lines, nameOf) : partText(lines, from, to)
    if (!isFromBefore && !isToBehind) return own
    const { startContainer, startOffset, endContainer, endOffset } = range.cloneRange()
    // What stands around the transcript is written as the browser does it, which it does only for what is selected.
    const before = isFromBefore ? written(selection, startContainer, startOffset, list, 0) : ''
    const behind = isToBehind ? written(selection, list, list.childNodes.length, endContainer, endOffset) : ''
    selection.setBaseAndExtent(startContainer, startOffset, endContainer, endOffset)
    return [before, own, behind].filter(Boolean).join('\n\n')
  }

  /**
   * @param {Node} node in the list
   * @param {number} offset
   */
  #placeOf(node, offset) {
    const { lines, sheet } = this.view
    const row = sheet.rowOf(node instanceof Element ? node : node.parentElement)
    if (row) return { line: row.index, at: row.offsetOf(node, offset) }
    // A place between rows: where the next one begins.
    const inside = node.childNodes[offset]
    const following = node === sheet.list ? inside?.firstChild : (inside ?? node.nextSibling?.firstChild)
    const next = following && sheet.rowOf(following)
    const last = lines.length - 1
    return next ? { line: next.index, at: 0 } : { line: last, at: lines[last].text.length }
  }
}

/**
 * A part of the page as the browser writes it.
 * @param {Selection} selection is that part afterwards
 * @param {Node} from
 * @param {number} fromOffset
 * @param {Node} to
 * @param {number} toOffset
 */
function written(selection, from, fromOffset, to, toOffset) {
  selection.setBaseAndExtent(from, fromOffset, to, toOffset)
  return String(selection)
    .replace(/\n{3,}/g, '\n\n')
    .trim()
}
