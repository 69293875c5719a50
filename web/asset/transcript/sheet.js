/** What lines stand on: only those in sight are in the document, and none jumps when its height becomes known. */

import { Heights } from '../model/heights.js'
import { isSpaceless } from '../model/words.js'
import { Row } from './row.js'

/** @import { Line } from '../model/lines.js' */

const OVERSCAN = 400 // pixels drawn above and below what is in sight

/** @type {WeakMap<Line, number>} */
const widths = new WeakMap()

/**
 * How wide a line is, in letters of the Latin script.
 * @param {Line} line
 */
function widthOf(line) {
  let found = widths.get(line)
  if (found === undefined) {
    const middle = line.text[line.text.length >> 1] ?? ''
    found = line.text.length * (isSpaceless(middle) || /[\uac00-\ud7af]/.test(middle) ? 1.8 : 1)
    widths.set(line, found)
  }
  return found
}

export class Sheet {
  /** By the id of the line. @type {Map<number, Row>} */
  rows = new Map()
  /** @type {Line[]} */
  lines = []
  heights = new Heights([])
  /** The id of the line that Tab reaches. @type {number | null} */
  active = null
  width = 0
  height = 0
  /** The index of a line by its id. @type {Map<number, number>} */
  #places = new Map()
  /** The height of a line by its id. @type {Map<number, number>} */
  #measured = new Map()

  /**
   * @param {HTMLElement} scroller
   * @param {(row: Row, line: Line, isTurn: boolean) => void} fill draws a line in its row
   */
  constructor(scroller, fill) {
    this.scroller = scroller
    this.fill = fill
    this.list = document.createElement('div')
    this.list.className = 'tr-list'
    this.list.setAttribute('role', 'list')
    scroller.replaceChildren(this.list)
  }

  /** @param {Line[]} lines other ones; those that are the same objects are left alone when it is drawn */
  setLines(lines) {
    const keepsOrder = lines.length === this.lines.length && lines.every((line, i) => line.id === this.lines[i].id)
    const anchor = this.#anchor()
    this.lines = lines
    if (keepsOrder) return
    this.#places = new Map(lines.map((line, i) => [line.id, i]))
    this.#estimate()
    this.#restore(anchor)
  }

  /**
   * The scroller has another size.
   * @param {{width: number, height: number}} size in pixels
   */
  resize({ width, height }) {
    const isWider = Math.abs(width - this.width) > 0.5
    const anchor = isWider && this.width ? this.#anchor() : null
    this.width = width
    this.height = height
    if (!isWider) return
    this.#measured.clear()
    this.spoil()
    this.#estimate()
    this.#restore(anchor)
  }

  /** Have every row drawn anew. */
  spoil() {
    for (const row of this.rows.values()) row.isStale = true
  }

  /**
   * The index of a line.
   * @param {number | null | undefined} id
   */
  placeOf(id) {
    return this.#places.get(id ?? -1)
  }

  /**
   * The row that an element stands in.
   * @param {EventTarget | null} element
   */
  rowOf(element) {
    const line = element instanceof Element ? element.closest('.line') : null
    return line instanceof HTMLElement && this.list.contains(line)
      ? (this.rows.get(Number(line.dataset.id)) ?? null)
      : null
  }

  /** @param {number} id the line that Tab is to reach */
  setActive(id) {
    if (id === this.active) return
    this.active = id
    for (const row of this.rows.values()) row.setTabStop(row.id === id)
  }

  /**
   * @param {number} top in pixels
   * @param {ScrollBehavior} behavior
   */
  scroll(top, behavior = 'instant') {
    const target = Math.max(0, top)
    if (Math.abs(target - this.scroller.scrollTop) > 0.5) this.scroller.scrollTo({ top: target, behavior })
  }

  /** Draw what is in sight. Returns whether a row was filled. */
  draw() {
    this.height ||= this.scroller.clientHeight // it may have come into sight just now
    if (!this.height) return false
    const top = this.scroller.scrollTop
    const count = this.lines.length
    const first = count ? this.heights.at(top - OVERSCAN) : 0
    const last = count ? this.heights.at(top + this.height + OVERSCAN) : -1
    const held = this.#held()
    for (const [id, row] of this.rows) {
      const index = this.placeOf(id)
      if (index !== undefined && ((index >= first && index <= last) || held.has(row))) continue
      row.element.remove()
      this.rows.delete(id)
    }
    /** @type {Row[]} */
    const filled = []
    for (let index = first; index <= last; index += 1) this.#update(index, filled)
    for (const row of held) {
      const kept = this.placeOf(row.id)
      if (kept !== undefined) this.#update(kept, filled)
    }
    if (this.placeOf(this.active) === undefined && count) this.setActive(this.lines[first].id)
    this.#measure(filled)
    for (const row of this.rows.values()) row.moveTo(Math.round(this.heights.before(row.index) * 2) / 2)
    return filled.length > 0
  }

  /** The rows that must stay, wherever they are: that of the focus, and those in which a selection begins and ends. */
  #held() {
    const selection = getSelection()
    const chosen = selection?.isCollapsed ? [] : [selection?.anchorNode, selection?.focusNode]
    const elements = [
      document.activeElement,
      ...chosen.map((node) => (node instanceof Element ? node : node?.parentElement)),
    ]
    return new Set(elements.flatMap((element) => this.rowOf(element ?? null) ?? []))
  }

  /**
   * @param {number} index
   * @param {Row[]} filled gets the row if it was filled
   */
  #update(index, filled) {
    const line = this.lines[index]
    let row = this.rows.get(line.id)
    if (!row) {
      row = new Row(line)
      this.list.append(row.element)
      this.rows.set(line.id, row)
    }
    const isTurn = this.#isTurn(index)
    if (row.isStale || row.line !== line || row.isTurn !== isTurn) {
      this.fill(row, line, isTurn)
      filled.push(row)
    }
    if (row.index !== index || row.count !== this.lines.length) row.number(index, this.lines.length)
    row.setTabStop(row.id === this.active)
  }

  /** @param {number} index */
  #isTurn(index) {
    return index === 0 ? this.lines[0].speaker !== null : this.lines[index].speaker !== this.lines[index - 1].speaker
  }

  #estimate() {
    const perRow = Math.max(12, this.width / 8.4)
    const estimated = (/** @type {Line} */ line, /** @type {number} */ i) =>
      Math.ceil(widthOf(line) / perRow) * 27 + 8 + (this.#isTurn(i) ? 44 : 0)
    this.heights = new Heights(this.lines.map((line, i) => this.#measured.get(line.id) ?? estimated(line, i)))
    this.list.style.height = `${this.heights.total}px`
  }

  /**
   * Take the real heights of rows, and keep what is in sight where it is.
   * @param {Row[]} rows
   */
  #measure(rows) {
    const anchor = rows.length ? this.#anchor() : null
    if (!anchor) return
    const heights = rows.map((row) => row.element.getBoundingClientRect().height)
    let grownAbove = 0
    for (const [i, row] of rows.entries()) {
      if (!heights[i]) continue
      this.#measured.set(row.id, heights[i])
      const grown = this.heights.set(row.index, heights[i])
      if (row.index < anchor.index) grownAbove += grown
    }
    this.list.style.height = `${this.heights.total}px`
    if (Math.abs(grownAbove) > 0.5) this.scroller.scrollTop += grownAbove
  }

  /** Which line stands at the top, and how far it is scrolled out. */
  #anchor() {
    if (!this.lines.length) return null
    const top = this.scroller.scrollTop
    const index = this.heights.at(top)
    return { id: this.lines[index].id, index, offset: top - this.heights.before(index) }
  }

  /** @param {{id: number, index: number, offset: number} | null} anchor */
  #restore(anchor) {
    if (!anchor) return
    const index = this.placeOf(anchor.id) ?? Math.min(anchor.index, this.lines.length - 1)
    if (index >= 0) this.scroll(this.heights.before(index) + anchor.offset)
  }
}
