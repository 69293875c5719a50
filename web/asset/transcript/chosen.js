/** A button beside words that are selected: that they are right, or are not any more. For fingers and mice; keys do the same. */

import { isConfirmed } from '../model/confirmed.js'

/** @import { TranscriptView } from '../transcript-view.js' */

const GAP = 8 // pixels from what is selected, and from the edges of the window

export class Chosen {
  #leaving = new AbortController()

  /** @param {TranscriptView} view */
  constructor(view) {
    this.view = view
    this.button = document.createElement('button')
    this.button.type = 'button'
    this.button.className = 'button small chosen'
    this.button.hidden = true
    view.sheet.scroller.after(this.button)
    const { signal } = this.#leaving
    const update = () => this.update()
    document.addEventListener('selectionchange', update, { signal })
    document.addEventListener('scroll', update, { capture: true, passive: true, signal })
    window.addEventListener('resize', update, { signal })
    this.button.addEventListener('pointerdown', (event) => event.preventDefault(), { signal }) // what is selected stays so
    this.button.addEventListener('click', () => this.#press(), { signal })
  }

  destroy() {
    this.#leaving.abort()
    this.button.remove()
  }

  /** Stand beside what is selected, if something is. */
  update() {
    const { view } = this
    const spans = view.isReadOnly ? [] : view.selection()
    const selection = spans.length ? getSelection() : null
    this.button.hidden = !selection?.rangeCount
    if (!selection || this.button.hidden) return
    const isRight = isConfirmed(view.lines, spans)
    this.button.textContent = view.page.t(isRight ? 'asset.confirm.chosen-back' : 'asset.confirm.chosen')
    const boxes = selection.getRangeAt(0).getClientRects()
    const last = boxes[boxes.length - 1]
    const sight = view.sheet.scroller.getBoundingClientRect()
    if (!last || last.bottom < sight.top || last.top > sight.bottom) {
      this.button.hidden = true
      return
    }
    const own = this.button.getBoundingClientRect()
    const left = Math.min(last.left, document.documentElement.clientWidth - own.width - GAP)
    const isAbove = last.bottom + GAP + own.height > document.documentElement.clientHeight
    this.button.style.left = `${Math.max(GAP, left)}px`
    this.button.style.top = `${isAbove ? last.top - own.height - GAP : last.bottom + GAP}px`
  }

  #press() {
    const spans = this.view.selection()
    getSelection()?.removeAllRanges()
    if (spans.length) this.view.page.onConfirm(spans)
  }
}
