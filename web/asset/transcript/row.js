/** A line of the transcript in the document: who says it, when, and its text, to be read or edited. */

import { isConfirmed, whole } from '../model/confirmed.js'
import { clock } from '../model/format.js'
import { offsets } from '../model/lines.js'
import { isUnsure } from '../model/words.js'
import { rewrite } from './caret.js'

/**
 * @import { Stretch } from '../model/hurtful.js'
 * @import { Line } from '../model/lines.js'
 * @import { Tint } from '../model/quotes.js'
 * @typedef {{id: number, from: number, to: number, isCurrent?: boolean}} Mark characters of a line
 */

/**
 * How rows look at the moment.
 * @typedef {object} Look
 * @property {(key: string, params?: Record<string, string | number>) => string} t
 * @property {(name: string) => string} nameOf how a speaker is called on the page
 * @property {(name: string) => number} colourOf which of the colours of speakers, from 0
 * @property {(line: Line) => Stretch[]} hurtfulIn what of a line is marked as hurtful
 * @property {(stretch: Stretch) => string} reasonOf why
 * @property {boolean} isEditing
 * @property {boolean} isReadOnly
 */

/**
 * `text` with `seam` for the line breaks and tabs that a line cannot have; every other space is left as it is.
 * @param {string} text
 */
export function unbroken(text, seam = ' ') {
  return text.replace(/[\t-\r\u0085\u2028\u2029]+/g, seam)
}

export class Row {
  /** The words that are read, each an element of its own; none while the line is edited. @type {HTMLElement[]} */
  words = []
  index = -1
  isTurn = false
  isEdited = false
  isStale = true
  /** Whether no more than who speaks is to be drawn anew. */
  isHeadStale = false
  #isMarked = false
  #isTinted = false
  /** @type {HTMLElement | null} */
  head = null
  /** Why words are marked: a sign behind each stretch. @type {HTMLButtonElement[]} */
  signs = []
  /** Says that the line is right, or whether it is. @type {HTMLElement | null} */
  right = null

  /** @param {Line} line */
  constructor(line) {
    this.line = line
    this.element = document.createElement('div')
    this.element.className = 'line'
    this.element.setAttribute('role', 'listitem')
    this.element.dataset.id = String(line.id)
    this.time = document.createElement('button')
    this.time.type = 'button'
    this.time.className = 'line-time numbers'
    this.time.tabIndex = -1
    this.text = document.createElement('p')
    this.text.className = 'line-text'
    this.text.dir = 'auto'
    this.element.append(this.time, this.text)
  }

  get id() {
    return this.line.id
  }

  /** @param {boolean} isStop whether Tab reaches it */
  setTabStop(isStop) {
    const stop = isStop ? 0 : -1
    this.time.tabIndex = stop
    for (const sign of this.signs) sign.tabIndex = stop
    if (this.right instanceof HTMLButtonElement) this.right.tabIndex = stop
    if (this.head instanceof HTMLButtonElement) this.head.tabIndex = stop
    if (this.isEdited) this.text.tabIndex = stop
  }

  /**
   * Draw a line. What an input method is composing is taken from the page when that ends: to write here before would end
   * it, and what it types next would stand elsewhere.
   * @param {Line} line
   * @param {boolean} isTurn whether another one spoke before
   * @param {Look} look
   * @param {boolean} isComposing
   */
  fill(line, isTurn, look, isComposing) {
    if (this.isTurn !== isTurn || this.line.speaker !== line.speaker || this.isStale || this.isHeadStale)
      this.#fillHead(line, isTurn, look)
    this.time.textContent = clock(line.start)
    this.time.title = look.t('asset.line.play', { time: clock(line.start) })
    if (look.isEditing) {
      this.#makeEditable(look.t('asset.line.text', { time: clock(line.start) }))
      // What was typed is there already; what others have changed is written around the caret.
      if (!isComposing && this.text.textContent !== line.text) rewrite(this.text, line.text)
    } else if (this.isEdited || this.isStale || line.words !== this.line.words) {
      if (this.isEdited) this.#makeReadable()
      this.#fillWords(line, look)
    }
    this.#fillRight(line, look)
    this.line = line
    this.isStale = false
    this.isHeadStale = false
    this.isTurn = isTurn
  }

  /**
   * Whether somebody stands behind the line: a button for who may say so, a sign for who reads.
   * @param {Line} line
   * @param {Look} look
   */
  #fillRight(line, { t, isReadOnly }) {
    const count = line.words.filter(({ confirmed }) => confirmed).length
    const isWhole = isConfirmed([line], [whole(line)])
    if (this.right?.matches('button') === isReadOnly || (isReadOnly && !isWhole) || !line.words.length) {
      this.right?.remove()
      this.right = null
    }
    if (!line.words.length || (isReadOnly && !isWhole)) return
    if (!this.right) {
      this.right = document.createElement(isReadOnly ? 'span' : 'button')
      this.right.className = 'line-right'
      if (this.right instanceof HTMLButtonElement) {
        this.right.type = 'button'
        this.right.tabIndex = this.time.tabIndex
      } else {
        this.right.setAttribute('role', 'img')
      }
      this.element.append(this.right)
    }
    const isPartly = count > 0 && !isWhole
    const label = isPartly ? 'asset.confirm.line-partly' : isReadOnly ? 'asset.confirm.line-is' : 'asset.confirm.line'
    this.right.setAttribute('aria-label', t(label, { count, of: line.words.length }))
    this.right.title = t(
      isReadOnly ? 'asset.confirm.line-is' : isWhole ? 'asset.confirm.line-back' : 'asset.confirm.line',
    )
    if (!isReadOnly) this.right.setAttribute('aria-pressed', isPartly ? 'mixed' : String(isWhole))
  }

  /**
   * @param {Line} line
   * @param {Look} look
   */
  #fillWords(line, look) {
    const isWhole = isConfirmed([line], [whole(line)])
    this.words = line.words.map((word, i) => {
      const span = document.createElement('span')
      span.className = isUnsure(word) ? 'w unsure' : 'w'
      if (word.confirmed && !isWhole) span.classList.add('confirmed')
      span.textContent = word.text
      span.dataset.w = String(i)
      return span
    })
    const nodes = line.words.flatMap(({ space }, i) => (i && space ? [space, this.words[i]] : [this.words[i]]))
    this.text.replaceChildren(...nodes)
    this.#fillSigns(look.hurtfulIn(line), look)
    this.#fillLearnt(line, look)
  }

  /**
   * Mark what a rule has written, with a sign behind it that says what was heard.
   * @param {Line} line
   * @param {Look} look
   */
  #fillLearnt(line, { t, isReadOnly }) {
    for (const [i, { heard }] of line.words.entries()) {
      if (heard === undefined) continue
      const of = `learnt-${i}`
      this.words[i].classList.add('learnt')
      this.words[i].dataset.sign ??= of
      const sign = document.createElement('button')
      sign.type = 'button'
      sign.className = 'reason learnt'
      sign.dataset.of = of
      if (!isReadOnly) sign.dataset.back = String(i)
      sign.setAttribute('aria-label', t(isReadOnly ? 'asset.learnt.heard' : 'asset.learnt.back', { heard }))
      sign.tabIndex = this.time.tabIndex
      this.words[i].after(sign)
      this.signs.push(sign)
    }
  }

  /**
   * Mark what is hurtful, and put a sign behind each stretch that says why.
   * @param {Stretch[]} stretches
   * @param {Look} look
   */
  #fillSigns(stretches, look) {
    this.signs = stretches.map((stretch, number) => {
      for (const word of stretch.words) {
        this.words[word].classList.add('hurtful')
        this.words[word].dataset.sign = String(number)
      }
      const sign = document.createElement('button')
      sign.type = 'button'
      sign.className = 'reason'
      sign.dataset.of = String(number)
      sign.setAttribute('aria-label', look.reasonOf(stretch))
      sign.tabIndex = this.time.tabIndex
      this.words[stretch.last].after(sign)
      return sign
    })
  }

  /**
   * @param {Line} line
   * @param {boolean} isTurn
   * @param {Look} look
   */
  #fillHead({ speaker }, isTurn, { t, nameOf, colourOf, isReadOnly }) {
    this.head?.remove()
    this.head = null
    this.element.classList.toggle('turn', isTurn)
    if (!isTurn) return
    const swatch = document.createElement('span')
    swatch.className = `swatch s${speaker === null ? 'none' : colourOf(speaker)}`
    const called = document.createElement('bdi')
    called.textContent = speaker === null ? t('asset.speaker.unknown') : nameOf(speaker)
    this.head = document.createElement(isReadOnly ? 'p' : 'button')
    this.head.className = 'line-head'
    this.head.append(swatch, called)
    if (this.head instanceof HTMLButtonElement) {
      this.head.type = 'button'
      this.head.title = t('asset.speaker.change')
    }
    this.element.prepend(this.head)
  }

  /** @param {string} label */
  #makeEditable(label) {
    this.text.setAttribute('aria-label', label)
    if (this.isEdited) return
    this.isEdited = true
    this.text.textContent = ''
    this.words = []
    this.signs = []
    this.text.setAttribute('role', 'textbox')
    this.text.setAttribute('aria-multiline', 'true')
    try {
      this.text.contentEditable = 'plaintext-only'
    } catch {
      this.text.contentEditable = 'true' // browsers before 2025; pasting is made plain by `typing.js`
    }
    this.text.spellcheck = true
  }

  #makeReadable() {
    this.isEdited = false
    for (const name of ['role', 'aria-multiline', 'aria-label', 'contenteditable', 'tabindex']) {
      this.text.removeAttribute(name)
    }
  }

  /**
   * Mark places in the words that are read.
   * @param {Mark[] | undefined} marks
   */
  mark(marks) {
    if (this.isEdited || (!marks && !this.#isMarked)) return
    this.#isMarked = Boolean(marks)
    const begins = offsets(this.line)
    for (const [i, span] of this.words.entries()) {
      const from = begins[i]
      const to = from + this.line.words[i].text.length
      const hit = marks?.find((mark) => mark.from < to && mark.to > from)
      span.classList.toggle('found', Boolean(hit))
      span.classList.toggle('current', Boolean(hit?.isCurrent))
    }
  }

  /**
   * Show that somebody has marked words that are read.
   * @param {Tint[] | undefined} tints
   */
  tint(tints) {
    if (this.isEdited || (!tints && !this.#isTinted)) return
    this.#isTinted = Boolean(tints)
    for (const [i, span] of this.words.entries()) {
      const on = tints?.filter(({ first, last }) => i >= first && i <= last) ?? []
      const colour = on.findLast((tint) => tint.kind === 'highlight')?.colour
      span.classList.toggle(
        'quoted',
        on.some(({ kind }) => kind === 'quote'),
      )
      span.classList.toggle(
        'commented',
        on.some(({ kind }) => kind === 'comment'),
      )
      if (colour) span.dataset.colour = colour
      else delete span.dataset.colour
    }
  }

  /**
   * Where a word stands in a text that is edited; null if the line has changed, and is not drawn yet.
   * @param {number} word
   */
  wordRange(word) {
    const said = this.line.words[word]
    if (!said) return null
    const from = offsets(this.line)[word]
    return this.range(from, from + said.text.length)
  }

  /**
   * A stretch of a text that is edited, where words are no elements.
   * @param {number} from
   * @param {number} to
   */
  range(from, to) {
    const node = this.text.firstChild
    if (!(node instanceof Text) || to > node.data.length) return null
    return new StaticRange({ startContainer: node, startOffset: from, endContainer: node, endOffset: to })
  }

  /**
   * Select a stretch of the text.
   * @param {number} from
   * @param {number} to
   */
  select(from, to) {
    const node = this.text.firstChild
    if (!(node instanceof Text)) return
    const limit = node.data.length
    getSelection()?.setBaseAndExtent(node, Math.min(from, limit), node, Math.min(to, limit))
  }

  /**
   * The character of the text that a place in the row stands at.
   * @param {Node} node
   * @param {number} offset
   */
  offsetOf(node, offset) {
    const range = document.createRange()
    range.selectNodeContents(this.text)
    const side = range.comparePoint(node, offset)
    if (side) return side < 0 ? 0 : this.line.text.length
    range.setEnd(node, offset)
    return range.toString().length
  }

  /** The characters that are selected in the text, or where the caret is; null if it is elsewhere. */
  selected() {
    const selection = getSelection()
    if (!selection?.anchorNode || !selection.focusNode || !this.text.contains(selection.focusNode)) return null
    const ends = [
      this.offsetOf(selection.anchorNode, selection.anchorOffset),
      this.offsetOf(selection.focusNode, selection.focusOffset),
    ]
    return { offset: Math.min(...ends), end: Math.max(...ends) }
  }

  /**
   * Make the text one piece without line breaks, whatever was dropped into it and in whatever form its browser makes
   * breaks. Returns it, and where the caret is then.
   * @param {string} seam what takes the place of a break
   */
  flatten(seam) {
    for (const one of this.text.querySelectorAll('br, div, p')) one.before('\n')
    this.text.normalize() // browsers leave several text nodes; ranges want one
    const raw = this.text.textContent
    const caret = document.activeElement === this.text ? (this.selected() ?? { end: 0 }) : null
    const text = unbroken(raw.replace(/\n+$/, ''), seam) // a last one only holds the place for the caret
    const offset = Math.min(unbroken(raw.slice(0, caret?.end ?? 0), seam).length, text.length)
    if (this.text.childElementCount || text !== raw) {
      this.text.textContent = text
      if (caret) this.select(offset, offset)
    }
    return { text, offset }
  }
}
