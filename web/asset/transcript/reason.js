/** Why words of the transcript are marked: said beside them while somebody points at their sign, or is on it. */

const GAP = 6 // pixels between the sign and what it says, and from the edges of the window

export class Reason {
  /** @type {HTMLElement | null} the sign that it is said of */
  #sign = null
  #leaving = new AbortController()

  /** @param {HTMLElement} scroller */
  constructor(scroller) {
    this.scroller = scroller
    this.element = document.createElement('div')
    this.element.className = 'reason-bubble small'
    this.element.setAttribute('aria-hidden', 'true') // the sign has the same for its name
    this.element.hidden = true
    scroller.after(this.element)
    const { signal } = this.#leaving
    const hide = () => this.#show(null)
    const over = (/** @type {Event} */ event) => this.#show(signOf(event.target) ?? this.#focused())
    scroller.addEventListener('pointerover', over, { signal })
    scroller.addEventListener('pointerleave', () => this.#show(this.#focused()), { signal })
    scroller.addEventListener('focusin', (event) => this.#show(signOf(event.target)), { signal })
    scroller.addEventListener('focusout', hide, { signal })
    document.addEventListener('scroll', () => this.#place(), { capture: true, passive: true, signal })
    scroller.addEventListener('click', (event) => isSign(event.target) && this.#show(event.target), { signal })
    document.addEventListener('keydown', (event) => event.key === 'Escape' && hide(), { signal })
    window.addEventListener('resize', () => this.#place(), { signal })
  }

  destroy() {
    this.#leaving.abort()
    this.element.remove()
  }

  /** What the sign stood for may be gone, or stand elsewhere. */
  update() {
    if (this.#sign && !this.#sign.isConnected) this.#show(null)
    else this.#place()
  }

  #focused() {
    return isSign(document.activeElement) ? document.activeElement : null
  }

  /** @param {HTMLElement | null} sign */
  #show(sign) {
    if (sign === this.#sign) return
    this.#sign = sign
    this.element.textContent = sign?.getAttribute('aria-label') ?? ''
    this.#place()
  }

  /** Stand beside the sign, as long as that is in sight. */
  #place() {
    const at = this.#sign?.isConnected ? this.#sign.getBoundingClientRect() : null
    const sight = this.scroller.getBoundingClientRect()
    this.element.hidden = !at || at.bottom < sight.top || at.top > sight.bottom
    if (!at || this.element.hidden) return
    const own = this.element.getBoundingClientRect()
    const left = Math.max(GAP, Math.min(at.left, document.documentElement.clientWidth - own.width - GAP))
    const isBelow = at.top - own.height - GAP < GAP
    this.element.style.left = `${left}px`
    this.element.style.top = `${isBelow ? at.bottom + GAP : at.top - own.height - GAP}px`
  }
}

/** @param {unknown} target @returns {target is HTMLElement} */
const isSign = (target) => target instanceof HTMLElement && target.classList.contains('reason')

/**
 * The sign of what is pointed at: that itself, or a word that it marks.
 * @param {unknown} target
 */
function signOf(target) {
  if (isSign(target)) return target
  if (!(target instanceof HTMLElement) || target.dataset.sign === undefined) return null
  const sign = target.parentElement?.querySelector(`.reason[data-of="${target.dataset.sign}"]`)
  return isSign(sign) ? sign : null
}
