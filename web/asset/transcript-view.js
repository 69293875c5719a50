/**
 * The transcript on the page: all lines are in the document, and the word that is said is lit by moving a class from one
 * element to another. It is written with the DOM itself: a component that draws lists anew would take longer than a frame
 * with three hours of talk, and would fight with the caret over a line that is edited.
 *
 * A sheet holds the rows, each with a line; what people do there is heard by the input.
 */

import { locale } from '../i18n.js'
import { between, isConfirmed, whole } from './model/confirmed.js'
import { offsets, wordAtOffset } from './model/lines.js'
import { isSameTint } from './model/quotes.js'
import { nextWord, placeAt } from './model/times.js'
import { isUnsure } from './model/words.js'
import { Chosen } from './transcript/chosen.js'
import { Copying } from './transcript/copying.js'
import { Input } from './transcript/input.js'
import { Reason } from './transcript/reason.js'
import { Sheet } from './transcript/sheet.js'

/**
 * @import { TranscriptDocument } from './document.js'
 * @import { Span } from './model/confirmed.js'
 * @import { Hurtful } from './model/hurtful.js'
 * @import { Line } from './model/lines.js'
 * @import { Place } from './model/times.js'
 * @import { Playback } from './playback.js'
 * @import { Tint } from './model/quotes.js'
 * @import { Taking } from './transcript/chosen.js'
 * @import { Look, Mark, Row } from './transcript/row.js'
 */

const MARKED_AROUND = 1200 // pixels above and below what is in sight, in which words are marked in lines that are edited
const LATE = 3 // seconds after its end from which a word is no longer lit

/** Ranges of text that are marked where words are no elements: in lines that are edited. */
const highlights = globalThis.CSS?.highlights && globalThis.Highlight ? CSS.highlights : null

/**
 * @typedef {{id: number, offset: number, to: number}} Spot characters of a line,
 *   as the caret or a selection takes them
 */

/**
 * What the page gives.
 * @typedef {object} Page
 * @property {TranscriptDocument} doc
 * @property {Playback} playback
 * @property {Look['t']} t
 * @property {Look['nameOf']} nameOf
 * @property {Look['colourOf']} colourOf
 * @property {Look['reasonOf']} reasonOf
 * @property {(follows: boolean) => void} onFollow
 * @property {(id: number) => void} onSpeaker the speaker of a line was clicked
 * @property {(spot: Spot) => void} onEdit a word was clicked twice
 * @property {(spans: Span[]) => void} onConfirm words are right, or are not any more
 * @property {Taking[]} takings what can be done with words that are chosen, beside confirming them
 * @property {(what: Taking, spans: Span[]) => void} onTake
 * @property {(id: number, word: number) => void} onTakeBack what a rule wrote is to be as it was heard
 * @property {(step: number) => void} onHistory the browser's own undo (−1) or redo (1) was asked for
 * @property {(event: KeyboardEvent) => boolean} onKey a key in a line that is edited; true: it is dealt with
 */

export class TranscriptView {
  isEditing = false
  isReadOnly = false
  follows = true
  /** The word that is said. @type {Place | null} */
  lit = null
  /** @type {Map<number, Mark[]>} */
  #marks = new Map()
  /** How words look that somebody has marked. @type {Map<number, Tint[]>} */
  #tints = new Map()
  /** What is marked as hurtful; null where nothing is, or nobody wants to see it. @type {Hurtful | null} */
  #hurtful = null
  #ranges = highlights && {
    confirmed: new Highlight(),
    learnt: new Highlight(),
    hurtful: new Highlight(),
    unsure: new Highlight(),
    found: new Highlight(),
    said: new Highlight(),
  }
  /** @type {Row | null} */
  #litRow = null
  /** @type {HTMLElement | null} */
  #litElement = null
  /** What rows look like beside their lines. */
  #look = { of: '', names: '' }
  /** The lines in which words are marked while they are edited. @type {[first: number, last: number]} */
  #marked = [0, -1]
  /** The uncertain word that was gone to last. @type {{id: number, word: number} | null} */
  #pointed = null

  /**
   * @param {HTMLElement} scroller
   * @param {Page} page
   */
  constructor(scroller, page) {
    this.page = page
    this.doc = page.doc
    this.playback = page.playback
    this.sheet = new Sheet(
      scroller,
      (row, line, isTurn) => this.#fill(row, line, isTurn),
      () => this.#filled(),
    )
    for (const [name, ranges] of Object.entries(this.#ranges ?? {})) highlights?.set(`tr-${name}`, ranges)
    this.input = new Input(this)
    this.reason = new Reason(scroller)
    this.chosen = new Chosen(this)
    this.copying = new Copying(this)
    this.resize = new ResizeObserver(([entry]) => {
      this.sheet.resize(entry.contentRect)
      this.scrolled()
    })
    this.resize.observe(scroller)
    this.print = () => this.sheet.complete()
    window.addEventListener('beforeprint', this.print)
    this.stop = this.playback.listen((time) => this.setTime(time))
  }

  destroy() {
    this.input.stop()
    this.reason.destroy()
    this.chosen.destroy()
    this.copying.destroy()
    this.stop()
    this.resize.disconnect()
    this.sheet.destroy()
    window.removeEventListener('beforeprint', this.print)
    for (const name of Object.keys(this.#ranges ?? {})) highlights?.delete(`tr-${name}`)
  }

  /** The lines that are shown. */
  get lines() {
    return this.sheet.lines
  }

  /** The id of the line that Tab reaches. */
  get active() {
    return this.sheet.active
  }

  /* ---- what the page tells ---- */

  /** Draw what changed in the document. Lines that are the same objects are left alone. */
  sync() {
    if (this.doc.shown !== this.lines) {
      this.sheet.setLines(this.doc.shown)
      this.lit = null
      this.#look = this.#lookNow()
    }
    this.draw()
    this.reason.update()
    this.chosen.update()
    this.setTime(this.playback.time)
  }

  /** Draw anew what looks otherwise than it did: another language, other names or colours of speakers. */
  redraw() {
    const before = this.#look
    this.#look = this.#lookNow()
    if (before.of !== this.#look.of) this.sheet.spoil()
    else if (before.names !== this.#look.names) this.sheet.spoilHeads()
    else return
    this.draw()
  }

  #lookNow() {
    const { nameOf, colourOf } = this.page
    const names = [...new Set(this.lines.map(({ speaker }) => speaker ?? ''))]
    return {
      of: [locale(), this.isEditing, this.isReadOnly].join(),
      names: JSON.stringify(names.map((name) => name && [name, nameOf(name), colourOf(name)])),
    }
  }

  /** @param {boolean} isEditing */
  setEditing(isEditing) {
    if (isEditing === this.isEditing) return
    this.input.endComposing()
    this.isEditing = isEditing
    this.redraw()
    this.lit = null
    this.setTime(this.playback.time)
  }

  /**
   * Mark places in the text.
   * @param {Mark[]} marks
   */
  setMarks(marks) {
    const before = this.#marks
    this.#marks = new Map()
    for (const mark of marks) this.#marks.set(mark.id, [...(this.#marks.get(mark.id) ?? []), mark])
    for (const id of new Set([...before.keys(), ...this.#marks.keys()]))
      this.sheet.rows.get(id)?.mark(this.#marks.get(id))
    this.#highlight()
  }

  /** @param {Map<number, Tint[]>} tints how words look from now on that somebody has marked, by the id of their line */
  setTints(tints) {
    const before = this.#tints
    this.#tints = tints
    for (const id of new Set([...before.keys(), ...tints.keys()]))
      if (!isSameTint(before.get(id), tints.get(id))) this.sheet.rows.get(id)?.tint(tints.get(id))
  }

  /** @param {Hurtful | null} hurtful what is marked as hurtful from now on */
  setHurtful(hurtful) {
    if (hurtful === this.#hurtful) return
    const before = this.#hurtful
    this.#hurtful = hurtful
    for (const row of this.sheet.rows.values())
      if (before?.in(row.line).length || hurtful?.in(row.line).length) row.isStale = true
    this.draw()
    this.#highlight()
  }

  /**
   * Light the word that is said. Called once a frame: it does nothing while the word is the same.
   * @param {number} time in seconds
   */
  setTime(time) {
    const place = placeAt(this.doc.times, time)
    const word = place && this.lines[place.line]?.words[place.word]
    const isLate = !word || time > word.end + LATE
    if (isLate ? this.lit === null : this.lit?.line === place.line && this.lit.word === place.word) return
    const isOtherLine = this.lit?.line !== place?.line
    this.lit = isLate ? null : place
    this.#light()
    if (this.follows) this.#follow(isOtherLine)
  }

  /**
   * Follow what is said again, from where it is now; or no more.
   * @param {boolean} follows
   */
  setFollow(follows) {
    if (follows !== this.follows) {
      this.follows = follows
      this.page.onFollow(follows)
    }
    if (follows) this.#follow(true)
  }

  /**
   * Bring a line into sight, and make it the one that Tab reaches.
   * @param {number} index
   */
  show(index) {
    if (!this.lines[index]) return
    const { sheet } = this
    sheet.setActive(this.lines[index].id)
    const top = sheet.reach(index)
    const low = sheet.scroller.scrollTop + sheet.height * 0.1
    const high = sheet.scroller.scrollTop + sheet.height * 0.75
    if (top < low || top > high) sheet.scroll(top - sheet.height * 0.3)
    this.draw()
  }

  /**
   * Put the caret into a line (or the focus on its time, while it is only read).
   * @param {number} id
   * @param {number} [offset] the character
   * @param {number} [to] the end of a selection
   */
  focus(id, offset = 0, to = offset) {
    const index = this.sheet.placeOf(id)
    if (index === undefined) return
    this.show(index)
    const row = this.sheet.rows.get(id)
    if (!this.isEditing) {
      row?.time.focus({ preventScroll: true })
      return
    }
    row?.text.focus({ preventScroll: true })
    row?.select(offset, to)
  }

  /** The line and the character where the caret is, or the selection from `offset` to `end`; null if it is in no line. */
  caret() {
    const row = this.sheet.rowOf(document.activeElement)
    if (!row || !this.isEditing || document.activeElement !== row.text) return null
    const { offset, end } = row.selected() ?? { offset: 0, end: 0 }
    return { id: row.id, offset, end, isCollapsed: offset === end }
  }

  /** The time of the word at the caret or of the active line; the start of the first line if there is neither. */
  caretTime() {
    const caret = this.caret()
    const line = this.lines[this.sheet.placeOf(caret?.id ?? this.active) ?? 0]
    if (!line) return null
    return line.words[caret ? wordAtOffset(line, caret.offset) : 0]?.start ?? line.start
  }

  /**
   * Go to an uncertain word and select it. Returns false if there is none.
   * @param {1 | -1} step the next one, or the one before
   */
  nextUnsure(step) {
    const caret = this.caret()
    const index = this.sheet.placeOf(caret?.id ?? this.active) ?? this.lit?.line ?? 0
    const line = this.lines[index]
    let word = -1
    if (caret) word = wordAtOffset(line, caret.offset) - (caret.isCollapsed && step > 0 && caret.offset === 0 ? 1 : 0)
    else if (this.#pointed && this.#pointed.id === line?.id) word = this.#pointed.word
    const found = nextWord(this.lines, { line: index, word }, step, isUnsure)
    if (!found) return false
    const { id, words } = this.lines[found.line]
    const from = offsets(this.lines[found.line])[found.word]
    const to = from + words[found.word].text.length
    this.#pointed = { id, word: found.word }
    this.setFollow(false)
    this.focus(id, from, to)
    if (!this.isEditing) this.setMarks([{ id, from, to, isCurrent: true }])
    this.playback.seek(words[found.word].start)
    return true
  }

  /**
   * The line after (1) or before (−1) the one with the caret gets it.
   * @param {1 | -1} step
   */
  step(step, atEnd = false) {
    const line = this.lines[(this.sheet.placeOf(this.caret()?.id ?? this.active) ?? -1) + step]
    if (line) this.focus(line.id, atEnd ? line.text.length : 0)
  }

  /* ---- what is meant ---- */

  /** The words that are selected where they are read, in whichever of the lines; none while nothing is. */
  selection() {
    const selection = getSelection()
    if (!selection || selection.isCollapsed || this.isEditing) return []
    const ends = [
      this.#wordAt(selection.anchorNode, selection.anchorOffset),
      this.#wordAt(selection.focusNode, selection.focusOffset),
    ]
    const [some, other] = ends
    if (!some || !other) return []
    const isForward = some.line < other.line || (some.line === other.line && some.at <= other.at)
    const [first, last] = isForward ? [some, other] : [other, some]
    // A selection that ends where a word begins has nothing of it.
    return between(
      this.lines,
      { line: first.line, word: wordFrom(this.lines[first.line], first.at) },
      { line: last.line, word: wordUntil(this.lines[last.line], last.at) },
    )
  }

  /**
   * Which words are meant by a key: those that are selected, the uncertain one that was gone to, or else the line with the
   * focus, or that is said.
   * @param {boolean} isWord whether only the word that is said, or where the caret is, is meant
   * @returns {Span[]}
   */
  meant(isWord) {
    const caret = this.caret()
    const selected = this.selection()
    if (selected.length) return selected
    if (caret) {
      const line = this.lines[this.sheet.placeOf(caret.id) ?? -1]
      if (!line?.words.length) return []
      if (!caret.isCollapsed)
        return [{ id: line.id, first: wordFrom(line, caret.offset), last: wordUntil(line, caret.end) }]
      const word = wordAtOffset(line, caret.offset)
      return [isWord ? { id: line.id, first: word, last: word } : whole(line)]
    }
    const { lit } = this
    const said = lit && this.lines[lit.line]
    const isPointed = said && this.#pointed?.id === said.id && this.#pointed.word === lit.word
    if (said && (isWord || isPointed)) return [{ id: said.id, first: lit.word, last: lit.word }]
    const line = this.sheet.rowOf(document.activeElement)?.line ?? said
    return line?.words.length && !isWord ? [whole(line)] : []
  }

  /**
   * The place of a node in a line, in characters of its text.
   * @param {Node | null} node
   * @param {number} offset
   */
  #wordAt(node, offset) {
    const row = this.sheet.rowOf(node instanceof Element ? node : (node?.parentElement ?? null))
    if (!node || !row || row.isEdited) return null
    return { line: row.index, at: row.offsetOf(node, offset) }
  }

  /* ---- drawing ---- */

  /** Draw what has changed. */
  draw() {
    this.sheet.draw()
  }

  /** Something else is in sight. */
  scrolled() {
    this.sheet.drawInSight()
    if (!this.isEditing) return
    const [first, last] = this.sheet.near(0)
    if (first < this.#marked[0] || last > this.#marked[1]) this.#highlight()
  }

  /** Rows were drawn: what comes with them is drawn too. */
  #filled() {
    if (!this.#litElement?.isConnected) this.#litElement = null
    if (this.lit) this.#light()
    this.#highlight()
  }

  /**
   * @param {Row} row
   * @param {Line} line
   * @param {boolean} isTurn
   */
  #fill(row, line, isTurn) {
    const { t, nameOf, colourOf, reasonOf } = this.page
    const { isEditing, isReadOnly } = this
    const hurtfulIn = (/** @type {Line} */ one) => this.#hurtful?.in(one) ?? []
    const look = { t, nameOf, colourOf, reasonOf, hurtfulIn, isEditing, isReadOnly }
    row.fill(line, isTurn, look, row === this.input.composing)
    row.mark(this.#marks.get(row.id))
    row.tint(this.#tints.get(row.id))
  }

  #light() {
    this.#litElement?.classList.remove('said')
    this.#litRow?.element.classList.remove('said-line')
    this.#litElement = null
    this.#litRow = (this.lit && this.sheet.rows.get(this.lines[this.lit.line]?.id)) ?? null
    this.#ranges?.said.clear()
    if (!this.#litRow || !this.lit) return
    this.#litRow.element.classList.add('said-line')
    if (this.#litRow.isEdited) {
      const range = this.#litRow.wordRange(this.lit.word)
      if (range) this.#ranges?.said.add(range)
    } else {
      this.#litElement = this.#litRow.words[this.lit.word] ?? null
      this.#litElement?.classList.add('said')
    }
  }

  /** Mark uncertain and hurtful words, and what was found, in lines that are edited. */
  #highlight() {
    if (!this.#ranges) return
    const { confirmed, learnt, hurtful, unsure, found } = this.#ranges
    confirmed.clear()
    learnt.clear()
    hurtful.clear()
    unsure.clear()
    found.clear()
    if (!this.isEditing) return
    const [first, last] = this.sheet.near(MARKED_AROUND)
    this.#marked = [first, last]
    for (const { id } of this.lines.slice(first, last + 1)) {
      const row = this.sheet.rows.get(id)
      if (!row) continue
      const isWhole = isConfirmed([row.line], [whole(row.line)])
      for (const [i, word] of row.line.words.entries()) {
        const marks = [
          isUnsure(word) && unsure,
          word.heard !== undefined && learnt,
          word.confirmed && !isWhole && confirmed,
        ]
        const range = marks.some(Boolean) && row.wordRange(i)
        if (range) for (const mark of marks) if (mark) mark.add(range)
      }
      for (const { words } of this.#hurtful?.in(row.line) ?? []) {
        for (const word of words) {
          const range = row.wordRange(word)
          if (range) hurtful.add(range)
        }
      }
      for (const { from, to } of this.#marks.get(row.id) ?? []) {
        const range = row.range(from, to)
        if (range) found.add(range)
      }
    }
  }

  /** @param {boolean} isOtherLine whether what is said now stands in another line than before */
  #follow(isOtherLine) {
    if (!this.lit) return
    const { sheet } = this
    const { line } = this.lit
    if (!this.#litRow) sheet.reach(line) // which makes the row
    const rowHeight = this.#litRow?.element.offsetHeight ?? 0
    const isLong = rowHeight > sheet.height * 0.45
    if (!isOtherLine && !isLong) return
    const top = sheet.scroller.scrollTop
    // In a line that fills the view it is the word that has to stay in sight.
    const y = sheet.topOf(line) + (isLong ? (this.#litElement?.offsetTop ?? 0) : 0)
    const depth = isLong ? 30 : rowHeight
    if (y > top + sheet.height * 0.06 && y + depth < top + sheet.height * 0.72) return
    const distance = y - sheet.height * 0.28 - top
    const isNear = distance > 0 && distance < sheet.height && !matchMedia('(prefers-reduced-motion: reduce)').matches
    if (isNear) {
      sheet.scroll(top + distance, 'smooth')
      return
    }
    const word = isLong ? this.#litElement : null
    sheet.scroll(sheet.reach(line) + (word?.offsetTop ?? 0) - sheet.height * 0.28)
  }
}

/**
 * The first word of a line that ends behind a character.
 * @param {Line} line
 * @param {number} at
 */
function wordFrom(line, at) {
  const begins = offsets(line)
  const found = line.words.findIndex(({ text }, i) => begins[i] + text.length > at)
  return found < 0 ? line.words.length : found
}

/**
 * The last word of a line that begins before a character; −1 if none does.
 * @param {Line} line
 * @param {number} at
 */
const wordUntil = (line, at) => offsets(line).filter((begins) => begins < at).length - 1
