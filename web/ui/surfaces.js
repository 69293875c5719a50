/** What things stand in: dialogs, menus, the head of a page. */

import { t } from '../i18n.js'
import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact.js'
import { Button, Icon } from './controls.js'
import { ErrorNote } from './feedback.js'
import { useAction, useId, useOutside } from './hooks.js'

/** @import { Children } from '../types.d.ts' */

/**
 * A modal dialog; the browser keeps the focus inside and gives it back afterwards. Escape closes.
 * @param {{title: string, onClose: () => void, children?: Children}} props
 */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(/** @type {HTMLDialogElement | null} */ (null))
  const id = useId('dialog')
  useLayoutEffect(() => {
    const back = document.activeElement
    dialog.current?.showModal()
    if (dialog.current) beginAtTop(dialog.current)
    return () => {
      dialog.current?.close() // while it is open, nothing behind it takes the focus
      if (back instanceof HTMLElement && back.isConnected) back.focus()
    }
  }, [])
  return html`<dialog class="dialog" ref=${dialog} aria-labelledby=${id} onCancel=${(/** @type {Event} */ event) => {
    event.preventDefault()
    onClose()
  }}>
    <h2 id=${id} tabindex="-1">${title}</h2>
    <div class="dialog-body">${children}</div>
  </dialog>`
}

/**
 * A dialog begins at its top: the focus goes to the field that asks for it (`autofocus`) or the first, if that is to be seen
 * from there, or else to the heading. A name that is asked for (`autofocus` and `required`) is selected, so that another is
 * typed in its place.
 * Browsers give it to the first thing that takes it, however far down that is.
 * @param {HTMLDialogElement} dialog
 */
function beginAtTop(dialog) {
  const field =
    dialog.querySelector('[autofocus]:not(:disabled)') ??
    dialog.querySelector('input:not([type=hidden], :disabled), select:not(:disabled), textarea:not(:disabled)')
  dialog.scrollTop = 0
  const lowest = Math.min(dialog.getBoundingClientRect().bottom, document.documentElement.clientHeight)
  const isSeen = field instanceof HTMLElement && field.getBoundingClientRect().bottom < lowest
  const begins = isSeen ? field : dialog.querySelector('h2')
  begins?.focus({ preventScroll: true })
  if (begins instanceof HTMLInputElement && begins.matches('[autofocus][required]')) begins.select()
}

/**
 * Asks before something that cannot be undone. `onConfirm` may fail: its error is shown, and the dialog stays.
 * @param {{title: string, confirm: string, danger?: boolean, disabled?: boolean, onConfirm: () => unknown,
 *   onClose: () => void, children?: Children}} props
 */
export function ConfirmDialog({ title, confirm, danger = false, disabled = false, onConfirm, onClose, children }) {
  const [run, isBusy, error] = useAction(onConfirm)
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="dialog-body" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault()
      if (!disabled) run()
    }}>
      ${children}
      <${ErrorNote} error=${error} />
      <div class="row end">
        <${Button} onClick=${onClose}>${t('ui.cancel')}<//>
        <${Button} type="submit" variant=${danger ? 'danger' : 'primary'} busy=${isBusy} disabled=${disabled}>${confirm}<//>
      </div>
    </form>
  <//>`
}

/**
 * A button that opens a short list of buttons or links below it (a disclosure: Tab moves through it, Escape closes it).
 * @param {{label: string, icon?: string, text?: string, children?: Children}}
 *   props text: what the button shows instead of an icon
 */
export function Menu({ label, icon = 'more', text, children }) {
  const [isOpen, setOpen] = useState(false)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const id = useId('menu')
  useOutside(box, isOpen, () => setOpen(false))
  const closeByKey = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    box.current?.querySelector('button')?.focus()
  }
  const choose = (/** @type {{target: Element}} */ { target }) => target.closest('a, button') && setOpen(false)
  // What is chosen is out of sight soon: a dialog that it opens leads back to here.
  const stay = (/** @type {{target: Element}} */ { target }) =>
    target.closest('button') && box.current?.querySelector('button')?.focus()
  const shown = text ? html`<span aria-hidden="true">${text}</span>` : html`<${Icon} name=${icon} />`
  return html`<div class="menu" ref=${box} onKeyDown=${closeByKey}>
    <button type="button" class="button quiet ${text ? 'small' : 'icon'}" aria-label=${text && text !== label ? `${text} – ${label}` : label} title=${label}
      aria-expanded=${String(isOpen)} aria-controls=${id} onClick=${() => setOpen(!isOpen)}>${shown}</button>
    <div class="menu-list" id=${id} hidden=${!isOpen} onClickCapture=${stay} onClick=${choose}>${children}</div>
  </div>`
}

/**
 * The heading of a page: also names the document, and takes the focus when the page was reached from another one.
 * `children` stand beside it.
 * @param {{title: string, children?: Children}} props
 */
export function PageTitle({ title, children }) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    document.title = `${title} – Rapporteur`
  }, [title])
  // With what is shown: later, it would take the focus from where somebody has gone meanwhile.
  useLayoutEffect(() => {
    if (document.body.dataset.moved) heading.current?.focus({ preventScroll: true })
  }, [])
  return html`<div class="page-head"><h1 ref=${heading} tabindex="-1" dir="auto">${title}</h1>${children}</div>`
}
