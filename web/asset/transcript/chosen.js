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
    this.button.hidden = !selection
    if (!selection || this.button.hidden) return
    const isRight = isConfirmed(view.lines, spans)
    this.button.textContent = view.page.t(isRight ? 'asset.confirm.chosen-back' : 'asset.confirm.chosen')
    const last = endOf(selection)
    const sight = view.sheet.scroller.getBoundingClientRect()
    const own = this.button.getBoundingClientRect()
    const { clientWidth, clientHeight } = document.documentElement
    // What is selected may end out of sight: the button stays at the edge of what is seen.
    const highest = Math.max(sight.top, 0) + GAP
    const lowest = Math.min(sight.bottom, clientHeight) - own.height - GAP
    if (lowest < highest) {
      this.button.hidden = true // the whole transcript is out of sight
      return
    }
    const below = last.bottom + GAP
    const top = below > lowest ? last.top - own.height - GAP : below
    this.button.style.left = `${Math.max(GAP, Math.min(last.left, clientWidth - own.width - GAP))}px`
    this.button.style.top = `${Math.max(highest, Math.min(top, lowest))}px`
  }

  #press() {
    const spans = this.view.selection()
    getSelection()?.removeAllRanges()
    if (spans.length) this.view.page.onConfirm(spans)
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
