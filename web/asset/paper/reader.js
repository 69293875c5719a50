/** A document: its pages as pictures, what is written on them beside, tables as tables, and find in all of it. */

import { t } from '../../i18n.js'
import { isConverting } from '../../typing.js'
import { ErrorNote, errorText, isFinished, Note, useId, useLoad, withValue } from '../../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../../vendor/preact.js'
import { Tool } from '../controls.js'
import { Findings, Summary } from '../findings.js'
import { HurtfulWords, useHurtful } from '../hurtful.js'
import { Tracks } from '../passages.js'
import { Playback } from '../playback.js'
import { useAnalysis } from '../reader.js'
import { shows } from '../source.js'
import { findIn, pagesOf, tablesOf } from './model/pages.js'
import { isPdf, Pdf } from './pdf.js'
import { Sheet } from './sheet.js'

/**
 * @import { Asset, Children, FileView, PassageView } from '../../types.d.ts'
 * @import { Place } from '../model/hurtful.js'
 * @import { Source } from '../source.js'
 * @import { Hit, Page, Table } from './model/pages.js'
 * @typedef {{pdf?: Pdf, picture?: string}} Shown what pages are drawn from: a PDF, or a picture's address
 */

const ENDED = ['done', 'failed', 'skipped']
/** Renditions of a page that is a picture which browsers do not show, such as a TIFF. */
const PICTURES = ['picture', 'thumbnail']

/** @param {{source: Source, asset: Asset, page?: number, children?: Children}} props `page`: where to begin */
export function PaperReader({ source, asset, page, children }) {
  const status = asset.branches.document?.status
  const run = [source.key, asset.version, status].join()
  const written = useLoad((signal) => (status === 'done' ? load(source, signal) : Promise.resolve(null)), run)
  const shown = useShown(source, asset)
  const isLookedAt =
    shows(source, 'analysis') && status === 'done' && ENDED.includes(asset.branches.language?.status ?? '')
  const { analysis, error: analysisError, reload } = useAnalysis(source, isLookedAt, asset.version)
  const marked = useHurtful(source, asset)
  const hasText = shows(source, 'transcript')
  const hasSheets = shows(source, 'media')
  const count = asset.pages ?? shown.data?.pdf?.pages ?? (shown.data ? 1 : 0)
  const pages = useMemo(() => pagesOf(written.data ?? {}, count), [written.data, count])
  const search = useSearch(pages)
  const sheets = useRef(/** @type {HTMLElement | null} */ (null))
  const [playback] = useState(() => new Playback())
  const show = (/** @type {number} */ wanted) => goTo(sheets.current, wanted)

  useEffect(() => {
    if (page && pages.length) show(page)
  }, [page, pages.length > 0])
  useEffect(() => {
    if (search.current) show(search.current.page)
  }, [search.current])
  // What was found says a page where that of a recording says a second.
  useEffect(() => playback.listen((at) => show(at)), [playback])

  return html`<div class="paper-reader">
    <div class="paper">
      <${Find} search=${search} isReady=${pages.some((one) => one.paragraphs.length > 0)} />
      <${ErrorNote} error=${written.error} onRetry=${written.reload} />
      ${hasText && html`<${State} asset=${asset} isEmpty=${written.data !== undefined && pages.every((one) => one.paragraphs.length === 0)} />`}
      ${hasSheets && shown.error && html`<${Note} kind="warn"><span>${t('asset.paper.not-shown')}</span><//>`}
      <ol class="sheets" ref=${sheets}>
        ${(hasSheets || hasText ? pages : []).map(
          (
            one,
          ) => html`<${Sheet} key=${one.number} page=${one} isRead=${hasText && status === 'done' && Boolean(written.data)} count=${pages.length} shown=${shown.data} isLoading=${shown.isLoading}
            words=${search.words} hits=${search.perPage.get(one.number)} current=${search.current?.page === one.number ? search.current : undefined} />`,
        )}
      </ol>
    </div>
    <div class="findings">
      ${analysis && html`<${Summary} analysis=${analysis} playback=${playback} />`}
      ${analysis && html`<${Findings} analysis=${analysis} playback=${playback} onFind=${(/** @type {string} */ text, /** @type {number} */ at) => search.lookFor(text, at)} />`}
      <${HurtfulWords} places=${marked.places} error=${marked.error} onRetry=${marked.reload} onGo=${(/** @type {Place} */ { page: on }) => show(on ?? 1)} withText language=${analysis?.language} />
      <${ErrorNote} error=${analysisError} onRetry=${reload} />
      ${analysis && analysis.notes.length > 0 && html`<ul class="notes small muted">${analysis.notes.map((note) => html`<li key=${note.message}>${note.message}</li>`)}</ul>`}
      <${Tracks} source=${source} asset=${asset} playback=${playback} />
      ${children}
    </div>
  </div>`
}

/** @param {HTMLElement | null} sheets @param {number} page */
function goTo(sheets, page) {
  const sheet = sheets?.querySelector(`[data-page="${Math.floor(page)}"]`)
  const isStill = matchMedia('(prefers-reduced-motion: reduce)').matches
  sheet?.scrollIntoView({ block: 'start', behavior: isStill ? 'auto' : 'smooth' })
}

/** @param {{asset: Asset, isEmpty: boolean}} props */
function State({ asset, isEmpty }) {
  const branch = asset.branches.document
  if (branch?.status === 'open' && !isFinished(asset))
    return html`<p class="loading"><span class="spinner" aria-hidden="true"></span>${t('asset.paper.coming')}</p>`
  if (branch?.error) return html`<${Note}><span>${errorText(branch.error)}</span><//>`
  if (branch?.status === 'done' && isEmpty) return html`<p class="muted">${t('asset.paper.nothing')}</p>`
  return null
}

/* ---- what is written ---- */

/**
 * @param {Source} source
 * @param {AbortSignal} signal
 * @returns {Promise<{document: PassageView[], tables: Table[], pairs: PassageView[]}>}
 */
async function load(source, signal) {
  const { tracks } = await source.tracks(signal)
  const passages = async (/** @type {string} */ name) =>
    tracks.some((track) => track.name === name) ? (await source.track(name, signal)).passages : []
  const whole = tracks.find((track) => track.name === 'tables')
  const files = /** @type {FileView[]} */ (whole && 'files' in whole ? whole.files : [])
  const file = files.find((one) => one.content_type === 'application/json')
  const [document, tables, pairs] = await Promise.all([
    passages('document'),
    // With its headers and spans for its owner; whoever has a link gets the words alone.
    file ? fetchTables(file.url, signal) : passages('tables').then(tablesOf),
    passages('pairs'),
  ])
  return { document, tables, pairs }
}

/**
 * @param {string} url
 * @param {AbortSignal} signal
 * @returns {Promise<Table[]>}
 */
async function fetchTables(url, signal) {
  const answer = await fetch(url, { signal })
  return answer.ok ? (await answer.json()).tables : []
}

/* ---- what it is drawn from ---- */

/** @param {Source} source @param {Asset} asset */
function useShown(source, asset) {
  const loading = useLoad(
    /** @type {(signal: AbortSignal) => Promise<Shown>} */ (
      async (signal) => {
        const names = ['upload', ...PICTURES.filter((name) => asset.renditions.some((one) => one.preset === name))]
        for (const name of names) {
          const found = await source.media(name).catch((error) => {
            if (error.status === 404) return null
            throw error
          })
          if (found) return open(found.url, signal)
        }
        throw new Error('There is nothing to show.')
      }
    ),
    [source.key, asset.version, asset.renditions.length].join(),
  )
  const { data } = loading
  useEffect(
    () => () => {
      data?.pdf?.close()
      if (data?.picture) URL.revokeObjectURL(data.picture)
    },
    [data],
  )
  return loading
}

/**
 * What it is stands in the file, and not in its name.
 * @param {string} url
 * @param {AbortSignal} signal
 */
async function open(url, signal) {
  const answer = await fetch(url, { signal })
  if (!answer.ok) throw new Error(`${answer.status}`)
  const blob = await answer.blob()
  const head = new Uint8Array(await blob.slice(0, 1024).arrayBuffer())
  if (isPdf(head)) return { pdf: await Pdf.open(await blob.arrayBuffer()) }
  return { picture: URL.createObjectURL(blob) }
}

/* ---- find ---- */

/** @typedef {ReturnType<typeof useSearch>} Search @param {Page[]} pages */
function useSearch(pages) {
  const [words, setWords] = useState('')
  const [place, setPlace] = useState(0)
  const hits = useMemo(() => (words.trim() ? findIn(pages, words) : []), [pages, words])
  const perPage = useMemo(() => {
    /** @type {Map<number, Hit[]>} */
    const found = new Map()
    for (const hit of hits) found.set(hit.page, [...(found.get(hit.page) ?? []), hit])
    return found
  }, [hits])
  const step = (/** @type {number} */ by) => hits.length && setPlace((place + by + hits.length) % hits.length)
  const look = (/** @type {string} */ text) => {
    setWords(text)
    setPlace(0)
  }
  const lookFor = (/** @type {string} */ text, /** @type {number} */ page) => {
    setWords(text)
    setPlace(
      Math.max(
        0,
        findIn(pages, text).findIndex((hit) => hit.page >= page),
      ),
    )
  }
  return { words, look, lookFor, hits, perPage, place, current: hits[place], step }
}

/** @param {{search: Search, isReady: boolean}} props */
function Find({ search, isReady }) {
  const id = useId('find')
  if (!isReady) return null
  const { words, hits, place, look, step } = search
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (isConverting(event)) return
    if (event.key === 'Enter') step(event.shiftKey ? -1 : 1)
    else if (event.key === 'Escape') look('')
    else return
    event.preventDefault()
  }
  const says = !words.trim()
    ? ''
    : hits.length
      ? t('asset.find.count', { place: place + 1, count: hits.length })
      : t('asset.find.none')
  return html`<div class="find paper-find" role="search">
    <input class="input" type="search" dir="auto" aria-label=${t('asset.paper.find')} placeholder=${t('asset.paper.find')} aria-describedby=${id} value=${words} onInput=${withValue(look)} onKeyDown=${key} />
    <span class="find-count small numbers" id=${id} role="status">${says}</span>
    <${Tool} name="up" label=${t('asset.find.before')} aria-disabled=${String(hits.length === 0)} onClick=${() => step(-1)} />
    <${Tool} name="down" label=${t('asset.find.next')} aria-disabled=${String(hits.length === 0)} onClick=${() => step(1)} />
  </div>`
}
