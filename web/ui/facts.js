/** What is known of something, in one line: its parts, with a dot behind each but the last. */

import { html } from '../vendor/preact.js'

/** @import { Children } from '../types.d.ts' */

/**
 * A dot stays with the part before it, so that no line begins with one, and where a part is missing there is none.
 * @param {{parts: Children[]}} props
 */
export function FactsLine({ parts }) {
  const there = parts.filter(Boolean)
  return html`<p class="facts">${there.map(
    (part, i) =>
      html`<span key=${i} class="fact">${part}${i < there.length - 1 && html`<span class="fact-dot" aria-hidden="true">·</span>`}</span> `,
  )}</p>`
}
