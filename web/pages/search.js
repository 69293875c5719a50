/** The search through everything that was said: each recording with the places where it was. */

import { api, query } from '../api.js'
import { clock } from '../asset/model/format.js'
import { finder, foldInPlace } from '../folding.js'
import { hasText, number, t } from '../i18n.js'
import { Facts } from '../library/facts.js'
import { SearchBox } from '../library/search-box.js'
import { Button, EmptyState, ErrorNote, PageTitle, Spinner, titleOf, usePages } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { HitView } from '../types.d.ts' */

/** @param {{q: string}} props */
export function SearchPage({ q }) {
  const words = q.trim()
  const list = usePages(
    (after, signal) => (words ? api.get(`/search${query({ q: words, after })}`, { signal }) : Promise.resolve(null)),
    words,
  )
  const hits = list.pages?.flatMap((page) => page.hits)
  const isNothing = hits?.length === 0 && !list.isLoading

  return html`<${PageTitle} title=${words ? t('search.title', { words }) : t('search.label')} />
    <div class="filters"><${SearchBox} key=${words} q=${words} /></div>
    <p class="muted" role="status">${hits && !list.isLoading && !isNothing ? t('search.count', { count: hits.length }) : ''}</p>
    <${ErrorNote} error=${list.error} onRetry=${list.reload} />
    ${list.isLoading && words && html`<${Spinner} />`}
    ${isNothing && html`<${EmptyState} title=${t('search.nothing')}>${t('search.nothing-text')}<//>`}
    ${!list.isLoading && hits?.map((hit) => html`<${Hit} key=${hit.asset.id} hit=${hit} words=${words} />`)}
    <${ErrorNote} error=${list.moreError} onRetry=${list.more} />
    ${list.next && !list.isLoading && html`<p class="row load-more"><${Button} busy=${list.isLoadingMore} onClick=${list.more}>${t('ui.more')}<//></p>`}`
}

/** @param {{hit: HitView, words: string}} props */
function Hit({ hit: { asset, matches }, words }) {
  const href = `#/asset/${encodeURIComponent(asset.id)}`
  return html`<section class="hit">
    <h2 dir="auto"><a href=${href}>${titleOf(asset)}</a></h2>
    <${Facts} asset=${asset} />
    <ol class="matches">
      ${matches.map(
        ({ start, page, text, track }, i) => html`<li key=${i}>
        ${
          start === undefined
            ? html`<a class="numbers" href="${href}${page === undefined ? '' : `?page=${page}`}">${page === undefined ? t(asset.kind === 'image' ? 'kind.image' : 'place.whole') : t('place.page', { number: number(page) })}</a>`
            : html`<a class="numbers" href="${href}?t=${start}" aria-label=${t('place.play', { time: clock(start) })}>${clock(start)}</a>`
        }
        <p dir="auto">${hasText(`seen.${track}`) && html`<span class="small muted in-track">${t(`seen.${track}`)}</span> `}<${Marked} text=${text} words=${words} /></p>
      </li>`,
      )}
    </ol>
  </section>`
}

/**
 * A text in which what was looked for is marked.
 * @param {{text: string, words: string}} props
 */
function Marked({ text, words }) {
  const pieces = []
  let at = 0
  for (const [from, to] of finder(words)(foldInPlace(text))) {
    pieces.push(text.slice(at, from), html`<mark>${text.slice(from, to)}</mark>`)
    at = to
  }
  return [...pieces, text.slice(at)]
}
