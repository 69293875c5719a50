/** What people do in the transcript: clicks, keys, and what they type, with an input method too. */

import { isConverting } from '../../typing.js'
import { whole } from '../model/confirmed.js'
import { offsets } from '../model/lines.js'
import { unbroken } from './row.js'

/**
 * @import { TranscriptView } from '../transcript-view.js'
 * @import { Row } from './row.js'
 */

/** What browsers call the line breaks that somebody asked for: with Enter, or with what a keyboard has in its place. */
const BREAKS = new Set(['insertParagraph', 'insertLineBreak'])

/** @type {Record<string, number | undefined>} */
const LINE_STEPS = { ArrowDown: 1, ArrowUp: -1 }
/** @type {Record<string, number | undefined>} */
const WORD_STEPS = { ArrowRight: 1, ArrowLeft: -1 }

/** @param {KeyboardEvent} event */
const isModified = (event) => event.altKey || event.ctrlKey || event.metaKey

export class Input {
  /** The row whose text an input method is at work on. @type {Row | null} */
  composing = null
  #leaving = new AbortController()

  /** @param {TranscriptView} view */
  constructor(view) {
    this.view = view
    this.sheet = view.sheet
    this.doc = view.doc
    const { scroller, list } = view.sheet
    const { signal } = this.#leaving
    const away = () => view.setFollow(false)
    scroller.addEventListener('scroll', () => view.scrolled(), { passive: true, signal })
    scroller.addEventListener('wheel', away, { passive: true, signal })
    scroller.addEventListener('touchmove', away, { passive: true, signal })
    scroller.addEventListener('pointerdown', (event) => event.target === scroller && away(), { signal }) // the scroll bar
    list.addEventListener('click', (event) => this.#clicked(event), { signal })
    list.addEventListener('dblclick', (event) => this.#clickedTwice(event), { signal })
    list.addEventListener('keydown', (event) => this.#keyed(event), { signal })
    list.addEventListener('focusin', (event) => this.#focused(event), { signal })
    list.addEventListener('input', (event) => this.#typed(/** @type {InputEvent} */ (event)), { signal })
    list.addEventListener('beforeinput', (event) => this.#beforeTyping(event), { signal })
    list.addEventListener('paste', (event) => this.#pasted(event), { signal })
    list.addEventListener('compositionend', (event) => this.#typed(event), { signal })
    list.addEventListener('focusout', () => this.endComposing(), { signal })
  }

  /** Do nothing any more. */
  stop() {
    this.endComposing()
    this.#leaving.abort()
  }

  /** Take what is being composed as it stands, where its row is left or drawn anew. */
  endComposing() {
    const row = this.composing
    this.composing = null
    if (row) this.#take(row)
  }

  /* ---- clicks ---- */

  /** @param {MouseEvent} event */
  #clicked(event) {
    const { view } = this
    const target = /** @type {HTMLElement} */ (event.target)
    const row = this.sheet.rowOf(target)
    if (!row) return
    this.sheet.setActive(row.id)
    if (row.head?.contains(target)) {
      if (!view.isReadOnly) view.page.onSpeaker(row.id)
    } else if (row.right?.contains(target)) {
      if (!view.isReadOnly) view.page.onConfirm([whole(row.line)])
    } else if (target.dataset.back !== undefined) {
      const isByKey = document.activeElement === target
      view.page.onTakeBack(row.id, Number(target.dataset.back))
      if (isByKey && !target.isConnected) row.time.focus({ preventScroll: true }) // the sign has gone
    } else if (row.time.contains(target)) {
      view.playback.seek(row.line.start)
      if (!view.isEditing) view.setFollow(true)
    } else if (target.dataset.w && getSelection()?.isCollapsed) {
      view.playback.seek(row.line.words[Number(target.dataset.w)].start)
      view.setFollow(true)
    }
  }

  /** @param {MouseEvent} event */
  #clickedTwice(event) {
    const target = /** @type {HTMLElement} */ (event.target)
    const row = this.sheet.rowOf(target)
    if (!row || !target.dataset.w || this.view.isEditing || this.view.isReadOnly) return
    const word = Number(target.dataset.w)
    const from = offsets(row.line)[word]
    this.view.page.onEdit({ id: row.id, offset: from, to: from + row.line.words[word].text.length })
  }

  /** @param {FocusEvent} event */
  #focused(event) {
    const row = this.sheet.rowOf(event.target)
    if (!row) return
    this.sheet.setActive(row.id)
    if (event.target === row.text) this.view.setFollow(false)
  }

  /* ---- keys ---- */

  /** @param {KeyboardEvent} event */
  #keyed(event) {
    const row = this.sheet.rowOf(event.target)
    if (!row || isConverting(event) || row === this.composing) return
    if (event.target === row.text) {
      if (this.view.page.onKey(event) || this.#keyedInText(event, row)) event.preventDefault()
    } else if (!isModified(event) && this.#keyedInReading(event, row)) {
      event.preventDefault()
      event.stopPropagation()
    }
  }

  /**
   * The arrows, where lines are only read. Returns whether it was one.
   * @param {KeyboardEvent} event
   * @param {Row} row
   */
  #keyedInReading(event, row) {
    const { view } = this
    const step = LINE_STEPS[event.key]
    const wordStep = WORD_STEPS[event.key]
    if (step) {
      const next = view.lines[row.index + step]
      if (next) {
        view.setFollow(false)
        view.show(row.index + step)
        this.sheet.rows.get(next.id)?.time.focus({ preventScroll: true })
      }
    } else if (wordStep) {
      const word = view.lit?.line === row.index ? view.lit.word + wordStep : 0
      const start = row.line.words[word]?.start
      if (start !== undefined) view.playback.seek(start)
    }
    return Boolean(step || wordStep)
  }

  /**
   * Keys that leave a line, or join it with another. Returns whether it was one.
   * @param {KeyboardEvent} event
   * @param {Row} row
   */
  #keyedInText(event, row) {
    const caret = this.view.caret()
    if (isModified(event) || event.shiftKey || !caret) return false
    const atStart = caret.isCollapsed && caret.offset === 0
    const atEnd = caret.isCollapsed && caret.offset >= row.line.text.length
    if (event.key === 'Backspace' && atStart) this.#join(row.id)
    else if (event.key === 'Delete' && atEnd) this.#join(this.view.lines[row.index + 1]?.id)
    else if (event.key === 'ArrowUp' && isAtEdge(row, -1)) this.view.step(-1, true)
    else if (event.key === 'ArrowDown' && isAtEdge(row, 1)) this.view.step(1)
    else return false
    return true
  }

  /** @param {number | undefined} id the line to join to the one before */
  #join(id) {
    const met = id === undefined ? null : this.doc.join(id)
    if (met) this.view.focus(met.id, met.offset)
  }

  /* ---- what is typed ---- */

  /** @param {InputEvent} event */
  #beforeTyping(event) {
    if (event.inputType === 'historyUndo' || event.inputType === 'historyRedo') {
      event.preventDefault()
      // The browser calls this event no part of the composition, which goes on after it.
      if (!this.composing) this.view.page.onHistory(event.inputType === 'historyUndo' ? -1 : 1)
    } else if (event.inputType.startsWith('format')) {
      event.preventDefault()
    }
  }

  /** @param {ClipboardEvent} event */
  #pasted(event) {
    const row = this.sheet.rowOf(event.target)
    if (!row?.isEdited) return
    event.preventDefault()
    const text = unbroken(event.clipboardData?.getData('text/plain') ?? '')
    // The one way that leaves the caret and the selection to the browser; it goes on as an input event.
    document.execCommand('insertText', false, text)
  }

  /**
   * A row is composed in as long as its events say so: not every composition has an end that a browser tells of.
   * @param {InputEvent | CompositionEvent} event
   */
  #typed(event) {
    const row = this.sheet.rowOf(event.target)
    if (!row?.isEdited) return
    const isSplit = 'inputType' in event && BREAKS.has(event.inputType)
    const isComposing = 'isComposing' in event && event.isComposing && !isSplit
    this.composing = isComposing ? row : null
    if (!isComposing) this.#take(row, isSplit)
  }

  /**
   * Bring what was typed in a row into the document.
   * @param {Row} row
   * @param {boolean} isSplit whether the line ends at the caret, and another begins
   */
  #take(row, isSplit = false) {
    const { text, offset } = row.flatten(isSplit ? '' : ' ')
    if (!isSplit) {
      this.doc.type(row.id, text, offset)
      return
    }
    const id = this.doc.split(row.id, offset, text)
    if (id !== null) this.view.focus(id, 0)
  }
}

/**
 * Whether the caret is in the first or last of the rows that a text takes, so that an arrow leaves the line.
 * @param {Row} row
 * @param {-1 | 1} side −1: the first; 1: the last
 */
function isAtEdge(row, side) {
  const selection = getSelection()
  if (!selection?.rangeCount) return false
  const caret = selection.getRangeAt(0).getClientRects()[0]
  if (!caret) return true // an empty line
  const box = row.text.getBoundingClientRect()
  return side < 0 ? caret.top - box.top < caret.height : box.bottom - caret.bottom < caret.height
}
