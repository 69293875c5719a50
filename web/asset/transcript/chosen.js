/**
 * A bar beside words that are selected: that they are right, and what else can be done with them. For fingers and mice, by
 * what is selected; for keys, by what is meant (`open`).
 */

import { isConfirmed } from '../model/confirmed.js'

/**
 * @import { Span } from '../model/confirmed.js'
 * @import { TranscriptView } from '../transcript-view.js'
 * @typedef {'copy' | 'link' | 'quote' | 'highlight' | 'comment'} Taking what is done with words, beside confirming them
 */

const GAP = 8 // pixels from what is selected, and from the edges of the window

export class Chosen {
  #leaving = new AbortController()
  /** What was meant by a key, while the bar is open for it. @type {Span[] | null} */
  #meant = null
  /** @type {HTMLElement | null} */
  #from = null

  /** @param {TranscriptView} view */
  constructor(view) {
    this.view = view
    this.bar = document.createElement('div')
    this.bar.className = 'chosen-bar'
    this.bar.setAttribute('role', 'toolbar')
    this.bar.hidden = true
    this.button = this.#made('chosen', () => this.#confirm())
    /** @type {[Taking, HTMLButtonElement][]} */
    this.takings = view.page.takings.map((what) => [what, this.#made(`take-${what}`, () => this.#take(what))])
    view.sheet.scroller.after(this.bar)
    const { signal } = this.#leaving
    const update = () => this.update()
    document.addEventListener('selectionchange', update, { signal })
    document.addEventListener('scroll', update, { capture: true, passive: true, signal })
    window.addEventListener('resize', update, { signal })
    this.bar.addEventListener('pointerdown', (event) => event.preventDefault(), { signal }) // what is selected stays so
    this.bar.addEventListener('keydown', (event) => this.#key(event), { signal })
    this.bar.addEventListener('focusout', (event) => this.#left(event), { signal })
  }

  destroy() {
    this.#leaving.abort()
    this.bar.remove()
  }

  /**
   * @param {string} name
   * @param {() => void} press
   */
  #made(name, press) {
    const button = document.createElement('button')
    button.type = 'button'
    button.className = `button small ${name}`
    button.addEventListener('click', press, { signal: this.#leaving.signal })
    this.bar.append(button)
    return button
  }

  /**
   * Stand beside these words, with the focus in the bar.
   * @param {Span[]} spans
   */
  open(spans) {
    if (!spans.length) return
    this.#meant = spans
    this.#from = document.activeElement instanceof HTMLElement ? document.activeElement : null
    this.update()
    this.#buttons()[0]?.focus()
  }

  /** Stand beside what is meant or selected, if something is. */
  update() {
    const spans = this.#spans()
    const at = spans.length ? this.#place(spans) : null
    this.bar.hidden = !at
    if (!at) return
    const { view } = this
    const { t } = view.page
    this.bar.setAttribute('aria-label', t('quotes.bar'))
    this.button.hidden = view.isReadOnly
    if (!view.isReadOnly) {
      const isRight = isConfirmed(view.lines, spans)
      this.button.textContent = t(isRight ? 'asset.confirm.chosen-back' : 'asset.confirm.chosen')
    }
    for (const [what, button] of this.takings) {
      const name = t(`quotes.take.${what}`)
      button.textContent = what === 'copy' ? t('ui.copy') : name
      button.title = name
      button.setAttribute('aria-label', name)
    }
    const sight = view.sheet.scroller.getBoundingClientRect()
    const own = this.bar.getBoundingClientRect()
    const { clientWidth, clientHeight } = document.documentElement
    // What is selected may end out of sight: the bar stays at the edge of what is seen.
    const highest = Math.max(sight.top, 0) + GAP
    const lowest = Math.min(sight.bottom, clientHeight) - own.height - GAP
    if (lowest < highest) {
      this.bar.hidden = true // the whole transcript is out of sight
      return
    }
    const below = at.bottom + GAP
    const top = below > lowest ? at.top - own.height - GAP : below
    this.bar.style.left = `${Math.max(GAP, Math.min(at.left, clientWidth - own.width - GAP))}px`
    this.bar.style.top = `${Math.max(highest, Math.min(top, lowest))}px`
  }

  #spans() {
    return this.#meant ?? this.view.selection()
  }

  /** @param {Span[]} spans */
  #place(spans) {
    if (!this.#meant) {
      const selection = getSelection()
      return selection && endOf(selection)
    }
    const last = spans[spans.length - 1]
    const row = this.view.sheet.rows.get(last.id)
    return (row?.words[last.last] ?? row?.text)?.getBoundingClientRect() ?? null
  }

  #buttons() {
    return [...this.bar.querySelectorAll('button')].filter((button) => !button.hidden)
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key === 'Escape') {
      event.stopPropagation()
      this.#close()
    }
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key]
    if (!step) return
    event.preventDefault()
    event.stopPropagation()
    const buttons = this.#buttons()
    const now = buttons.indexOf(/** @type {HTMLButtonElement} */ (document.activeElement))
    buttons.at((now + step) % buttons.length)?.focus()
  }

  /** @param {FocusEvent} event */
  #left({ relatedTarget }) {
    if (!this.#meant || (relatedTarget instanceof Node && this.bar.contains(relatedTarget))) return
    this.#meant = null
    this.update()
  }

  /** Done, or thought better of: the focus goes back to where it came from. */
  #close() {
    const from = this.#from
    const isOurs = this.bar.contains(document.activeElement)
    this.#meant = null
    this.#from = null
    if (isOurs && from?.isConnected) from.focus()
    getSelection()?.removeAllRanges()
    this.update()
  }

  #confirm() {
    const spans = this.#spans()
    this.#close()
    if (spans.length) this.view.page.onConfirm(spans)
  }

  /** @param {Taking} what */
  #take(what) {
    const spans = this.#spans()
    this.#close()
    if (spans.length) this.view.page.onTake(what, spans)
  }
}

/**
 * Where a selection ends that somebody draws: where they are with it, whichever way it goes.
 * @param {Selection} selection
 */
function endOf({ focusNode, focusOffset }) {
  const range = document.createRange()
  if (focusNode instanceof Text) {
    range.setStart(focusNode, Math.max(0, focusOffset - 1))
    range.setEnd(focusNode, focusOffset)
  } else if (focusNode) {
    range.selectNode(focusNode)
  }
  return range.getBoundingClientRect()
}
