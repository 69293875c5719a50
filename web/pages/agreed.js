/** What people have agreed to outside of this service: on which day, to which wording, and who noted it. */

import { date, dateTime, t } from '../i18n.js'
import { TextField } from '../ui.js'
import { html } from '../vendor/preact.js'
import { called } from './accounts.js'

/**
 * @import { ConsentGiven, ConsentView } from '../types.d.ts'
 * @import { Accounts } from './accounts.js'
 */

/** @type {ConsentGiven} */
export const NOT_YET = { given_on: '', wording: '' }

/** @param {{consent: ConsentGiven, onChange: (consent: ConsentGiven) => void}} props */
export function AgreedFields({ consent, onChange }) {
  const today = new Date().toLocaleDateString('sv') // as 2026-11-29, by this clock
  return html`<${TextField} label=${t('faces.agreed-on')} type="date" required min="2000-01-01" max=${today} value=${consent.given_on}
      onInput=${(/** @type {string} */ given_on) => onChange({ ...consent, given_on })} />
    <${TextField} label=${t('faces.wording')} hint=${t('faces.wording-hint')} required maxlength="300" value=${consent.wording}
      onInput=${(/** @type {string} */ wording) => onChange({ ...consent, wording })} />`
}

/** @param {{consent: ConsentView}} props */
export const Agreed = ({ consent: { given_on, wording } }) =>
  html`<div>${t('faces.agreed', { day: date(Date.parse(`${given_on}T12:00`) / 1000), wording: '' })}<bdi>${wording}</bdi></div>`

/** @param {{consent: ConsentView, accounts: Accounts | undefined}} props */
export const AgreedNoted = ({ consent: { recorded_at, recorded_by }, accounts }) =>
  html`<span>${t('faces.noted', { who: called(recorded_by, accounts), when: dateTime(recorded_at) })}</span>`
