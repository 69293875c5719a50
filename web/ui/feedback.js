/** What tells people how it goes: failures in words, progress, what is said in passing. */

import { hasText, t } from '../i18n.js'
import { html, useState } from '../vendor/preact.js'
import { Button, Icon, IconButton } from './controls.js'
import { useId } from './hooks.js'

/** @import { Children, Failed, Rest } from '../types.d.ts' */

/**
 * What to tell people about an error: our own words for its code, or else the API's sentence.
 * @param {unknown} failure whatever was thrown, or the API told of a run
 */
export function errorText(failure) {
  const error = /** @type {Failed | undefined} */ (failure)
  const key = `error.${error?.code}`
  if (hasText(key)) return t(key)
  if (error?.status && error.status >= 500) return t('error.server')
  return error?.message || t('error.unknown')
}

/** @param {{label?: string}} props */
export const Spinner = ({ label = t('ui.loading') }) =>
  html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${label}</p>`

/**
 * kind: "bad" | "good" | "warn" | ""
 * @param {{kind?: string, children?: Children} & Rest} props
 */
export const Note = ({ kind = '', children, ...rest }) => html`<div class="note ${kind}" ...${rest}>${children}</div>`

/**
 * An error in words, with a way to try again where there is one. Shows nothing when there is no error.
 * @param {{error?: Failed | null | false, onRetry?: () => unknown}} props
 */
export const ErrorNote = ({ error, onRetry }) =>
  error &&
  html`<${Note} kind="bad" role="alert"><span>${errorText(error)}</span>
    ${onRetry && html`<${Button} size="small" onClick=${onRetry}>${t('ui.try-again')}<//>`}<//>`

/**
 * What a page shows instead of an empty list.
 * @param {{title: string, children?: Children, action?: Children}} props
 */
export const EmptyState = ({ title, children, action }) => html`<div class="empty">
  <h2>${title}</h2>${children && html`<p>${children}</p>`}${action}
</div>`

/**
 * value: 0 to 1, or undefined where nobody knows.
 * @param {{value?: number, label: string, kind?: string}} props
 */
export const Progress = ({ value, label, kind = '' }) =>
  html`<progress class="progress ${kind}" max="1" value=${value} aria-label=${label}></progress>`

/**
 * How much of an allowance is used. limit 0 or none: there is no allowance to fill.
 * @param {{label: string, used: number, limit: number, format: (value: number) => string}} props
 */
export function Meter({ label, used, limit, format }) {
  const id = useId('meter')
  const share = limit ? Math.min(1, used / limit) : 0
  return html`<div class="meter wide">
    <div class="meter-words"><span id=${id}>${label}</span><span class="numbers muted">${t('ui.of', { used: format(used), limit: format(limit) })}</span></div>
    <progress class="progress ${share >= 0.9 ? 'bad' : ''}" max="1" value=${share} aria-labelledby=${id}></progress>
  </div>`
}

/** @typedef {{text: string, kind: string, about: string, id: number}} Toast */

let made = 0
/** @type {(toast: Toast) => void} */
let showToast = () => {}
/** @type {(about: string) => void} */
let dropToasts = () => {}
/**
 * Says something in passing, at the bottom of the page. kind: "" | "bad". It takes the place of what was said of the same
 * thing (`about`) before.
 * @param {string} text
 * @param {string} [kind]
 * @param {string} [about]
 */
export const toast = (text, kind = '', about = text) => showToast({ text, kind, about, id: ++made })

/** What was said of something holds no more. @param {string} about */
export const untoast = (about) => dropToasts(about)

/**
 * What is said then: at most three, and one of each thing.
 * @param {Toast[]} all
 * @param {Toast} one
 */
export const withToast = (all, one) => [...all.filter(({ about }) => about !== one.about).slice(-2), one]

/** The shell places this once. It is a live region, so it stays in the document when it is empty. */
export function Toasts() {
  const [toasts, setToasts] = useState(/** @type {Toast[]} */ ([]))
  const drop = (/** @type {number} */ id) => setToasts((all) => all.filter((one) => one.id !== id))
  showToast = (one) => {
    setToasts((all) => withToast(all, one))
    setTimeout(() => drop(one.id), 8000)
  }
  dropToasts = (about) => setToasts((all) => all.filter((one) => one.about !== about))
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.map(
      (one) => html`<div key=${one.id} class="toast ${one.kind}"><span>${one.text}</span>
      <${IconButton} icon="close" label=${t('ui.close')} onClick=${() => drop(one.id)} /></div>`,
    )}
  </div>`
}

/**
 * Copies a text, and says so.
 * @param {{text: string, label?: string}} props
 */
export function CopyButton({ text, label = t('ui.copy') }) {
  const copy = () =>
    navigator.clipboard.writeText(text).then(
      () => toast(t('ui.copied')),
      () => toast(t('ui.copy-failed'), 'bad'),
    )
  return html`<${Button} size="small" onClick=${copy}><${Icon} name="copy" size="16" />${label}<//>`
}
