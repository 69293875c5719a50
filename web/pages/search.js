/** The search through everything that was said, seen or written: each recording with the places where it was. */

import { api, query } from '../api.js'
import { isOwner } from '../asset/model/rights.js'
import { languageName, number, t } from '../i18n.js'
import { Facts } from '../library/facts.js'
import { Whose } from '../library/whose.js'
import { modeOf, modes } from '../search/modes.js'
import { Near } from '../search/near.js'
import { PlaceLine } from '../search/place.js'
import { addressOf, asked, countOf, piecesOf, wantedOf } from '../search/view.js'
import { Button, EmptyState, ErrorNote, Field, Icon, PageTitle, Spinner, titleOf, useLoad, usePages } from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'

/**
 * @import { HitView, LibraryView, Matches, MatchView, Rest } from '../types.d.ts'
 * @import { Mode } from '../search/modes.js'
 * @import { Wanted } from '../search/view.js'
 */

/** @param {{search: string}} props */
export function SearchPage({ search }) {
  const wanted = wantedOf(new URLSearchParams(search))
  const mode = modeOf(wanted)
  return html`<${PageTitle} title=${wanted.q ? t('search.title', { words: wanted.q }) : t('search.label')} />
    <${Form} key=${addressOf({ ...wanted, by: '' })} wanted=${wanted} />
    ${api.config.answers && html`<p class="small"><a href="#/ask">${t('search.ask')}</a></p>`}
    ${mode.name === 'meaning' ? html`<${Near} key=${addressOf(wanted)} wanted=${wanted} />` : html`<${Words} wanted=${wanted} />`}`
}

/** Where words stand. @param {{wanted: Wanted}} props */
function Words({ wanted }) {
  const list = usePages(
    (after, signal) =>
      wanted.q ? api.get(`/search${query({ ...asked(wanted), after })}`, { signal }) : Promise.resolve(null),
    addressOf(wanted),
  )
  const last = list.pages?.at(-1)
  const hits = list.pages?.flatMap((page) => page.hits)
  const isBusy = list.isLoading || list.isLoadingMore
  // A page looks into a few recordings. Where none of these has the words after all, the next is looked into.
  const goesOn = !isBusy && !list.moreError && list.next !== undefined && last?.hits.length === 0
  useEffect(() => {
    if (goesOn) list.more()
  }, [goesOn, list.next])
  const isNothing = hits?.length === 0 && !isBusy && !list.next
  const isMade = last?.is_being_made

  return html`<p class="muted" role="status">${hits && !list.isLoading && !isNothing ? counted(hits.length, list.next ? (last?.left ?? 0) : 0) : ''}</p>
    <${ErrorNote} error=${list.error} onRetry=${list.reload} />
    ${wanted.q && (list.isLoading || (isBusy && hits?.length === 0)) && html`<${Spinner} />`}
    ${isNothing && isMade && html`<${EmptyState} title=${t('search.made')}>${t('search.made-text')} <${Button} onClick=${list.reload}>${t('search.again')}<//><//>`}
    ${isNothing && !isMade && html`<${EmptyState} title=${t('search.nothing')}>${t('search.nothing-text')}<//>`}
    ${!list.isLoading && hits?.map((hit) => html`<${Hit} key=${hit.asset.id} hit=${hit} wanted=${wanted} />`)}
    <${ErrorNote} error=${list.moreError} onRetry=${list.more} />
    ${list.next && !list.isLoading && !goesOn && html`<p class="row load-more"><${Button} busy=${list.isLoadingMore} onClick=${list.more}>${t('ui.more')}<//></p>`}`
}

/** @param {number} count @param {number} left */
const counted = (count, left) =>
  left ? t('search.count-more', { found: t('search.count', { count }), count: left }) : t('search.count', { count })

/** @param {{wanted: Wanted}} props */
function Form({ wanted }) {
  const { search_from, search_to, text } = api.config.limits
  const overview = useLoad((signal) => api.get('/library', { signal }), '').data
  const count = countOf(wanted)
  const mode = modeOf(wanted)
  const submit = (/** @type {SubmitEvent & {target: HTMLFormElement}} */ event) => {
    event.preventDefault()
    const next = wantedOf(new FormData(event.target))
    if ([...next.q].length >= search_from) location.hash = mode.address(next)
  }
  const change = (/** @type {MouseEvent & {currentTarget: HTMLElement}} */ event, /** @type {Mode} */ to) => {
    const form = event.currentTarget.closest('form')
    if (!form || event.ctrlKey || event.metaKey || event.shiftKey) return
    event.preventDefault() // what has been typed since goes along
    const next = wantedOf(new FormData(form))
    location.hash = to.address([...next.q].length >= search_from ? next : { ...next, q: '' })
  }
  return html`<form class="search-form" role="search" onSubmit=${submit}>
    <div class="search-box">
      <input class="input" type="search" name="q" dir="auto" aria-label=${t('search.label')} placeholder=${t('search.label')} aria-describedby="search-how" defaultValue=${wanted.q} required minlength=${search_from} maxlength=${search_to} />
      <${Button} type="submit" aria-label=${t('search.go')} title=${t('search.go')}><${Icon} name="search" /><//>
    </div>
    ${
      modes().length > 1 &&
      html`<nav class="search-modes" aria-label=${t('search.by')}>
        ${modes().map((one) => html`<a key=${one.name} href=${one.address(wanted)} aria-current=${one === mode ? 'true' : undefined} onClick=${(/** @type {any} */ event) => change(event, one)}>${t(`search.by-${one.name}`)}</a>`)}
      </nav>`
    }
    <p class="small muted" id="search-how">${t(mode.name === 'meaning' ? 'search.how-meaning' : 'search.how')}</p>
    <details class="filter-more" open=${count > 0 && matchMedia('(min-width: 48rem)').matches}>
      <summary class="button small">${t('folders.filters')}${count > 0 && html` <span class="count">${number(count)}</span>`}</summary>
      <div class="filter-fields panel">
        <${Text} label=${t('search.speaker')} name="speaker" value=${wanted.speaker} longest=${text} />
        <${Text} label=${t('search.in-title')} name="title" value=${wanted.title} longest=${text} />
        <${Choice} label=${t('folders.tag')} name="tag" value=${wanted.tag} found=${overview?.tags} called=${(/** @type {string} */ name) => name} />
        <${Choice} label=${t('folders.language')} name="language" value=${wanted.language} found=${overview?.languages} called=${languageName} />
        <${Text} label=${t('folders.from')} name="from" type="date" value=${wanted.from} />
        <${Text} label=${t('folders.to')} name="to" type="date" value=${wanted.to} />
        <p class="row search-apply">
          <${Button} type="submit">${t('search.go')}<//>
          ${count > 0 && html`<a href=${mode.address({ ...wantedOf(new Map()), q: wanted.q })}>${t('folders.drop-all')}</a>`}
        </p>
      </div>
    </details>
  </form>`
}

/** @param {{label: string, name: string, value: string, type?: string, longest?: number}} props */
const Text = ({ label, name, value, type = 'text', longest }) => html`<${Field} label=${label}>
  ${(/** @type {Rest} */ bind) => html`<input class="input" type=${type} dir="auto" name=${name} ...${bind} defaultValue=${value} maxlength=${longest} />`}
<//>`

/**
 * @param {{label: string, name: string, value: string, found?: LibraryView['tags'], called: (name: string) => string}} props
 */
function Choice({ label, name, value, found = [], called }) {
  const names = found.map((one) => one.name)
  const all = !value || names.includes(value) ? names : [value, ...names]
  return html`<${Field} label=${label}>
    ${(/** @type {Rest} */ bind) => html`<select class="input" name=${name} ...${bind}>
      <option value="">${t('folders.any')}</option>
      ${all.map((one) => html`<option key=${one} value=${one} selected=${one === value}>${called(one)}</option>`)}
    </select>`}
  <//>`
}

/** @param {{hit: HitView, wanted: Wanted}} props */
function Hit({ hit: { asset, by, matches, count }, wanted }) {
  const href = `#/asset/${encodeURIComponent(asset.id)}`
  const [isWhole, setWhole] = useState(false)
  const all = usePages(
    (after, signal) =>
      isWhole
        ? api
            .get(
              `/assets/${encodeURIComponent(asset.id)}/matches${query({ q: wanted.q, speaker: wanted.speaker, offset: after ?? '' })}`,
              { signal },
            )
            .then((/** @type {Matches} */ { next, ...page }) => ({ ...page, next: next?.toString() }))
        : Promise.resolve(null),
    isWhole,
  )
  const shown = all.pages?.flatMap((page) => page.matches) ?? matches
  const left = count - shown.length
  const more = () => (isWhole ? all.more() : setWhole(true))
  const isBusy = isWhole && (all.isLoading || all.isLoadingMore)
  return html`<section class="hit">
    <h2 dir="auto"><a href=${href}>${titleOf(asset)}</a></h2>
    <${Facts} asset=${asset} />
    ${!isOwner(asset) && html`<${Whose} role=${asset.role} by=${by} />`}
    <ol class="matches">${shown.map((match, at) => html`<${Match} key=${at} match=${match} href=${href} kind=${asset.kind} />`)}</ol>
    <${ErrorNote} error=${all.error ?? all.moreError} onRetry=${all.error ? all.reload : all.more} />
    ${left > 0 && html`<p><${Button} size="small" busy=${isBusy} onClick=${more}>${t('search.more-here', { count: left })}<//></p>`}
  </section>`
}

/** @param {{match: MatchView, href: string, kind?: string | null}} props */
const Match = ({ match, href, kind }) => html`<${PlaceLine} place=${match} href=${href} kind=${kind}>
  ${piecesOf(match.text, match.marks).map((piece) => (piece.isMarked ? html`<mark>${piece.text}</mark>` : piece.text))}
<//>`
