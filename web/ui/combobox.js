/**
 * A field in which one types to find one of many, as the ARIA Authoring Practices have it: an editable combobox with a
 * list of suggestions. https://www.w3.org/WAI/ARIA/apg/patterns/combobox/
 */

import { t } from '../i18n.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'
import { Field } from './controls.js'
import { useId } from './hooks.js'

/** @import { Rest } from '../types.d.ts' */

/** How many are shown at once: nobody reads more, and each costs time to draw. */
const MOST = 50

/**
 * `value` is the one that is chosen, "" if what was typed is none. `optionsFor` tells which stand for a text; all for "".
 * @param {{id: string, label: string, hint?: string, problem?: string, value: string, none: string,
 *   textOf: (value: string) => string, optionsFor: (text: string) => {value: string, text: string}[],
 *   onChange: (value: string) => void}} props none: what is said where nothing is found
 */
export function Combobox({ id, label, hint, problem, value, textOf, optionsFor, onChange, none }) {
  const list = useId('list')
  /** What somebody types; null: nobody does, and the field shows what is chosen. */
  const [typed, setTyped] = useState(/** @type {string | null} */ (null))
  const [isOpen, setOpen] = useState(false)
  const [active, setActive] = useState(0)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const found = isOpen ? optionsFor(typed ?? '') : []
  const options = found.slice(0, MOST)
  const shown = typed ?? (value ? textOf(value) : '')
  useEffect(() => {
    if (isOpen) box.current?.querySelector('[aria-selected="true"]')?.scrollIntoView({ block: 'nearest' })
  }, [active, isOpen])

  const open = () => {
    setOpen(true)
    setActive(
      Math.max(
        0,
        optionsFor(typed ?? '').findIndex((one) => one.value === value),
      ),
    )
  }
  const choose = (/** @type {string} */ chosen) => {
    onChange(chosen)
    setTyped(null)
    setOpen(false)
  }
  const type = (/** @type {{target: HTMLInputElement}} */ { target }) => {
    setTyped(target.value)
    setActive(0)
    setOpen(true)
  }
  const leave = () => {
    setOpen(false)
    if (typed === null) return
    const meant = optionsFor(typed)
    if (typed.trim() !== '' && meant.length === 1) choose(meant[0].value)
    else if (typed === textOf(value)) setTyped(null)
    else onChange('')
  }
  const press = (/** @type {KeyboardEvent} */ event) => {
    if (event.isComposing) return
    const steps = /** @type {Record<string, number>} */ ({ ArrowDown: 1, ArrowUp: -1, PageDown: 8, PageUp: -8 })
    if (event.key in steps) {
      event.preventDefault()
      if (!isOpen) open()
      else if (options.length) setActive((active + steps[event.key] + options.length) % options.length)
    } else if (event.key === 'Enter' && isOpen) {
      event.preventDefault()
      if (options[active]) choose(options[active].value)
    } else if (event.key === 'Escape' && (isOpen || typed !== null)) {
      event.preventDefault()
      setTyped(null)
      setOpen(false)
    }
  }
  return html`<div class="combobox" ref=${box}><${Field} id=${id} label=${label} hint=${hint} problem=${isOpen ? undefined : problem}>
    ${(/** @type {Rest} */ bind) => html`<div class="combobox-box">
      <input class="input" type="text" dir="auto" role="combobox" autocomplete="off" spellcheck="false" aria-autocomplete="list" ...${bind}
        aria-expanded=${String(isOpen)} aria-controls=${list} aria-activedescendant=${isOpen && options[active] ? `${list}-${active}` : undefined}
        value=${shown} onInput=${type} onKeyDown=${press} onBlur=${leave} onClick=${open}
        onFocus=${(/** @type {{target: HTMLInputElement}} */ { target }) => target.select()} />
      <ul class="combobox-list" id=${list} role="listbox" aria-label=${label} hidden=${!isOpen || options.length === 0}>
        ${options.map(
          (one, i) => html`<li key=${one.value} id=${`${list}-${i}`} role="option" aria-selected=${String(i === active)}
          onMouseDown=${(/** @type {Event} */ event) => event.preventDefault()} onClick=${() => choose(one.value)}>${one.text}</li>`,
        )}
      </ul>
    </div>`}
  <//>
  <p class="small muted combobox-said" role="status">${!isOpen ? '' : found.length === 0 ? none : t('ui.found', { count: found.length })}</p></div>`
}
