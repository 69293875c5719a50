/** The versions of a recording: which there are, how each was heard, what became of confirmed words, and back to any. */

import { dateTime, floorPercent, languageName, t } from '../i18n.js'
import { remember, remembered } from '../remembering.js'
import {
  Button,
  Dialog,
  ErrorNote,
  errorText,
  IconButton,
  Note,
  Spinner,
  StatusChip,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { Comparing } from './comparing.js'
import { engineName } from './hearing-names.js'
import { openPlaces, spansAt, takenWords, withOldWords } from './model/carried.js'
import { isConfirmed } from './model/confirmed.js'
import { clock } from './model/format.js'
import { isInVain } from './model/hearing.js'
import { isTranscribed, Reader, useDocument } from './reader.js'
import { versionSource } from './source.js'

/**
 * @import { Asset, AsHeardView, CarriedView, Children, VersionView } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

/**
 * How it was heard, in a line.
 * @param {AsHeardView} heard
 * @param {string | undefined} spoken the language that was heard
 */
function howHeard(heard, spoken) {
  const tag = spoken ?? heard.language
  return [
    engineName(heard.transcriber),
    tag && languageName(tag),
    heard.speakers !== undefined && t('again.speaker-count', { count: heard.speakers }),
    heard.track !== undefined && heard.track > 1 && t('asset.track.number', { number: heard.track }),
    heard.channels === 'separate' && t('again.channels-separate'),
    !heard.lexicon && t('again.without-words'),
  ]
    .filter(Boolean)
    .join(' · ')
}

/** To the head of the page, which now tells of another version: the button that was pressed goes. */
const toHeading = () => {
  const heading = document.querySelector('.asset-head h1')
  if (heading instanceof HTMLElement) heading.focus({ preventScroll: true })
}

/**
 * What became of confirmed words in the current version, if anything is known of it.
 * @param {OwnSource} source
 * @param {Asset} asset
 */
function useCarried(source, asset) {
  const isThere = Boolean(asset.again) && isTranscribed(asset)
  const { data } = useLoad(
    (signal) =>
      isThere
        ? source.carried(asset.version, signal).catch((error) => {
            if (error.status !== 404) throw error
            return null
          })
        : Promise.resolve(null),
    `${source.key} ${asset.version} ${isThere}`,
  )
  return data
}

/**
 * How many confirmed words of the version before are in this one: those that were heard again, and those that were taken.
 * @param {CarriedView} carried
 * @param {TranscriptDocument} doc
 */
const standText = ({ stand, differ, places, after: version }, doc) =>
  t('again.stand-now', { stand: stand + takenWords(doc.lines, places), total: stand + differ, version })

/**
 * @param {{source: OwnSource, asset: Asset, doc: TranscriptDocument, onAsset: (asset: Asset) => void,
 *   onClose: () => void}} props
 */
export function VersionsDialog({ source, asset, doc, onAsset, onClose }) {
  const { data, error, reload } = useLoad(
    (signal) => source.versions(signal),
    `${source.key} ${asset.version} ${asset.status}`,
  )
  const [compared, setCompared] = useState(/** @type {[number, number] | null} */ (null))
  const carried = useCarried(source, asset)
  const now = carried && doc.isLoaded && !doc.old ? standText(carried, doc) : null
  const readable = data?.versions.filter((one) => one.status === 'completed') ?? []
  if (compared) {
    const read = (/** @type {number} */ version, /** @type {AbortSignal} */ signal) =>
      versionSource(source.key, version).lines(undefined, signal)
    return html`<${Dialog} title=${t('again.compare-title')} onClose=${onClose}>
      <${Comparing} texts=${readable.map((one) => [one.version, nameWithDay(one)])} chosen=${compared} read=${read} back=${t('asset.versions')} onChoose=${setCompared} onBack=${() => setCompared(null)} />
    <//>`
  }
  return html`<${Dialog} title=${t('asset.versions')} onClose=${onClose}>
    <p class="muted">${t('again.versions-text')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${!data && !error && html`<${Spinner} />`}
    ${data && html`<ol class="versions">${data.versions.map((one) => html`<${Version} key=${one.version} source=${source} asset=${asset} version=${one} now=${one.is_current ? now : null} other=${otherThan(one, readable)} onAsset=${onAsset} onClose=${onClose} onCompare=${setCompared} />`)}</ol>`}
    <div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>
  <//>`
}

/** @param {VersionView} version */
const nameWithDay = ({ version, finished_at: at }) =>
  [t('again.version', { version }), at && dateTime(at)].filter(Boolean).join(' · ')

/**
 * What a transcript is compared with first: the current one, and that with the one before it.
 * @param {VersionView} one
 * @param {VersionView[]} readable
 */
function otherThan(one, readable) {
  const at = readable.indexOf(one)
  if (at < 0) return undefined
  return one.is_current ? (readable[at + 1] ?? readable[at - 1]) : readable.find((other) => other.is_current)
}

/** @type {(one: VersionView, other: VersionView) => [number, number]} the earlier one first */
const inOrder = (one, other) => [Math.min(one.version, other.version), Math.max(one.version, other.version)]

/**
 * @param {{source: OwnSource, asset: Asset, version: VersionView, now: string | null, other: VersionView | undefined,
 *   onAsset: (asset: Asset) => void, onClose: () => void, onCompare: (both: [number, number]) => void}} props
 *   `now`: what became of confirmed words, as the text stands now
 */
function Version({ source, asset, version, now, other, onAsset, onClose, onCompare }) {
  const [use, isBusy, error] = useAction(async () => {
    onAsset(await source.use(version.version))
    toast(t('again.used', { version: version.version }))
    location.hash = `#/asset/${source.key}`
    onClose()
  })
  const look = () => {
    onClose()
    location.hash = `#/asset/${source.key}?version=${version.version}`
  }
  const name = t('again.version', { version: version.version })
  const { clarity, confirmed, stand, differ } = version
  const isIdle = !['queued', 'processing'].includes(asset.status)
  return html`<li class="version" aria-current=${version.is_current ? 'true' : undefined}>
    <div class="row">
      <strong>${name}</strong>
      ${version.is_current && html`<span class="chip good">${t('again.current')}</span>`}
      ${version.status !== 'completed' && html`<${StatusChip} status=${version.status} />`}
      ${clarity && html`<span class="clarity ${clarity}">${t(`asset.clarity.${clarity}`)}</span>`}
    </div>
    <p>${howHeard(version.heard, version.language)}</p>
    <p class="small muted">${[version.finished_at && dateTime(version.finished_at), confirmed !== undefined && t('again.confirmed', { share: floorPercent(confirmed) })].filter(Boolean).join(' · ')}</p>
    ${stand !== undefined && stand + (differ ?? 0) > 0 && html`<p class="small muted">${now ?? t('again.stand', { stand, total: stand + (differ ?? 0), version: version.after })}</p>`}
    ${version.error && html`<p class="small muted">${errorText(version.error)}</p>`}
    <${ErrorNote} error=${error} />
    <div class="row">
      ${version.can_be_used && html`<${Button} size="small" aria-label=${t('again.look-at', { version: version.version })} onClick=${look}>${t('again.look')}<//>`}
      ${other && html`<${Button} size="small" aria-label=${t('again.compare-of', { version: version.version })} onClick=${() => onCompare(inOrder(version, other))}>${t('editions.compare')}<//>`}
      ${version.can_be_used && isIdle && html`<${Button} size="small" busy=${isBusy} aria-label=${t('again.use-it', { version: version.version })} onClick=${use}>${t('again.use')}<//>`}
    </div>
  </li>`
}

/**
 * An earlier version, to be read: instead of the current one, while a new one is being heard, or after that was in vain.
 * @param {{id: string, version: number, source: OwnSource, asset: Asset, onAsset: (asset: Asset) => void, at?: number,
 *   children?: Children}} props `asset` is the current one; `children` stand here should the earlier one be gone
 */
export function EarlierVersion({ id, version, source, asset, onAsset, at, children }) {
  const earlier = useMemo(() => versionSource(id, version), [id, version])
  const { data, error, reload } = useLoad((signal) => earlier.asset(signal), earlier.key)
  const transcript = useDocument(earlier, isTranscribed(data), version)
  const isWorking = ['queued', 'processing'].includes(asset.status)
  const [use, isBusy, useError] = useAction(async () => {
    onAsset(await source.use(version))
    toast(t('again.used', { version }))
    location.hash = `#/asset/${id}`
    toHeading()
  })
  if (error?.status === 404 && children) return children
  return html`<section class="earlier" aria-label=${t('again.version', { version })}>
    ${
      !isInVain(asset) || version !== asset.again?.after
        ? html`<${Note}>
      <p><strong>${t('again.reading', { version })}</strong> ${t(isWorking ? 'again.reading-meanwhile' : 'again.reading-old', { version: asset.version })}</p>
      <div class="row">
        ${!isWorking && html`<${Button} size="small" variant="primary" busy=${isBusy} onClick=${use}>${t('again.use')}<//>`}
        ${!isWorking && html`<${Button} size="small" href="#/asset/${id}">${t('again.back')}<//>`}
      </div>
    <//>`
        : html`<${InVain} version=${version} current=${asset.version} busy=${isBusy} onUse=${use} />`
    }
    <${ErrorNote} error=${useError} />
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${!data && !error && html`<${Spinner} />`}
    ${data && html`<${Reader} source=${earlier} asset=${data} transcript=${transcript} at=${at} />`}
  </section>`
}

/**
 * Says so, and makes the one before the current one again.
 * @param {{version: number, current: number, busy: boolean, onUse: () => void}} props
 */
const InVain = ({ version, current, busy, onUse }) => html`<${Note} kind="warn">
  <p><strong>${t('again.in-vain')}</strong> ${t('again.reading', { version })} ${t('again.reading-old', { version: current })}</p>
  <div class="row"><${Button} size="small" variant="primary" busy=${busy} onClick=${onUse}>${t('again.use-it', { version })}<//></div>
<//>`

/**
 * What became of confirmed words, and the way through those that were heard differently.
 * @param {{source: OwnSource, asset: Asset, doc: TranscriptDocument, onSeek: (seconds: number) => void}} props
 */
export function Carried({ source, asset, doc, onSeek }) {
  const data = useCarried(source, asset)
  const name = `carried.${source.key}`
  const [away, setAway] = useState(() => remembered(name, ''))
  const [isOpen, setOpen] = useState(false)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const left = data && doc.isLoaded ? openPlaces(doc.lines, data.places) : []
  const isStepping = isOpen && left.length > 0
  const wasStepping = useRef(false)
  useEffect(() => {
    if (wasStepping.current && !isStepping) box.current?.focus()
    wasStepping.current = isStepping
  }, [isStepping])
  if (!data || !doc.isLoaded || doc.old || data.stand + data.differ === 0) return null
  const isDecided = left.length === 0
  if (isDecided && away === String(asset.version)) return null
  const putAway = () => {
    remember(name, String(asset.version))
    setAway(String(asset.version))
    toHeading()
  }
  return html`<section class="carried panel" tabindex="-1" ref=${box} aria-label=${t('again.carried')}>
    <div class="row">
      <p role="status">${standText(data, doc)} ${data.differ > 0 && (left.length > 0 ? t('again.left', { count: left.length }) : t('again.none-left'))}</p>
      ${left.length > 0 && !isOpen && html`<${Button} size="small" onClick=${() => setOpen(true)}>${t('again.step')}<//>`}
      ${isDecided && html`<${IconButton} icon="close" label=${t('again.put-away')} onClick=${putAway} />`}
    </div>
    ${isStepping && html`<${Steps} carried=${data} left=${left} doc=${doc} onSeek=${onSeek} onClose=${() => setOpen(false)} />`}
  </section>`
}

/**
 * One place after the other: what was confirmed, what was heard now, and which of them stands. Keys, while the focus is
 * here, as at the desk: 1 takes the old words, 2 keeps the new ones, arrows go on and back.
 * @param {{carried: CarriedView, left: CarriedView['places'], doc: TranscriptDocument, onSeek: (seconds: number) => void,
 *   onClose: () => void}} props
 */
function Steps({ left, doc, onSeek, onClose }) {
  const [wantedAt, setAt] = useState(0)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => box.current?.focus(), []) // the button that led here is gone, and keys are to work
  const at = Math.min(wantedAt, left.length - 1)
  const place = left[at]
  const go = (/** @type {number} */ next) => {
    const found = (next + left.length) % left.length
    setAt(found)
    onSeek(left[found].start)
  }
  const spans = spansAt(doc.lines, place)
  const old = withOldWords(doc.lines, place)
  const decided = () => {
    const next = left[at + 1] ?? left[0]
    if (next && next !== place) onSeek(next.start)
    if (at >= left.length - 1) setAt(0)
    box.current?.focus() // the button that was pressed may be gone
  }
  const take = () => {
    if (!old) return
    doc.type(old.id, old.text, old.text.length)
    const now = spansAt(doc.lines, place)
    if (now.length && !isConfirmed(doc.lines, now)) doc.confirm(now)
    decided()
  }
  const keep = () => {
    if (spans.length && !isConfirmed(doc.lines, spans)) doc.confirm(spans)
    decided()
  }
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return
    const does = /** @type {Record<string, () => void>} */ ({
      1: take,
      2: keep,
      ArrowDown: () => go(at + 1),
      ArrowRight: () => go(at + 1),
      ArrowUp: () => go(at - 1),
      ArrowLeft: () => go(at - 1),
      Escape: onClose,
    })[event.key]
    if (!does) return
    event.preventDefault()
    event.stopPropagation()
    does()
  }
  return html`<div class="carried-step" role="group" tabindex="-1" aria-label=${t('again.place', { at: at + 1, count: left.length })} ref=${box} onKeyDown=${key}>
    <p class="small muted" aria-live="polite">${t('again.place', { at: at + 1, count: left.length })} · ${clock(place.start)}</p>
    <dl class="carried-words">
      <div><dt>${t('again.was')}</dt><dd dir="auto">${place.was}</dd></div>
      <div><dt>${t('again.now')}</dt><dd dir="auto">${place.now || t('again.nothing')}</dd></div>
    </dl>
    <div class="row">
      <${Button} size="small" variant="primary" disabled=${!old} onClick=${take} aria-keyshortcuts="1"><kbd aria-hidden="true">1</kbd> ${t('again.take')}<//>
      <${Button} size="small" disabled=${spans.length === 0} onClick=${keep} aria-keyshortcuts="2"><kbd aria-hidden="true">2</kbd> ${t('again.keep')}<//>
      <${Button} size="small" onClick=${() => onSeek(place.start)}>${t('again.hear-place')}<//>
      <${Button} size="small" onClick=${() => go(at - 1)}>${t('again.previous')}<//>
      <${Button} size="small" onClick=${() => go(at + 1)}>${t('again.next')}<//>
      <${Button} size="small" variant="quiet" onClick=${onClose}>${t('ui.close')}<//>
    </div>
    <p class="small muted">${t('again.keys')}</p>
  </div>`
}
