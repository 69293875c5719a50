/** What is found by meaning: recordings with the passages that are nearest, and in words how near these are. */

import { api, query } from '../api.js'
import { isOwner } from '../asset/model/rights.js'
import { t } from '../i18n.js'
import { Facts } from '../library/facts.js'
import { Whose } from '../library/whose.js'
import { Button, EmptyState, ErrorNote, Spinner, titleOf, usePages } from '../ui.js'
import { html, useEffect } from '../vendor/preact.js'
import { PlaceLine } from './place.js'
import { addressOf, asked, nearAndFar, toldOf } from './view.js'

/**
 * @import { NearHitView } from '../types.d.ts'
 * @import { Wanted } from './view.js'
 */

/** @param {{wanted: Wanted}} props */
export function Near({ wanted }) {
  const list = usePages(
    (after, signal) =>
      wanted.q ? api.get(`/search/meaning${query({ ...asked(wanted), after })}`, { signal }) : Promise.resolve(null),
    addressOf(wanted),
  )
  const last = list.pages?.at(-1)
  const hits = list.pages?.flatMap((page) => page.hits) ?? []
  const isBusy = list.isLoading || list.isLoadingMore
  const goesOn = !isBusy && !list.moreError && list.next !== undefined && last?.hits.length === 0
  useEffect(() => {
    if (goesOn) list.more()
  }, [goesOn, list.next])
  const isNothing = list.pages !== undefined && wanted.q && hits.length === 0 && !isBusy && !list.next
  const isMade = list.pages?.some((page) => page.is_being_made)
  const { near, far } = nearAndFar(hits)
  const again = html`<${Button} size="small" onClick=${list.reload}>${t('search.again')}<//>`

  return html`<p class="muted" role="status">${hits.length > 0 && !list.isLoading ? t('search.count', { count: hits.length }) : ''}</p>
    <${ErrorNote} error=${list.error} onRetry=${list.reload} />
    ${wanted.q && (list.isLoading || (isBusy && hits.length === 0)) && html`<${Spinner} />`}
    ${isNothing && isMade && html`<${EmptyState} title=${t('search.made')}>${t('search.made-text')} ${again}<//>`}
    ${isNothing && !isMade && html`<${EmptyState} title=${t('search.nothing')}>${t('search.nothing-text')}<//>`}
    ${
      !list.isLoading &&
      hits.length > 0 &&
      html`${isMade && html`<p class="row small muted some-made">${t('search.some-made')} ${again}</p>`}
        ${near.map((hit) => html`<${Hit} key=${hit.asset.id} hit=${hit} />`)}
        ${far.length > 0 && html`<p class="far-from-here">${t(near.length > 0 ? 'search.far-too' : 'search.far-only')}</p>`}
        ${far.map((hit) => html`<${Hit} key=${hit.asset.id} hit=${hit} />`)}`
    }
    <${ErrorNote} error=${list.moreError} onRetry=${list.more} />
    ${list.next && !list.isLoading && !goesOn && html`<p class="row load-more"><${Button} busy=${list.isLoadingMore} onClick=${list.more}>${t('search.others')}<//></p>`}`
}

/** @param {{hit: NearHitView}} props */
function Hit({ hit: { asset, by, passages } }) {
  const href = `#/asset/${encodeURIComponent(asset.id)}`
  const [{ closeness }] = passages
  return html`<section class="hit">
    <h2 dir="auto"><a href=${href}>${titleOf(asset)}</a></h2>
    ${closeness && html`<p><span class="chip ${closeness === 'close' ? 'accent' : ''}">${t(`search.${closeness}`)}</span></p>`}
    ${!isOwner(asset) && html`<${Whose} role=${asset.role} by=${by} />`}
    <${Facts} asset=${asset} />
    <ol class="matches">${toldOf(passages).map(
      (passage, at) =>
        html`<${PlaceLine} key=${at} place=${passage} href=${href} kind=${asset.kind} isExact>${passage.text}<//>`,
    )}</ol>
  </section>`
}
