/** Who saw and changed a recording, for its owner. */

import { api, query } from '../api.js'
import { dateTime, hasText, t } from '../i18n.js'
import { Button, Dialog, ErrorNote, Spinner, usePages } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { LogEntryView } from '../types.d.ts' */

/** @param {LogEntryView} one */
function whoOf({ who, name }) {
  if (who === 'you') return t('people.log-you')
  if (who === 'administrators') return t('people.log-administrators')
  if (who === 'link') return name ? t('people.log-link', { name }) : t('people.log-link-unnamed')
  return name ?? t('people.log-gone')
}

/** @param {LogEntryView} one */
function whatOf({ what, deed, times }) {
  const text = t(hasText(`people.did-${what}`) ? `people.did-${what}` : `people.deed-${deed}`)
  return times > 1 ? t('people.log-times', { what: text, count: times }) : text
}

/** From when to when, to the minute. @param {LogEntryView} one */
function whenOf({ at, last_at: last }) {
  const [from, until] = [dateTime(at), dateTime(last)]
  return from === until ? from : t('people.log-from-to', { from, until })
}

/** @param {{id: string, onClose: () => void}} props */
export function LogDialog({ id, onClose }) {
  const log = usePages(
    (after, signal) => api.get(`/assets/${encodeURIComponent(id)}/log${query({ after })}`, { signal }),
    id,
  )
  const entries = log.pages?.flatMap((page) => page.entries)
  return html`<${Dialog} title=${t('people.log-title')} onClose=${onClose}>
    <p>${t('people.log-text')}</p>
    ${log.isLoading && !entries && html`<${Spinner} />`}
    <${ErrorNote} error=${log.error} onRetry=${log.reload} />
    ${entries?.length === 0 && html`<p class="muted">${t('people.log-none')}</p>`}
    ${
      entries &&
      entries.length > 0 &&
      html`<ul class="log">${entries.map(
        (one) => html`<li key=${`${one.at} ${one.who} ${one.name} ${one.what}`}>
        <div><strong><bdi>${whoOf(one)}</bdi></strong> · ${whatOf(one)}</div>
        <div class="small muted">${whenOf(one)}</div></li>`,
      )}</ul>`
    }
    <${ErrorNote} error=${log.moreError} onRetry=${log.more} />
    <div class="row end">
      ${log.next && html`<${Button} busy=${log.isLoadingMore} onClick=${log.more}>${t('ui.more')}<//>`}
      <${Button} onClick=${onClose}>${t('ui.close')}<//></div>
  <//>`
}
