/** The library: everything that somebody uploaded, newest first. */

import { ApiError, api, query } from '../api.js'
import { date, dateTime, language, languageName, t } from '../i18n.js'
import { tagsIn } from '../names.js'
import {
  Branches,
  Button,
  ConfirmDialog,
  EmptyState,
  ErrorNote,
  errorText,
  Icon,
  isFinished,
  kindIcon,
  Menu,
  MoodChip,
  mayTryAgain,
  Note,
  PageTitle,
  Select,
  Size,
  Spinner,
  StatusChip,
  TextField,
  titleOf,
  toast,
  usePages,
  usePoll,
  withValue,
} from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'

/** @import { AssetView, Me } from '../types.d.ts' */

/**
 * @typedef {{status: string, text: string}} Filter
 * @typedef {ReturnType<typeof useAssets>} List
 * @typedef {'rename' | 'tags' | 'delete' | 'retry'} Kind of dialog
 * @typedef {{asset: AssetView, list: List, onClose: () => void}} Opened
 */

const STATUSES = ['completed', 'processing', 'queued', 'awaiting-upload', 'held', 'failed', 'rejected', 'expired']
const PAGE = 24

/** @param {{me?: Me}} props */
export function LibraryPage({ me }) {
  const [filter, setFilter] = useState({ status: '', text: '' })
  const list = useAssets(filter)
  const [dialog, setDialog] = useState(/** @type {{kind: Kind, asset: AssetView} | null} */ (null))
  const isFiltered = filter.status || filter.text
  const isEmpty = list.assets?.length === 0

  return html`<${PageTitle} title=${t('nav.library')}>
      <${Button} variant="primary" href="#/upload"><${Icon} name="upload" />${t('nav.upload')}<//>
    <//>
    ${
      me?.mail?.status === 'suppressed' &&
      html`<div class="notes"><${Note} kind="bad"><span>${t('mail.library', { email: me.email })}</span>
      <a href="#/settings?section=mail">${t('mail.library-link')}</a><//></div>`
    }
    ${
      me?.email_verified === false &&
      html`<div class="notes"><${Note} kind="warn"><span>${t('mail.unconfirmed', { email: me.email })}</span>
      <a href="#/settings?section=address">${t('mail.confirm-link')}</a><//></div>`
    }
    ${!(isEmpty && !isFiltered) && html`<${Filters} filter=${filter} setFilter=${setFilter} />`}
    <${ErrorNote} error=${list.error} onRetry=${list.reload} />
    <p class="visually-hidden" role="status">${list.assets && !list.isLoading ? t('library.count', { count: list.assets.length }) : ''}</p>
    ${!list.assets && list.isLoading && html`<${Spinner} />`}
    ${
      isEmpty &&
      !list.isLoading &&
      (isFiltered
        ? html`<${EmptyState} title=${t('library.nothing')} action=${html`<${Button} onClick=${() => setFilter({ status: '', text: '' })}>${t('library.show-all')}<//>`}>${t('library.nothing-text')}<//>`
        : html`<${EmptyState} title=${t('library.empty')} action=${html`<${Button} variant="primary" href="#/upload">${t('library.first')}<//>`}>${t('library.empty-text')}<//>`)
    }
    ${
      list.assets &&
      html`<ul class="cards">
      ${list.assets.map((asset) => html`<${Card} key=${asset.id} asset=${asset} list=${list} openDialog=${(/** @type {Kind} */ kind) => setDialog({ kind, asset })} />`)}
    </ul>`
    }
    <${ErrorNote} error=${list.moreError} onRetry=${list.more} />
    ${list.next && html`<p class="row load-more"><${Button} busy=${list.isLoadingMore} onClick=${list.more}>${t('ui.more')}<//></p>`}
    ${dialog && html`<${AssetDialog} ...${dialog} list=${list} onClose=${() => setDialog(null)} />`}`
}

/**
 * The assets of a filter, page after page; `replace` and `remove` change one in place.
 * @param {Filter} filter
 */
function useAssets(filter) {
  const list = usePages(
    (after, signal) => api.get(`/assets${query({ limit: PAGE, ...filter, after })}`, { signal }),
    JSON.stringify([filter, language()]),
  )
  const assets = list.pages?.flatMap((page) => page.assets)
  // Changes in place, so that neither a poll nor a new title loads the list again and loses its further pages.
  const [changes, setChanges] = useState(/** @type {Record<string, AssetView | null>} */ ({}))
  useEffect(() => setChanges({}), [list.pages?.[0]])
  const shown = assets?.filter((asset) => changes[asset.id] !== null).map((asset) => changes[asset.id] ?? asset)
  return {
    ...list,
    assets: shown,
    replace: (/** @type {AssetView} */ asset) => setChanges((all) => ({ ...all, [asset.id]: asset })),
    remove: (/** @type {AssetView} */ asset) => setChanges((all) => ({ ...all, [asset.id]: null })),
  }
}

/** @param {{filter: Filter, setFilter: (filter: Filter) => void}} props */
function Filters({ filter, setFilter }) {
  const [text, setText] = useState(filter.text)
  useEffect(() => setText(filter.text), [filter.text])
  useEffect(() => {
    const timer = setTimeout(() => text !== filter.text && setFilter({ ...filter, text }), 350)
    return () => clearTimeout(timer)
  }, [text])
  const options = [['', t('library.all')], ...STATUSES.map((status) => [status, t(`status.${status}`)])]
  return html`<div class="filters">
    <${SearchBox} />
    <div class="filter-pair" role="group" aria-label=${t('library.filters')}>
      <input class="input" type="search" dir="auto" aria-label=${t('library.filter-text')} placeholder=${t('library.filter-text')} value=${text} maxlength=${api.config.limits.text} onInput=${withValue(setText)} />
      <${Select} aria-label=${t('library.filter-status')} value=${filter.status} options=${options} onChange=${(/** @type {string} */ status) => setFilter({ ...filter, status })} />
    </div>
  </div>`
}

/**
 * The search through everything that was said.
 * @param {{q?: string}} props
 */
export function SearchBox({ q = '' }) {
  const { search_from, search_to } = api.config.limits
  const submit = (/** @type {SubmitEvent & {target: HTMLFormElement}} */ event) => {
    event.preventDefault()
    const words = String(new FormData(event.target).get('q')).trim()
    if ([...words].length >= search_from) location.hash = `#/search?q=${encodeURIComponent(words)}`
  }
  return html`<form class="search-box" role="search" onSubmit=${submit}>
    <input class="input" type="search" name="q" dir="auto" aria-label=${t('search.label')} placeholder=${t('search.label')} defaultValue=${q} required minlength=${search_from} maxlength=${search_to} />
    <${Button} type="submit" aria-label=${t('search.go')} title=${t('search.go')}><${Icon} name="search" /><//>
  </form>`
}

/* ---- cards ---- */

/** @param {{asset: AssetView, list: List, openDialog: (kind: Kind) => void}} props */
function Card({ asset, list, openDialog }) {
  const href = `#/asset/${encodeURIComponent(asset.id)}`
  usePoll(async () => list.replace(await api.get(`/assets/${asset.id}`)), !isFinished(asset))
  return html`<li class="card" aria-label=${titleOf(asset)}>
    <${Preview} asset=${asset} href=${href} />
    <div class="card-head">
      <h2 dir="auto"><a href=${href}>${titleOf(asset)}</a></h2>
      <${CardMenu} asset=${asset} list=${list} openDialog=${openDialog} />
    </div>
    <${Facts} asset=${asset} />
    <div class="row chips">
      <${StatusChip} status=${asset.status} />
      ${asset.mood && html`<${MoodChip} mood=${asset.mood} />`}
      ${asset.tags.map((tag) => html`<span key=${tag} class="chip plain" dir="auto">${tag}</span>`)}
    </div>
    ${asset.status === 'processing' && html`<${Branches} asset=${asset} />`}
    ${asset.error && html`<p class="small problem-text">${errorText(asset.error)}</p>`}
    ${asset.status === 'held' && asset.moderation?.reason && html`<p class="small">${errorText(asset.moderation.reason)}</p>`}
  </li>`
}

/**
 * What it is and how much of it, language and day, in one line.
 * @param {{asset: AssetView}} props
 */
export const Facts = ({ asset }) => html`<p class="facts">
  ${asset.kind && html`<span class="kind"><${Icon} name=${kindIcon(asset.kind)} size="15" />${t(`kind.${asset.kind}`)}</span>`}
  <${Size} asset=${asset} />
  ${asset.language && html`<span>${languageName(asset.language)}</span>`}
  <time datetime=${new Date(asset.created_at * 1000).toISOString()} title=${dateTime(asset.created_at)}>${date(asset.created_at)}</time>
</p>`

/**
 * The preview moves, so only its first frame is shown until somebody points at the card, and for good without motion.
 * @param {{asset: AssetView, href: string}} props
 */
function Preview({ asset, href }) {
  const [isDrawn, setDrawn] = useState(false)
  const [isMoving, setMoving] = useState(false)
  const frame = useRef(/** @type {HTMLCanvasElement | null} */ (null))
  const isCovered = useUnsuitable(asset)
  const address = useRef(asset.preview) // each answer of the API has another one for the same picture
  address.current ??= asset.preview
  const mayMove = !matchMedia('(prefers-reduced-motion: reduce)').matches
  const draw = (/** @type {{target: HTMLImageElement}} */ { target }) => {
    if (!frame.current) return // the card has gone while its picture came
    frame.current.width = target.naturalWidth
    frame.current.height = target.naturalHeight
    frame.current.getContext('2d')?.drawImage(target, 0, 0)
    setDrawn(true)
  }
  // The title below is the same link: this one would only be heard and tabbed to twice.
  return html`<a class="preview ${asset.kind ?? ''} ${isCovered ? 'covered' : ''}" href=${href} tabindex="-1" aria-hidden="true"
      onPointerEnter=${() => setMoving(isDrawn && mayMove && !isCovered)} onPointerLeave=${() => setMoving(false)}>
    ${!isDrawn && html`<span class="preview-still"><${Icon} name=${kindIcon(asset.kind)} size="36" /></span>`}
    <canvas ref=${frame} hidden=${!isDrawn}></canvas>
    ${address.current && html`<img class=${isMoving ? 'moving' : ''} src=${address.current} loading="lazy" alt=${t('library.preview', { title: titleOf(asset) })} onLoad=${draw} />`}
  </a>`
}

/** Whether a preview shows something unsuitable, by asset and version. @type {Map<string, Promise<boolean>>} */
const unsuitable = new Map()

/**
 * Whether the preview of an asset stays covered: something unsuitable was found in it, or nobody knows yet.
 * @param {AssetView} asset
 */
function useUnsuitable(asset) {
  const mayBe = Boolean(asset.preview) && asset.ai_options.done?.moderation === true
  const key = `${asset.id} ${asset.version} ${asset.branches.vision?.status}`
  const [isCovered, setCovered] = useState(mayBe)
  useEffect(() => {
    setCovered(mayBe)
    if (!mayBe) return undefined
    let hasGone = false
    const asked = unsuitable.get(key) ?? askUnsuitable(asset)
    unsuitable.set(key, asked)
    asked.then((is) => hasGone || setCovered(is))
    return () => {
      hasGone = true
    }
  }, [key, mayBe])
  return isCovered
}

/** @param {AssetView} asset */
async function askUnsuitable(asset) {
  if (asset.branches.vision?.status !== 'done') return true
  try {
    return (await api.get(`/assets/${asset.id}/tracks/moderation`)).passages.length > 0
  } catch (error) {
    return !(error instanceof ApiError && error.status === 404) // where nothing could be looked for, nothing is known to be
  }
}

/** @param {{asset: AssetView, list: List, openDialog: (kind: Kind) => void}} props */
function CardMenu({ asset, list, openDialog }) {
  const change = (/** @type {() => Promise<AssetView>} */ ask, /** @type {string} */ text) => async () => {
    try {
      list.replace(await ask())
      toast(text)
    } catch (error) {
      if (error instanceof ApiError && error.code === 'cost-limit') openDialog('retry')
      else toast(errorText(error), 'bad')
    }
  }
  const retry = () => api.post(`/assets/${asset.id}/retry`)
  const cancel = () => api.post(`/assets/${asset.id}/cancel`)
  const item = (/** @type {string} */ text, /** @type {() => unknown} */ onClick, kind = '') =>
    html`<button type="button" class=${kind} onClick=${onClick}>${text}</button>`
  return html`<${Menu} label=${t('library.menu', { title: titleOf(asset) })}>
    ${item(t('library.rename'), () => openDialog('rename'))}
    ${item(t('library.tags'), () => openDialog('tags'))}
    ${mayTryAgain(asset) && item(t('library.retry'), change(retry, t('library.retried')))}
    ${['queued', 'processing'].includes(asset.status) && item(t('library.cancel'), change(cancel, t('library.cancelled')))}
    ${item(t('library.delete'), () => openDialog('delete'), 'danger')}
  <//>`
}

/* ---- dialogs ---- */

/** @param {Opened & {kind: Kind}} props */
function AssetDialog({ kind, asset, list, onClose }) {
  const Kind = { rename: RenameDialog, tags: TagsDialog, delete: DeleteDialog, retry: RetryDialog }[kind]
  return html`<${Kind} asset=${asset} list=${list} onClose=${onClose} />`
}

/** @param {Opened} props */
function RenameDialog({ asset, list, onClose }) {
  const [title, setTitle] = useState(titleOf(asset))
  const save = async () => {
    list.replace(await api.patch(`/assets/${asset.id}`, { title: title.trim() }))
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('library.rename')} confirm=${t('ui.save')} onConfirm=${save} onClose=${onClose}>
    <${TextField} label=${t('asset-title')} value=${title} onInput=${setTitle} required maxlength=${api.config.limits.title} autofocus />
  <//>`
}

/** @param {Opened} props */
function TagsDialog({ asset, list, onClose }) {
  const [text, setText] = useState(asset.tags.join(', '))
  const save = async () => {
    list.replace(await api.patch(`/assets/${asset.id}`, { tags: tagsIn(text) }))
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('library.tags')} confirm=${t('ui.save')} onConfirm=${save} onClose=${onClose}>
    <${TextField} label=${t('library.tags-label')} hint=${t('library.tags-hint')} value=${text} onInput=${setText} autofocus />
  <//>`
}

/** @param {Opened} props */
function DeleteDialog({ asset, list, onClose }) {
  const remove = async () => {
    await api.delete(`/assets/${asset.id}`)
    list.remove(asset)
    toast(t('library.deleted', { title: titleOf(asset) }))
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('library.delete-title')} confirm=${t('library.delete')} danger onConfirm=${remove} onClose=${onClose}>
    <p>${t('library.delete-text', { title: titleOf(asset) })}</p>
  <//>`
}

/**
 * Shown when the API refused to go on because of the price.
 * @param {Opened} props
 */
function RetryDialog({ asset, list, onClose }) {
  const retry = async () => {
    list.replace(await api.post(`/assets/${asset.id}/retry`, { accept_cost: true }))
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('library.retry-title')} confirm=${t('library.retry')} onConfirm=${retry} onClose=${onClose}>
    <p>${t('library.retry-text')}</p>
  <//>`
}
