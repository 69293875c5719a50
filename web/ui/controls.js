/** What people press, fill in and choose from. */

import { html } from '../vendor/preact.js'
import { useId } from './hooks.js'

/** @import { Children, Rest } from '../types.d.ts' */

/**
 * A button, or with `href` a link that looks like one. variant: "primary" | "danger" | "quiet"; size: "small".
 * While `busy` it cannot be pressed again, but it keeps the focus.
 * @param {{variant?: string, size?: string, busy?: boolean, href?: string, onClick?: (event: Event) => unknown,
 *   children?: Children} & Rest} props
 */
export function Button({ variant = '', size = '', busy = false, href, onClick, children, ...rest }) {
  const className = `button ${variant} ${size} ${rest.class ?? ''}`
  if (href) return html`<a ...${rest} class=${className} href=${href}>${children}</a>`
  return html`<button type="button" ...${rest} class=${className} aria-disabled=${busy || rest['aria-disabled'] || undefined}
    onClick=${(/** @type {Event} */ event) => (busy ? event.preventDefault() : onClick?.(event))}>
    ${busy && html`<span class="spinner" aria-hidden="true"></span>`}${children}
  </button>`
}

const ICONS = {
  more: html`<circle cx="4" cy="10" r="1.6" fill="currentColor" stroke="none" /><circle cx="10" cy="10" r="1.6" fill="currentColor" stroke="none" /><circle cx="16" cy="10" r="1.6" fill="currentColor" stroke="none" />`,
  close: html`<path d="m5 5 10 10M15 5 5 15" />`,
  check: html`<path d="m4 10.5 4 4 8-9" />`,
  copy: html`<rect x="7" y="7" width="9" height="9" rx="1.5" /><path d="M13 7V4.5A1.5 1.5 0 0 0 11.5 3h-7A1.5 1.5 0 0 0 3 4.5v7A1.5 1.5 0 0 0 4.5 13H7" />`,
  search: html`<circle cx="8.5" cy="8.5" r="5" /><path d="m12.5 12.5 4.5 4.5" />`,
  upload: html`<path d="M10 13V4m-4 4 4-4 4 4M3.5 13v3h13v-3" />`,
  download: html`<path d="M10 4v9m-4-4 4 4 4-4M3.5 13v3h13v-3" />`,
  user: html`<circle cx="10" cy="7" r="3.2" /><path d="M3.5 17c.8-3.4 3.4-5 6.5-5s5.7 1.6 6.5 5" />`,
  sound: html`<path d="M3 10v0M6.5 7v6M10 4v12M13.5 7v6M17 10v0" />`,
  picture: html`<rect x="3" y="4" width="14" height="12" rx="1.5" /><circle cx="7.5" cy="8" r="1.4" /><path d="m4 14.500 4-3.500 3 2.500 3-3.500 2.500 3" />`,
  paper: html`<path d="M5 2.500h7l3.500 3.500v11.500H5z" /><path d="M12 2.500V6h3.500M7.500 10h5.500M7.500 13h5.500" />`,
  folder: html`<path d="M3 15.500v-11h5l1.500 2H17v9z" />`,
  film: html`<rect x="3" y="4.5" width="14" height="11" rx="1.5" /><path d="m8.5 7.5 4 2.5-4 2.5z" />`,
}

/**
 * A line drawing, for decoration only: the words beside it say what it means.
 * @param {{name: keyof typeof ICONS, size?: number | string}} props
 */
export const Icon = ({ name, size = 20 }) => html`<svg width=${size} height=${size} viewBox="0 0 20 20" fill="none"
  stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICONS[name]}</svg>`

/**
 * A button that shows only a drawing; `label` is its name for everybody else.
 * @param {{icon: keyof typeof ICONS, label: string} & Rest} props
 */
export const IconButton = ({ icon, label, ...rest }) =>
  html`<${Button} variant="quiet" size="icon" aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /><//>`

/**
 * A label, a control, a hint and a problem, tied together.
 * @typedef {{label: string, hint?: string, problem?: string, id?: string}} Labelled
 * @param {Labelled & {children: (bind: Rest) => Children}} props
 *   children gets the attributes that the control must carry
 */
export function Field({ id: given, label, hint, problem, children }) {
  const own = useId('field')
  const id = given ?? own
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ')
  const bind = { id, 'aria-describedby': described || undefined, 'aria-invalid': problem ? 'true' : undefined }
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children(bind)}
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    ${problem && html`<p class="problem" id="${id}-problem">${problem}</p>`}
  </div>`
}

/**
 * What does something with the value that a field has now.
 * @type {(run: (value: string) => unknown) => (event: {target: HTMLInputElement}) => unknown}
 */
export const withValue = (run) => (event) => run(event.target.value)

/**
 * A labelled line of input. `onInput` gets the value.
 * @param {Labelled & {value: string, onInput: (value: string) => void} & Rest} props
 */
export const TextField = ({
  label,
  hint,
  problem,
  value,
  onInput,
  ...rest
}) => html`<${Field} label=${label} hint=${hint} problem=${problem}>
  ${(/** @type {Rest} */ bind) => html`<input class="input" type="text" dir="auto" ...${rest} ...${bind} value=${value} onInput=${withValue(onInput)} />`}
<//>`

/**
 * A labelled choice.
 * @param {Labelled & Choice & Rest} props
 */
export const SelectField = ({
  label,
  hint,
  value,
  options,
  onChange,
  ...rest
}) => html`<${Field} label=${label} hint=${hint}>
  ${(/** @type {Rest} */ bind) => html`<${Select} ...${rest} ...${bind} value=${value} options=${options} onChange=${onChange} />`}
<//>`

/**
 * @typedef {{value: string | undefined, options: [value: string, text: string][], onChange: (value: string) => void}}
 *   Choice
 * @param {Choice & Rest} props
 */
export const Select = ({
  value,
  options,
  onChange,
  ...rest
}) => html`<select class="select" ...${rest} value=${value} onChange=${withValue(onChange)}>
  ${options.map(([key, text]) => html`<option key=${key} dir="auto" value=${key} selected=${key === value}>${text}</option>`)}
</select>`

/** @param {{label: Children, checked: boolean, onChange: (isChecked: boolean) => void} & Rest} props */
export const Checkbox = ({ label, checked, onChange, ...rest }) => html`<label class="check">
  <input type="checkbox" ...${rest} checked=${checked} onChange=${(/** @type {{target: HTMLInputElement}} */ event) => onChange(event.target.checked)} /><span>${label}</span>
</label>`

/**
 * A form whose submission stays on the page.
 * @param {{onSubmit: () => unknown, children: Children} & Rest} props
 */
export const Form = ({ onSubmit, children, ...rest }) => html`<form class="form" ...${rest}
  onSubmit=${(/** @type {Event} */ event) => {
    event.preventDefault()
    onSubmit()
  }}>${children}</form>`
