/** Whose a recording is, and what one is to it. */

import { t } from '../i18n.js'
import { html } from '../vendor/preact.js'

/** What one is to a recording of somebody else's. @param {{role: string}} props */
export const RoleBadge = ({ role }) => html`<span class="chip accent">${t(`people.you-${role}`)}</span>`

/**
 * The same, and from whom one has it: `by` is the address of its owner, if that is known.
 * @param {{role: string, by?: string | null}} props
 */
export const Whose = ({ role, by }) => html`<p class="row small">
  <${RoleBadge} role=${role} />${by && html`<span class="muted shared-by">${t('people.by', { address: by })}</span>`}
</p>`
