/** Small drawings and buttons of the player and the transcript, and what is remembered in this browser. */

import { html } from '../vendor/preact.js'

/** @import { Children, Rest } from '../types.d.ts' */

const DRAWINGS = {
  play: html`<path d="M6 4v12l10-6z" fill="currentColor" />`,
  pause: html`<path d="M6 4.5v11M14 4.5v11" stroke-width="3" />`,
  back: html`<path d="M4 4v5h5" /><path d="M4.4 9A6.2 6.2 0 1 1 4 12" />`,
  forward: html`<path d="M16 4v5h-5" /><path d="M15.6 9A6.2 6.2 0 1 0 16 12" />`,
  captions: html`<rect x="2.5" y="4.5" width="15" height="11" rx="1.5" /><path d="M8.5 8.7a2 2 0 1 0 0 2.6M14.5 8.7a2 2 0 1 0 0 2.6" />`,
  sound: html`<path d="M3.5 8v4h3l4 3V5l-4 3z" /><path d="M13.5 7.5a3.6 3.6 0 0 1 0 5M15.7 5.3a6.6 6.6 0 0 1 0 9.4" />`,
  mute: html`<path d="M3.5 8v4h3l4 3V5l-4 3z" /><path d="m13.5 8 4 4M17.5 8l-4 4" />`,
  boxes: html`<path d="M3.5 3.5h8v8h-8z" /><path d="M14.500 8.500h2v8h-8v-2" />`,
  full: html`<path d="M3.5 7.5v-4h4M12.5 3.5h4v4M16.5 12.5v4h-4M7.5 16.5h-4v-4" />`,
  undo: html`<path d="M7 4 3 8l4 4" /><path d="M3 8h8.5a4.5 4.5 0 0 1 0 9H8" />`,
  redo: html`<path d="m13 4 4 4-4 4" /><path d="M17 8H8.5a4.5 4.5 0 0 0 0 9H12" />`,
  up: html`<path d="m5 12.5 5-5 5 5" />`,
  down: html`<path d="m5 7.5 5 5 5-5" />`,
  pen: html`<path d="m4 16 .8-3.5L13.5 3.800l2.700 2.700L7.5 15.200z" />`,
  keys: html`<rect x="2.5" y="5" width="15" height="10" rx="1.5" /><path d="M5.5 8h.01M8.5 8h.01M11.5 8h.01M14.5 8h.01M6.5 12h7" />`,
}

/**
 * A drawing; the words beside it or the label of its button say what it means.
 * @param {{name: keyof typeof DRAWINGS}} props
 */
export const Drawing = ({ name }) => html`<svg class="drawing" width="20" height="20" viewBox="0 0 20 20" fill="none"
  stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${DRAWINGS[name]}</svg>`

/**
 * A square button that shows a drawing.
 * @param {{name: keyof typeof DRAWINGS, label: string, children?: Children} & Rest} props
 */
export const Tool = ({
  name,
  label,
  children,
  ...rest
}) => html`<button type="button" class="tool" aria-label=${label} title=${label} ...${rest}>
  <${Drawing} name=${name} />${children}
</button>`

/**
 * Whether an element takes what is typed, so that single keys must be left to it.
 * @param {HTMLElement} element
 */
export function takesKeys(element) {
  return (
    element.isContentEditable ||
    element.matches('input:not([type=range], [type=checkbox], [type=radio], [type=button]), textarea, select')
  )
}
