/**
 * The transcript on the page: only the lines in sight are in the document, and the word that is said is lit by moving a
 * class from one element to another. It is written with the DOM itself: a component that draws lists anew would take
 * longer than a frame with three hours of talk, and would fight with the caret over a line that is edited.
 */

import { isConverting } from '../typing.js'
import { clock } from './model/format.js'
import { Heights } from './model/heights.js'
import { offsets, wordAtOffset } from './model/lines.js'
import { nextWord, placeAt } from './model/times.js'
import { isSpaceless, isUnsure } from './model/words.js'

const OVERSCAN = 400 // pixels drawn above and below what is in sight
const LATE = 3 // seconds after its end from which a word is no longer lit

const highlights = globalThis.CSS?.highlights && globalThis.Highlight ? CSS.highlights : null
const units = new WeakMap()

/** How wide a line is, in letters of the Latin script. */
function widthOf(line) {
  let found = units.get(line)
  if (found === undefined) {
    const middle = line.text[line.text.length >> 1] ?? ''
    found = line.text.length * (isSpaceless(middle) || /[\uac00-\ud7af]/.test(middle) ? 1.8 : 1)
    units.set(line, found)
  }
  return found
}

/** `text` with `seam` for the line breaks and tabs that a line cannot have; every other space is left as it is. */
function unbroken(text, seam = ' ') {
  return text.replace(/[\t-\r\u0085\u2028\u2029]+/g, seam)
}

/** What browsers call the line breaks that somebody asked for: with Enter, or with what a keyboard has in its place. */
const BREAKS = new Set(['insertParagraph', 'insertLineBreak'])

/**
 * @typedef {object} ViewOptions
 * @property {import("./document.js").TranscriptDocument} doc
 * @property {import("./playback.js").Playback} playback
 * @property {(key: string, params?: object) => string} t
 * @property {(name: string) => string} nameOf how a speaker is called on the page
 * @property {(name: string) => number} colourOf which of the colours of speakers, from 0
 * @property {(follows: boolean) => void} onFollow
 * @property {(id: number) => void} onSpeaker the speaker of a line was clicked
 * @property {(place: {id: number, offset: number, to: number}) => void} onEdit a word was clicked twice
 * @property {(step: number) => void} onHistory the browser's own undo (−1) or redo (1) was asked for
 * @property {(event: KeyboardEvent) => boolean} onKey a key in a line that is edited; true: it is dealt with
 */

export class TranscriptView {
  /** @param {HTMLElement} scroller @param {ViewOptions} options */
  constructor(scroller, options) {
    Object.assign(this, options)
    this.scroller = scroller
    this.list = document.createElement('div')
    this.list.className = 'tr-list'
    this.list.setAttribute('role', 'list')
    scroller.replaceChildren(this.list)
    this.rows = new Map() // by the id of the line
    this.lines = []
    this.places = new Map() // the index of a line by its id
    this.heights = new Heights([])
    this.measured = new Map() // the height of a line by its id
    this.isEditing = false
    this.follows = true
    this.isReadOnly = false
    this.active = null // the id of the line that Tab reaches
    this.lit = null
    this.litElement = null
    this.marks = new Map()
    this.ranges = highlights ? { unsure: new Highlight(), found: new Highlight(), said: new Highlight() } : null
    if (highlights) Object.entries(this.ranges).forEach(([name, highlight]) => highlights.set(`tr-${name}`, highlight))
    this.composing = null // the row whose text an input method is at work on
    this.#listen()
  }

  destroy() {
    this.#endComposing()
    this.stops.forEach((stop) => stop())
    this.resize.disconnect()
    if (highlights) Object.keys(this.ranges).forEach((name) => highlights.delete(`tr-${name}`))
  }

  /* ---- what the page tells ---- */

  /** Draw what changed in the document. Lines that are the same objects are left alone. */
  sync() {
    const lines = this.doc.shown
    if (lines !== this.lines) {
      const keepsOrder = lines.length === this.lines.length && lines.every((line, i) => line.id === this.lines[i].id)
      const anchor = this.#anchor()
      this.lines = lines
      if (!keepsOrder) {
        this.places = new Map(lines.map((line, i) => [line.id, i]))
        this.#estimate()
        this.#restore(anchor)
      }
      this.lit = null
    }
    this.#draw()
    this.setTime(this.playback.time)
  }

  /** Draw everything anew: another language, other names of speakers. */
  redraw() {
    this.rows.forEach((row) => (row.isStale = true))
    this.#draw()
  }

  setEditing(isEditing) {
    if (isEditing === this.isEditing) return
    this.#endComposing()
    this.isEditing = isEditing
    this.redraw()
    this.lit = null
    this.setTime(this.playback.time)
  }

  /**
   * Mark places in the text.
   * @param {{id: number, from: number, to: number, isCurrent?: boolean}[]} marks characters of lines
   */
  setMarks(marks) {
    this.marks = new Map()
    for (const mark of marks) {
      const own = this.marks.get(mark.id)
      if (own) own.push(mark)
      else this.marks.set(mark.id, [mark])
    }
    this.rows.forEach((row) => this.#mark(row))
    this.#highlight()
  }

  /** Light the word that is said at `time`. Called once a frame: it does nothing while the word is the same. */
  setTime(time) {
    const place = placeAt(this.doc.times, time)
    const word = place && this.lines[place.line]?.words[place.word]
    const isLate = !word || time > word.end + LATE
    if (isLate ? this.lit === null : this.lit?.line === place.line && this.lit.word === place.word) return
    const isOtherLine = this.lit?.line !== place?.line
    this.lit = isLate ? null : place
    this.#light()
    if (this.lit && this.follows) this.#follow(isOtherLine)
  }

  /** Follow what is said again, from where it is now. */
  setFollow(follows) {
    if (follows !== this.follows) {
      this.follows = follows
      this.onFollow(follows)
    }
    if (follows && this.lit) this.#follow(true)
  }

  /** Bring the line with this index into sight, and make it the one that Tab reaches. */
  show(index) {
    if (!this.lines[index]) return
    this.active = this.lines[index].id
    const top = this.heights.before(index)
    const low = this.scroller.scrollTop + this.height * 0.1
    const high = this.scroller.scrollTop + this.height * 0.75
    if (top < low || top > high) {
      this.#scroll(top - this.height * 0.3)
      this.#draw()
      // Now that the lines there are measured, they stand elsewhere than was estimated.
      this.#scroll(this.heights.before(index) - this.height * 0.3)
    }
    this.#draw()
  }

  /** Put the caret into a line (or the focus on its time, while it is only read). `to`: the end of a selection. */
  focus(id, offset = 0, to = offset) {
    const index = this.places.get(id)
    if (index === undefined) return
    this.show(index)
    const row = this.rows.get(id)
    if (!this.isEditing) {
      row.time.focus({ preventScroll: true })
      return
    }
    row.text.focus({ preventScroll: true })
    this.#select(row, offset, to)
  }

  #select(row, from, to) {
    const node = row.text.firstChild
    if (!node) return
    const limit = node.nodeValue.length
    getSelection().setBaseAndExtent(node, Math.min(from, limit), node, Math.min(to, limit))
  }

  /** The line and the character where the caret is, or the selection from `offset` to `end`; null if it is in no line. */
  caret() {
    const row = this.#rowOf(document.activeElement)
    if (!row || !this.isEditing || document.activeElement !== row.text) return null
    const { anchorNode, anchorOffset, focusNode, focusOffset } = getSelection()
    if (!row.text.contains(focusNode)) return { id: row.id, offset: 0, end: 0, isCollapsed: true }
    const place = (node, offset) => {
      const range = document.createRange()
      range.setStart(row.text, 0)
      range.setEnd(node, offset)
      return range.toString().length
    }
    const [from, to] = [place(anchorNode, anchorOffset), place(focusNode, focusOffset)]
    return { id: row.id, offset: Math.min(from, to), end: Math.max(from, to), isCollapsed: from === to }
  }

  /** The time of the word at the caret or of the active line; the start of the first line if there is neither. */
  caretTime() {
    const caret = this.caret()
    const line = this.lines[this.places.get(caret?.id ?? this.active) ?? 0]
    if (!line) return null
    return line.words[caret ? wordAtOffset(line, caret.offset) : 0]?.start ?? line.start
  }

  /** Go to the next uncertain word (`step` 1; −1: the one before) and select it. Returns false if there is none. */
  nextUnsure(step) {
    const caret = this.caret()
    const index = this.places.get(caret?.id ?? this.active) ?? this.lit?.line ?? 0
    const line = this.lines[index]
    let word = -1
    if (caret) word = wordAtOffset(line, caret.offset) - (caret.isCollapsed && step > 0 && caret.offset === 0 ? 1 : 0)
    else if (this.pointed?.id === line?.id) word = this.pointed.word
    const found = nextWord(this.lines, { line: index, word }, step, isUnsure)
    if (!found) return false
    const target = this.lines[found.line]
    const from = offsets(target)[found.word]
    this.pointed = { id: target.id, word: found.word }
    this.setFollow(false)
    this.focus(target.id, from, from + target.words[found.word].text.length)
    if (!this.isEditing) {
      this.setMarks([{ id: target.id, from, to: from + target.words[found.word].text.length, isCurrent: true }])
    }
    this.playback.seek(target.words[found.word].start)
    return true
  }

  /** The line after (1) or before (−1) the one with the caret gets it. */
  step(step, atEnd = false) {
    const index = (this.places.get(this.caret()?.id ?? this.active) ?? -1) + step
    const line = this.lines[index]
    if (line) this.focus(line.id, atEnd ? line.text.length : 0)
  }

  /* ---- drawing ---- */

  #estimate() {
    const perRow = Math.max(12, this.width / 8.4)
    const values = new Float64Array(this.lines.length)
    this.lines.forEach((line, i) => {
      const own = this.measured.get(line.id)
      values[i] = own ?? Math.ceil(widthOf(line) / perRow) * 27 + 8 + (this.#isTurn(i) ? 44 : 0)
    })
    this.heights = new Heights(values)
    this.list.style.height = `${this.heights.total}px`
  }

  #isTurn(index) {
    return index === 0 ? this.lines[0].speaker !== null : this.lines[index].speaker !== this.lines[index - 1].speaker
  }

  /** Which line stands at the top, and how far it is scrolled out. */
  #anchor() {
    if (!this.lines.length) return null
    const top = this.scroller.scrollTop
    const index = this.heights.at(top)
    return { id: this.lines[index].id, index, offset: top - this.heights.before(index) }
  }

  #restore(anchor) {
    if (!anchor) return
    const index = this.places.get(anchor.id) ?? Math.min(anchor.index, this.lines.length - 1)
    if (index >= 0) this.#scroll(this.heights.before(index) + anchor.offset)
  }

  #scroll(top, behavior = 'instant') {
    const target = Math.max(0, top)
    if (Math.abs(target - this.scroller.scrollTop) > 0.5) this.scroller.scrollTo({ top: target, behavior })
  }

  #draw() {
    this.height ||= this.scroller.clientHeight // it may have come into sight just now
    if (!this.height) return
    const top = this.scroller.scrollTop
    const count = this.lines.length
    const first = count ? this.heights.at(top - OVERSCAN) : 0
    const last = count ? this.heights.at(top + this.height + OVERSCAN) : -1
    const focused = this.#rowOf(document.activeElement)
    for (const [id, row] of this.rows) {
      const index = this.places.get(id)
      const isWanted = index !== undefined && ((index >= first && index <= last) || row === focused)
      if (!isWanted) {
        row.element.remove()
        this.rows.delete(id)
        if (this.litElement && row.element.contains(this.litElement)) this.litElement = null
      }
    }
    const changed = []
    let isRelit = false
    const update = (index) => {
      const line = this.lines[index]
      let row = this.rows.get(line.id)
      if (!row) {
        row = this.#createRow(line.id)
        this.rows.set(line.id, row)
      }
      const isTurn = this.#isTurn(index)
      const isNew = row.isStale || row.line !== line || row.isTurn !== isTurn
      if (isNew || row.index !== index || row.count !== count) {
        if (isNew) {
          this.#fill(row, line, isTurn)
          changed.push(row)
          isRelit ||= this.lit?.line === index
        }
        row.index = index
        row.count = count
        row.element.setAttribute('aria-posinset', index + 1)
        row.element.setAttribute('aria-setsize', count)
      }
      this.#setTabStop(row)
    }
    for (let index = first; index <= last; index += 1) update(index)
    if (focused && this.rows.has(focused.id)) update(this.places.get(focused.id))
    if (!this.places.has(this.active) && count) {
      this.active = this.lines[first].id
      this.rows.forEach((row) => this.#setTabStop(row))
    }
    this.#measure(changed)
    for (const row of this.rows.values()) {
      const y = Math.round(this.heights.before(row.index) * 2) / 2
      if (row.y !== y) {
        row.y = y
        row.element.style.transform = `translateY(${y}px)`
      }
    }
    if (changed.length) {
      if (isRelit || this.lit) this.#light()
      this.#highlight()
    }
  }

  /** Take the real heights of rows, and keep what is in sight where it is. */
  #measure(rows) {
    if (!rows.length) return
    const anchor = this.#anchor()
    const heights = rows.map((row) => row.element.getBoundingClientRect().height)
    let grownAbove = 0
    rows.forEach((row, i) => {
      if (!heights[i]) return
      this.measured.set(row.id, heights[i])
      const grown = this.heights.set(row.index, heights[i])
      if (row.index < anchor.index) grownAbove += grown
    })
    this.list.style.height = `${this.heights.total}px`
    if (Math.abs(grownAbove) > 0.5) this.scroller.scrollTop += grownAbove
  }

  #createRow(id) {
    const element = document.createElement('div')
    element.className = 'line'
    element.setAttribute('role', 'listitem')
    element.dataset.id = id
    const time = document.createElement('button')
    time.type = 'button'
    time.className = 'line-time numbers'
    const text = document.createElement('p')
    text.className = 'line-text'
    text.dir = 'auto'
    element.append(time, text)
    this.list.append(element)
    const row = { id, element, time, text, head: null, line: null, words: [], y: null, isTurn: false, isEdited: false }
    return { ...row, isStale: true }
  }

  #fill(row, line, isTurn) {
    const t = this.t
    if (row.isTurn !== isTurn || row.speaker !== line.speaker || row.isStale) this.#fillHead(row, line, isTurn)
    row.time.textContent = clock(line.start)
    row.time.title = t('asset.line.play', { time: clock(line.start) })
    if (this.isEditing) {
      this.#makeEditable(row, line)
      // What was typed is there already: to write it again would take the caret away. What is being composed is taken
      // from the page when that ends: to write here before would end it, and what it types next would stand elsewhere.
      if (row !== this.composing && row.text.textContent !== line.text) row.text.textContent = line.text
    } else {
      if (row.isEdited) this.#makeReadable(row)
      row.words = line.words.map((word, i) => {
        const span = document.createElement('span')
        span.className = isUnsure(word) ? 'w unsure' : 'w'
        span.textContent = word.text
        span.dataset.w = i
        return span
      })
      const nodes = []
      line.words.forEach((word, i) => {
        if (i && word.space) nodes.push(word.space)
        nodes.push(row.words[i])
      })
      row.text.replaceChildren(...nodes)
    }
    row.line = line
    row.isStale = false
    row.isTurn = isTurn
    row.speaker = line.speaker
    this.#mark(row)
  }

  #fillHead(row, line, isTurn) {
    row.head?.remove()
    row.head = null
    row.element.classList.toggle('turn', isTurn)
    if (!isTurn) return
    const name = line.speaker === null ? this.t('asset.speaker.unknown') : this.nameOf(line.speaker)
    const swatch = document.createElement('span')
    swatch.className = `swatch s${line.speaker === null ? 'none' : this.colourOf(line.speaker)}`
    row.head = document.createElement(this.isReadOnly ? 'p' : 'button')
    row.head.className = 'line-head'
    const called = document.createElement('bdi')
    called.textContent = name
    row.head.append(swatch, called)
    if (!this.isReadOnly) {
      row.head.type = 'button'
      row.head.title = this.t('asset.speaker.change')
    }
    row.element.prepend(row.head)
  }

  #makeEditable(row, line) {
    const label = this.t('asset.line.text', { time: clock(line.start) })
    row.text.setAttribute('aria-label', label)
    if (row.isEdited) return
    row.isEdited = true
    row.text.textContent = ''
    row.words = []
    row.text.setAttribute('role', 'textbox')
    row.text.setAttribute('aria-multiline', 'true')
    try {
      row.text.contentEditable = 'plaintext-only'
    } catch {
      row.text.contentEditable = 'true' // browsers before 2025; pasting is made plain below
    }
    row.text.spellcheck = true
  }

  #makeReadable(row) {
    row.isEdited = false
    ;['role', 'aria-multiline', 'aria-label', 'contenteditable', 'tabindex'].forEach((name) =>
      row.text.removeAttribute(name),
    )
  }

  #setTabStop(row) {
    const stop = row.id === this.active ? 0 : -1
    row.time.tabIndex = stop
    if (row.head && !this.isReadOnly) row.head.tabIndex = stop
    if (row.isEdited) row.text.tabIndex = stop
  }

  #setActive(id) {
    if (id === this.active) return
    this.active = id
    this.rows.forEach((row) => this.#setTabStop(row))
  }

  #light() {
    this.litElement?.classList.remove('said')
    this.litRow?.element.classList.remove('said-line')
    this.litElement = null
    const row = this.lit && this.rows.get(this.lines[this.lit.line]?.id)
    this.litRow = row ?? null
    if (this.ranges) this.ranges.said.clear()
    if (!row) return
    row.element.classList.add('said-line')
    if (row.isEdited) {
      const range = this.#wordRange(row, this.lit.word)
      if (range) this.ranges?.said.add(range)
    } else {
      this.litElement = row.words[this.lit.word] ?? null
      this.litElement?.classList.add('said')
    }
  }

  #mark(row) {
    const marks = this.marks.get(row.id)
    if (row.isEdited || (!marks && !row.isMarked)) return
    row.isMarked = Boolean(marks)
    const begins = offsets(row.line)
    row.words.forEach((span, i) => {
      const from = begins[i]
      const to = from + row.line.words[i].text.length
      const hit = marks?.find((mark) => mark.from < to && mark.to > from)
      span.classList.toggle('found', Boolean(hit))
      span.classList.toggle('current', Boolean(hit?.isCurrent))
    })
  }

  /** In lines that are edited, words are no elements: what is marked there are ranges of text. */
  #highlight() {
    if (!this.ranges) return
    this.ranges.unsure.clear()
    this.ranges.found.clear()
    if (!this.isEditing) return
    for (const row of this.rows.values()) {
      row.line.words.forEach((word, i) => {
        const range = isUnsure(word) && this.#wordRange(row, i)
        if (range) this.ranges.unsure.add(range)
      })
      for (const { from, to } of this.marks.get(row.id) ?? []) {
        const range = this.#range(row, from, to)
        if (range) this.ranges.found.add(range)
      }
    }
  }

  #wordRange(row, word) {
    const said = row.line.words[word]
    if (!said) return null // the line has changed, and is not drawn yet
    const from = offsets(row.line)[word]
    return this.#range(row, from, from + said.text.length)
  }

  #range(row, from, to) {
    const node = row.text.firstChild
    if (node?.nodeType !== Node.TEXT_NODE || to > node.nodeValue.length) return null
    const range = new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to })
    return range
  }

  #follow(isOtherLine) {
    const { line } = this.lit
    const row = this.litRow
    const rowTop = this.heights.before(line)
    const rowHeight = this.heights.values[line]
    const isLong = rowHeight > this.height * 0.45
    if (!isOtherLine && !isLong) return
    // In a line that fills the view it is the word that has to stay in sight.
    const y = isLong && this.litElement ? rowTop + this.litElement.offsetTop : rowTop
    const depth = isLong ? 30 : rowHeight
    const top = this.scroller.scrollTop
    if (row && y > top + this.height * 0.06 && y + depth < top + this.height * 0.72) return
    const target = y - this.height * 0.28
    const distance = target - top
    const isNear = distance > 0 && distance < this.height && !matchMedia('(prefers-reduced-motion: reduce)').matches
    this.#scroll(target, isNear ? 'smooth' : 'instant')
    if (!isNear) {
      this.#draw()
      this.#scroll(this.heights.before(line) - this.height * 0.28)
      this.#draw()
      this.#light()
    }
  }

  /* ---- what people do ---- */

  #listen() {
    const on = (target, name, run, options) => {
      target.addEventListener(name, run, options)
      return () => target.removeEventListener(name, run, options)
    }
    const leave = () => this.setFollow(false)
    const { scroller, list } = this
    this.width = 0
    this.height = 0
    this.resize = new ResizeObserver(([entry]) => this.#resized(entry.contentRect))
    this.resize.observe(scroller)
    this.stops = [
      on(scroller, 'scroll', () => this.#draw(), { passive: true }),
      on(scroller, 'wheel', leave, { passive: true }),
      on(scroller, 'touchmove', leave, { passive: true }),
      on(scroller, 'pointerdown', (event) => event.target === scroller && leave()), // the scroll bar
      on(list, 'click', (event) => this.#clicked(event)),
      on(list, 'dblclick', (event) => this.#clickedTwice(event)),
      on(list, 'keydown', (event) => this.#keyed(event)),
      on(list, 'focusin', (event) => this.#focused(event)),
      on(list, 'input', (event) => this.#typed(event)),
      on(list, 'beforeinput', (event) => this.#beforeTyping(event)),
      on(list, 'paste', (event) => this.#pasted(event)),
      on(list, 'compositionend', (event) => this.#typed(event)),
      on(list, 'focusout', () => this.#endComposing()),
      this.playback.listen((time) => this.setTime(time)),
    ]
  }

  #resized({ width, height }) {
    const isWider = Math.abs(width - this.width) > 0.5
    const anchor = isWider && this.width ? this.#anchor() : null
    this.width = width
    this.height = height
    if (isWider) {
      this.measured.clear()
      this.rows.forEach((row) => (row.isStale = true))
      this.#estimate()
      this.#restore(anchor)
    }
    this.#draw()
  }

  #rowOf(element) {
    const line = element?.closest?.('.line')
    return line && this.list.contains(line) ? this.rows.get(Number(line.dataset.id)) : null
  }

  #clicked(event) {
    const row = this.#rowOf(event.target)
    if (!row) return
    this.#setActive(row.id)
    if (row.head?.contains(event.target)) {
      if (!this.isReadOnly) this.onSpeaker(row.id)
    } else if (row.time.contains(event.target)) {
      this.playback.seek(row.line.start)
      if (!this.isEditing) this.setFollow(true)
    } else if (event.target.dataset.w && getSelection().isCollapsed) {
      this.playback.seek(row.line.words[event.target.dataset.w].start)
      this.setFollow(true)
    }
  }

  #clickedTwice(event) {
    const row = this.#rowOf(event.target)
    const word = event.target.dataset.w
    if (!row || !word || this.isEditing || this.isReadOnly) return
    const from = offsets(row.line)[word]
    this.onEdit({ id: row.id, offset: from, to: from + row.line.words[word].text.length })
  }

  #keyed(event) {
    const row = this.#rowOf(event.target)
    if (!row || isConverting(event) || row === this.composing) return
    if (event.target === row.text) {
      if (this.onKey(event)) event.preventDefault()
      else this.#keyedInText(event, row)
      return
    }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key]
    const wordStep = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (step) {
      const next = this.lines[row.index + step]
      if (next) {
        this.setFollow(false)
        this.show(row.index + step)
        this.rows.get(next.id)?.time.focus({ preventScroll: true })
      }
    } else if (wordStep) {
      const word = this.lit?.line === row.index ? this.lit.word + wordStep : 0
      const start = row.line.words[word]?.start
      if (start !== undefined) this.playback.seek(start)
    } else {
      return
    }
    event.preventDefault()
    event.stopPropagation()
  }

  #keyedInText(event, row) {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    const caret = this.caret()
    if (!caret) return
    const atStart = caret.isCollapsed && caret.offset === 0
    const atEnd = caret.isCollapsed && caret.offset >= row.line.text.length
    if (event.key === 'Backspace' && atStart && !event.shiftKey) {
      const met = this.doc.join(row.id)
      if (met) this.focus(met.id, met.offset)
    } else if (event.key === 'Delete' && atEnd && !event.shiftKey) {
      const next = this.lines[row.index + 1]
      const met = next && this.doc.join(next.id)
      if (met) this.focus(met.id, met.offset)
    } else if (event.key === 'ArrowUp' && !event.shiftKey && this.#isEdgeRow(row, -1)) {
      this.step(-1, true)
    } else if (event.key === 'ArrowDown' && !event.shiftKey && this.#isEdgeRow(row, 1)) {
      this.step(1)
    } else {
      return
    }
    event.preventDefault()
  }

  /** Whether the caret is in the first (−1) or last (1) row of a line's text, so that an arrow leaves the line. */
  #isEdgeRow(row, side) {
    const selection = getSelection()
    if (!selection.rangeCount) return false
    const caret = selection.getRangeAt(0).getClientRects()[0]
    if (!caret) return true // an empty line
    const box = row.text.getBoundingClientRect()
    return side < 0 ? caret.top - box.top < caret.height : box.bottom - caret.bottom < caret.height
  }

  #focused(event) {
    const row = this.#rowOf(event.target)
    if (!row) return
    this.#setActive(row.id)
    if (event.target === row.text) this.setFollow(false)
  }

  #beforeTyping(event) {
    if (event.inputType === 'historyUndo' || event.inputType === 'historyRedo') {
      event.preventDefault()
      // The browser calls this event no part of the composition, which goes on after it.
      if (!this.composing) this.onHistory(event.inputType === 'historyUndo' ? -1 : 1)
    } else if (event.inputType.startsWith('format')) {
      event.preventDefault()
    }
  }

  #pasted(event) {
    const row = this.#rowOf(event.target)
    if (!row?.isEdited) return
    event.preventDefault()
    const text = unbroken(event.clipboardData.getData('text/plain'))
    // The one way that leaves the caret and the selection to the browser; it goes on as an input event.
    document.execCommand('insertText', false, text)
  }

  /** A row is composed in as long as its events say so: not every composition has an end that a browser tells of. */
  #typed(event) {
    const row = this.#rowOf(event.target)
    if (!row?.isEdited) return
    const isSplit = BREAKS.has(event.inputType)
    this.composing = event.isComposing && !isSplit ? row : null
    if (!this.composing) this.#take(row, isSplit)
  }

  /** Take what is being composed as it stands, where its row is left or drawn anew. */
  #endComposing() {
    const row = this.composing
    this.composing = null
    if (row) this.#take(row)
  }

  /** Bring what was typed in a row into the document; `isSplit`: the line ends at the caret, and another begins. */
  #take(row, isSplit = false) {
    const { text, offset } = this.#flatten(row, isSplit ? '' : ' ')
    if (!isSplit) {
      this.doc.type(row.id, text, offset)
      return
    }
    const id = this.doc.split(row.id, offset, text)
    if (id !== null) this.focus(id, 0)
  }

  /**
   * Make the text of a row one piece without line breaks, whatever was dropped into it and in whatever form its browser
   * makes breaks. Returns it, and where the caret is then. `seam`: what takes the place of a break
   */
  #flatten(row, seam) {
    row.text.querySelectorAll('br, div, p').forEach((one) => one.before('\n'))
    row.text.normalize() // browsers leave several text nodes; ranges want one
    const raw = row.text.textContent
    const caret = this.caret()
    const text = unbroken(raw.replace(/\n+$/, ''), seam) // a last one only holds the place for the caret
    const offset = Math.min(unbroken(raw.slice(0, caret?.end ?? 0), seam).length, text.length)
    if (row.text.childElementCount || text !== raw) {
      row.text.textContent = text
      if (caret?.id === row.id) this.#select(row, offset, offset)
    }
    return { text, offset }
  }
}
