/**
 * What lines stand on: ordinary rows, all of them, in their order, so that the browser's own search, selection and print, and
 * screen readers have the whole text. They stand in parts, of which the browser lays out and paints only those in sight
 * (`content-visibility`); to have it look after each row would cost more than it saves.
 */

import { isSpaceless } from '../model/words.js'
import { Row } from './row.js'

/** @import { Line } from '../model/lines.js' */

const AT_ONCE = 50 // rows that are drawn in one go; more than those in sight are drawn bit by bit
const SLICE_MS = 8 // for which the page is held up by each bit
const PART = 25 // rows, about as many as fill a high window
const LETTER = 8.4 // pixels that a letter of the Latin script is wide, about

/**
 * How wide a line is, in letters of the Latin script.
 * @param {Line} line
 */
function widthOf({ text }) {
  const middle = text[text.length >> 1] ?? ''
  return Math.round(text.length * (isSpaceless(middle) || /[\uac00-\ud7af]/.test(middle) ? 1.8 : 1))
}

export class Sheet {
  /** By the id of the line. @type {Map<number, Row>} */
  rows = new Map()
  /** @type {Line[]} */
  lines = []
  /** The id of the line that Tab reaches. @type {number | null} */
  active = null
  width = 0
  height = 0
  /** The index of a line by its id. @type {Map<number, number>} */
  #places = new Map()
  /** How many lines have a row: the first ones. */
  #made = 0
  /** Whether there are rows that are not drawn, or not as they should be. */
  #isPending = false
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #next
  /** The parts that are laid out wherever they are. @type {HTMLElement[]} */
  #laidOut = []

  /**
   * @param {HTMLElement} scroller
   * @param {(row: Row, line: Line, isTurn: boolean) => void} fill draws a line in its row
   * @param {() => void} onFilled is called when rows were filled
   */
  constructor(scroller, fill, onFilled) {
    this.scroller = scroller
    this.fill = fill
    this.onFilled = onFilled
    this.list = document.createElement('div')
    this.list.className = 'tr-list'
    this.list.setAttribute('role', 'list')
    scroller.replaceChildren(this.list)
  }

  destroy() {
    clearTimeout(this.#next)
  }

  /** @param {Line[]} lines other ones; those that are the same objects are left alone when it is drawn */
  setLines(lines) {
    const keepsOrder = lines.length === this.lines.length && lines.every((line, i) => line.id === this.lines[i].id)
    if (keepsOrder) {
      this.lines = lines
      return
    }
    const places = new Map(lines.map((line, i) => [line.id, i]))
    const isOther = !this.lines.some(({ id }) => places.has(id))
    const anchor = isOther && this.#made ? this.#anchor() : null
    for (const [id, row] of this.rows) {
      if (places.has(id)) continue
      const part = row.element.parentElement
      row.element.remove()
      if (!part?.childElementCount) part?.remove()
      this.rows.delete(id)
    }
    this.lines = lines
    this.#places = places
    this.#made = 0
    if (isOther) this.#make(Math.min(lines.length, AT_ONCE))
    else this.#make(lines.length) // what stands stays where it is: only what is new is made
    if (!anchor || !lines.length) return
    const at = Math.min(anchor.index, lines.length - 1)
    this.scroll(this.reach(at) + anchor.offset)
  }

  /**
   * The scroller has another size.
   * @param {{width: number, height: number}} size in pixels
   */
  resize({ width, height }) {
    this.height = height
    if (Math.abs(width - this.width) < 0.5) return
    this.width = width
    this.list.style.setProperty('--letters-wide', String(Math.max(12, Math.round((width - 120) / LETTER))))
  }

  /** Have every row drawn anew. */
  spoil() {
    for (const row of this.rows.values()) row.isStale = true
  }

  /** Have who speaks drawn anew in every row. */
  spoilHeads() {
    for (const row of this.rows.values()) row.isHeadStale ||= row.isTurn
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
    this.rows.get(this.active ?? -1)?.setTabStop(false)
    this.active = id
    this.rows.get(id)?.setTabStop(true)
  }

  /**
   * @param {number} top in pixels
   * @param {ScrollBehavior} behavior
   */
  scroll(top, behavior = 'instant') {
    const target = Math.max(0, top)
    if (Math.abs(target - this.scroller.scrollTop) > 0.5) this.scroller.scrollTo({ top: target, behavior })
  }

  /** Draw what has changed: what is in sight now, and what else there is bit by bit, if it is much. */
  draw() {
    this.height ||= this.scroller.clientHeight // it may have come into sight just now
    const { lines } = this
    if (this.#made < Math.min(lines.length, AT_ONCE)) this.#make(Math.min(lines.length, AT_ONCE))
    if (this.placeOf(this.active) === undefined && lines.length) this.setActive(lines[0].id)
    const stale = this.#stale()
    const isMuch = stale.length > AT_ONCE
    const [first, last] = isMuch ? this.near(this.height) : [0, Infinity]
    const now = isMuch ? stale.filter((index) => index >= first && index <= last) : stale
    for (const index of now) this.#draw(index)
    this.#isPending = now.length < stale.length || this.#made < lines.length
    if (this.#isPending) this.#goOn()
    if (now.length) this.onFilled()
  }

  /** What is in sight is drawn as it should be, whatever else is not. Call it when that is something else. */
  drawInSight() {
    if (this.#isPending) this.#drawWithin(this.#partsNear(this.height))
  }

  /** @param {HTMLElement[]} parts */
  #drawWithin(parts) {
    const rows = parts.flatMap((part) => [...part.children].map((element) => this.rowOf(element)))
    const stale = rows.flatMap((row) => (row && this.#isStale(row.index) ? [row.index] : []))
    for (const index of stale) this.#draw(index)
    if (stale.length) this.onFilled()
  }

  /** Draw all there is, at once: it is printed. */
  complete() {
    if (!this.#isPending) return
    this.#make(this.lines.length)
    for (const index of this.#stale()) this.#draw(index)
    this.#isPending = false
    this.onFilled()
  }

  /**
   * Where a line stands, in pixels from the top: it is drawn, and laid out with what is around it, as it will be seen there.
   * @param {number} index
   */
  reach(index) {
    this.#make(Math.min(index + PART, this.lines.length))
    for (const part of this.#laidOut) part.classList.remove('laid-out')
    const part = this.#partOf(index)
    const around = [part.previousElementSibling, part, part.nextElementSibling]
    const laidOut = around.filter((one) => one instanceof HTMLElement)
    this.#laidOut = laidOut
    for (const one of laidOut) one.classList.add('laid-out')
    this.#drawWithin(laidOut)
    const leave = () => {
      if (laidOut === this.#laidOut) for (const one of laidOut) one.classList.remove('laid-out')
    }
    // By the second frame the browser has found out itself what is in sight, and has kept the heights of the others.
    requestAnimationFrame(() => requestAnimationFrame(leave))
    return this.topOf(index)
  }

  /**
   * Where a line stands, in pixels from the top. What is not laid out has a height that is guessed.
   * @param {number} index
   */
  topOf(index) {
    const part = this.#partOf(index)
    return part.offsetTop + /** @type {Row} */ (this.rows.get(this.lines[index].id)).element.offsetTop
  }

  /**
   * The first and the last line of the parts in sight, or so near to it.
   * @param {number} margin in pixels
   * @returns {[first: number, last: number]}
   */
  near(margin) {
    const parts = this.#partsNear(margin)
    const first = this.rowOf(parts[0]?.firstElementChild ?? null)?.index ?? 0
    return [first, this.rowOf(parts.at(-1)?.lastElementChild ?? null)?.index ?? first]
  }

  /**
   * @param {number} margin in pixels
   * @returns {HTMLElement[]}
   */
  #partsNear(margin) {
    const { scrollTop } = this.scroller
    const parts = /** @type {HTMLCollectionOf<HTMLElement>} */ (this.list.children)
    /** The part that stands at `y`. @param {number} y */
    const at = (y) => {
      let low = 0
      let high = Math.max(0, parts.length - 1)
      while (low < high) {
        const middle = (low + high + 1) >> 1
        if (parts[middle].offsetTop <= y) low = middle
        else high = middle - 1
      }
      return low
    }
    return [...parts].slice(at(scrollTop - margin), at(scrollTop + this.height + margin) + 1)
  }

  /** @param {number} index of a line that has a row */
  #partOf(index) {
    return /** @type {HTMLElement} */ (this.rows.get(this.lines[index].id)?.element.parentElement)
  }

  /** Which line stands at the top, and how far it is scrolled out. */
  #anchor() {
    const top = this.scroller.scrollTop
    const [first, last] = this.near(0)
    let index = first
    while (index < last && this.topOf(index + 1) <= top) index += 1
    return { index, offset: top - this.topOf(index) }
  }

  /**
   * Have the first lines stand in rows, in their order.
   * @param {number} count
   */
  #make(count) {
    let before = this.#made ? this.rows.get(this.lines[this.#made - 1].id)?.element : undefined
    for (let index = this.#made; index < count; index += 1) {
      const line = this.lines[index]
      const row = this.rows.get(line.id) ?? new Row(line)
      this.rows.set(line.id, row)
      row.index = index
      if (!row.element.parentElement) this.#place(row.element, before)
      before = row.element
    }
    this.#made = Math.max(count, this.#made)
  }

  /**
   * @param {HTMLElement} element of a new row
   * @param {HTMLElement | undefined} before of the row before it
   */
  #place(element, before) {
    const part = before?.parentElement ?? this.list.firstElementChild
    const isAtEnd = !part || (!before?.nextElementSibling && !part.nextElementSibling)
    if (isAtEnd && (!part || part.childElementCount >= PART)) {
      const added = document.createElement('div')
      added.className = 'tr-part'
      added.setAttribute('role', 'presentation')
      added.append(element)
      this.list.append(added)
    } else if (before) before.after(element)
    else part?.prepend(element)
  }

  /** The lines whose rows are not as they should be. */
  #stale() {
    const found = []
    for (let index = 0; index < this.#made; index += 1) if (this.#isStale(index)) found.push(index)
    return found
  }

  /** @param {number} index */
  #isStale(index) {
    const line = this.lines[index]
    const row = this.rows.get(line.id)
    return !row || row.isStale || row.isHeadStale || row.line !== line || row.isTurn !== this.#isTurn(index)
  }

  /** @param {number} index */
  #draw(index) {
    const line = this.lines[index]
    const row = /** @type {Row} */ (this.rows.get(line.id))
    this.fill(row, line, this.#isTurn(index))
    row.setTabStop(row.id === this.active)
    const part = row.element.parentElement
    if (part?.lastElementChild === row.element) this.#guess(part)
  }

  /**
   * How high a part is before it is laid out: told to the style sheet in letters and rows, as it may become wider.
   * @param {HTMLElement} part
   */
  #guess(part) {
    const rows = [...part.children].flatMap((element) => this.rowOf(element) ?? [])
    const letters = rows.reduce((sum, { line }) => sum + widthOf(line), 0)
    part.style.setProperty('--letters', String(letters))
    part.style.setProperty('--rows', String(rows.length))
    part.style.setProperty('--heads', String(rows.filter(({ isTurn }) => isTurn).length))
  }

  /** @param {number} index */
  #isTurn(index) {
    return index === 0 ? this.lines[0].speaker !== null : this.lines[index].speaker !== this.lines[index - 1].speaker
  }

  #goOn() {
    clearTimeout(this.#next)
    this.#next = setTimeout(() => this.#slice())
  }

  #slice() {
    const until = performance.now() + SLICE_MS
    let isFilled = false
    for (let index = 0; index < this.lines.length; index += 1) {
      if (index >= this.#made) this.#make(Math.min(index + 20, this.lines.length))
      if (!this.#isStale(index)) continue
      if (performance.now() > until) {
        this.#goOn()
        if (isFilled) this.onFilled()
        return
      }
      this.#draw(index)
      isFilled = true
    }
    this.#isPending = false
    if (isFilled) this.onFilled()
  }
}
