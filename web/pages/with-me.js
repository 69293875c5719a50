/** What others share with whoever is here. */

import { api, query } from '../api.js'
import { language, t } from '../i18n.js'
import { Facts } from '../library/facts.js'
import { Preview } from '../library/preview.js'
import { RoleBadge } from '../library/whose.js'
import { Button, EmptyState, ErrorNote, PageTitle, Spinner, StatusChip, titleOf, usePages } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { SharedWithMe } from '../types.d.ts' */

export function WithMePage() {
  const list = usePages((after, signal) => api.get(`/me/shared${query({ after })}`, { signal }), language())
  const shared = list.pages?.flatMap((page) => page.shared)
  return html`<${PageTitle} title=${t('people.with-me')}><${Button} href="#/">${t('nav.library')}<//><//>
    ${list.isLoading && !shared && html`<${Spinner} />`}
    <${ErrorNote} error=${list.error} onRetry=${list.reload} />
    ${shared?.length === 0 && !list.next && html`<${EmptyState} title=${t('people.with-me-none')}>${t('people.with-me-none-text')}<//>`}
    ${shared && html`<ul class="cards">${shared.map((one) => html`<${SharedCard} key=${one.asset.id} ...${one} />`)}</ul>`}
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
