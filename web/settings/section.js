/** A part of the settings, which one can jump to. */

import { t } from '../i18n.js'
import { html } from '../vendor/preact.js'

/** @import { Children } from '../types.d.ts' */

/** @param {{name: string, children?: Children}} props */
export const Section = ({ name, children }) => html`<section class="panel stack" aria-labelledby=${`section-${name}`}>
  <h2 id=${`section-${name}`} tabindex="-1">${t(`settings.${name}`)}</h2>${children}</section>`
