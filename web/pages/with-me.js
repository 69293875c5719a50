/** What others share with whoever is here. */

import { api, query } from '../api.js'
import { LeaveDialog } from '../asset/role.js'
import { language, t } from '../i18n.js'
import { Facts } from '../library/facts.js'
import { Preview } from '../library/preview.js'
import { RoleBadge } from '../library/whose.js'
import { Button, EmptyState, ErrorNote, PageTitle, Spinner, StatusChip, titleOf, usePages } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/** @import { HiddenFromMe, SharedWithMe } from '../types.d.ts' */

export function WithMePage() {
  const list = usePages((after, signal) => api.get(`/me/shared${query({ after })}`, { signal }), language())
  const shared = list.pages?.flatMap((page) => page.shared)
  const hidden = list.pages?.flatMap((page) => page.hidden) ?? []
  return html`<${PageTitle} title=${t('people.with-me')}><${Button} href="#/">${t('nav.library')}<//><//>
    ${list.isLoading && !shared && html`<${Spinner} />`}
    <${ErrorNote} error=${list.error} onRetry=${list.reload} />
    ${shared?.length === 0 && hidden.length === 0 && !list.next && html`<${EmptyState} title=${t('people.with-me-none')}>${t('people.with-me-none-text')}<//>`}
    ${shared && html`<ul class="cards">${shared.map((one) => html`<${SharedCard} key=${one.asset.id} ...${one} />`)}${hidden.map((one) => html`<${HiddenCard} key=${one.id} ...${one} onLeft=${list.reload} />`)}</ul>`}
    <${ErrorNote} error=${list.moreError} onRetry=${list.more} />
    ${list.next && html`<p class="row load-more"><${Button} busy=${list.isLoadingMore} onClick=${list.more}>${t('ui.more')}<//></p>`}`
}

/** @param {SharedWithMe} props */
function SharedCard({ asset, by }) {
  const href = `#/asset/${encodeURIComponent(asset.id)}`
  return html`<li class="card" aria-label=${titleOf(asset)}>
    <div class="card-picture"><${Preview} asset=${asset} href=${href} /></div>
    <div class="card-head"><h2 dir="auto"><a href=${href}>${titleOf(asset)}</a></h2></div>
    <${Facts} asset=${asset} />
    <div class="row chips"><${RoleBadge} role=${asset.role} />${asset.status !== 'completed' && html`<${StatusChip} status=${asset.status} />`}</div>
    ${by && html`<p class="small muted shared-by">${t('people.by', { address: by })}</p>`}
  </li>`
}

/** What is not shown just now: it can be left, and no more. @param {HiddenFromMe & {onLeft: () => void}} props */
function HiddenCard({ id, by, onLeft }) {
  const [isLeaving, setLeaving] = useState(false)
  return html`<li class="card" aria-label=${t('people.hidden')}>
    <div class="card-head"><h2>${t('people.hidden')}</h2></div>
    <p class="small muted shared-by">${by ? t('people.hidden-by', { address: by }) : t('people.hidden-text')}</p>
    <p class="row"><${Button} size="small" onClick=${() => setLeaving(true)}>${t('people.leave')}<//></p>
    ${isLeaving && html`<${LeaveDialog} id=${id} onLeft=${onLeft} onClose=${() => setLeaving(false)} />`}
  </li>`
}
