/** The head of the page: title and tags, which their owner changes in place, facts, and what can be done. */

import { api } from '../api.js'
import { date, dateTime, languageName, money, t } from '../i18n.js'
import { tagsIn } from '../names.js'
import { isConverting } from '../typing.js'
import { FactsLine } from '../ui/facts.js'
import { later, withParts } from '../ui/later.js'
import {
  Button,
  errorText,
  Icon,
  isFetched,
  isFinished,
  Menu,
  mayTryAgain,
  Size,
  StatusChip,
  titleOf,
  toast,
  withValue,
} from '../ui.js'
import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact.js'
import { Drawing } from './controls.js'
import { canHearAgain } from './model/hearing.js'
import { hasOriginal } from './original.js'
import { canTranslate } from './translations.js'

/**
 * @import { Asset } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

const dialogs = () => import('./dialogs.js')
const CancelDialog = later(dialogs, 'CancelDialog')
const DeleteDialog = later(dialogs, 'DeleteDialog')
const DownloadsDialog = later(dialogs, 'DownloadsDialog')
const RetryDialog = later(dialogs, 'RetryDialog')
const EditionsDialog = later(() => withParts(import('./editions.js'), ['editions']), 'EditionsDialog')
const HearAgainDialog = later(() => withParts(import('./hear-again.js'), ['again']), 'HearAgainDialog')
const LogDialog = later(() => withParts(import('./log.js'), ['people']), 'LogDialog')
const ShareDialog = later(() => withParts(import('./share.js'), ['links', 'people']), 'ShareDialog')
const TakeInDialog = later(() => withParts(import('./take-in.js'), ['captions']), 'TakeInDialog')
const translations = () => withParts(import('./translations-dialog.js'), ['captions'])
const TranslationsDialog = later(translations, 'TranslationsDialog')
const VersionsDialog = later(() => withParts(import('./versions.js'), ['again', 'editions']), 'VersionsDialog')

/**
 * @typedef {{source: OwnSource, asset: Asset, onAsset: (asset: Asset) => void}} Owned
 * @param {Owned & {doc: TranscriptDocument}} props
 */
export function Header({ source, asset, doc, onAsset }) {
  const [dialog, setDialog] = useState(/** @type {string | null} */ (null))
  const close = () => setDialog(null)
  const isBusy = ['queued', 'processing'].includes(asset.status) || isFetched(asset)
  const canRetry = mayTryAgain(asset)
  const hasSome =
    !asset.is_withheld &&
    (asset.renditions.length > 0 || Object.values(asset.branches).some((branch) => branch.status === 'done'))
  const common = { source, asset, doc, onAsset, onClose: close }
  return html`<header class="asset-head">
    <${Title} source=${source} asset=${asset} onAsset=${onAsset} />
    <div class="row asset-actions">
      ${(hasSome || hasOriginal(asset)) && html`<${Button} size="small" onClick=${() => setDialog('downloads')}><${Icon} name="download" size="16" />${t('asset.downloads.button')}<//>`}
      ${hasSome && isFinished(asset) && html`<${Button} size="small" onClick=${() => setDialog('share')}>${t('asset.share.button')}<//>`}
      ${doc.isLoaded && html`<${Button} size="small" onClick=${() => setDialog('editions')}>${t('asset.editions.button', { count: doc.editions + 1 })}<//>`}
      ${isBusy && html`<${Button} size="small" variant="danger" onClick=${() => setDialog('cancel')}>${t('asset.cancel.button')}<//>`}
      ${canRetry && html`<${Button} size="small" variant="primary" onClick=${() => setDialog('retry')}>${t('asset.retry.button')}<//>`}
      <${Menu} label=${t('asset.more')}>
        ${canTranslate(asset, doc.isLoaded) && html`<button type="button" onClick=${() => setDialog('translations')}>${t('asset.translations')}</button>`}
        ${doc.isLoaded && html`<button type="button" onClick=${() => setDialog('take-in')}>${t('asset.take-in')}</button>`}
        ${canHearAgain(asset) && html`<button type="button" onClick=${() => setDialog('hear')}>${t('asset.hear-again')}</button>`}
        <button type="button" onClick=${() => setDialog('log')}>${t('asset.log')}</button>
        ${asset.newest > 1 && html`<button type="button" onClick=${() => setDialog('versions')}>${t('asset.versions')}</button>`}
        <button type="button" class="danger" onClick=${() => setDialog('delete')}>${t(asset.kind === 'image' || asset.kind === 'document' ? 'asset.delete.button-file' : 'asset.delete.button')}</button>
      <//>
    </div>
    <${Facts} asset=${asset} />
    <${Tags} source=${source} asset=${asset} onAsset=${onAsset} />
    ${dialog === 'downloads' && html`<${DownloadsDialog} ...${common} edition=${doc.old?.edition} />`}
    ${dialog === 'share' && html`<${ShareDialog} ...${common} />`}
    ${dialog === 'editions' && html`<${EditionsDialog} ...${common} />`}
    ${dialog === 'take-in' && html`<${TakeInDialog} ...${common} />`}
    ${dialog === 'translations' && html`<${TranslationsDialog} ...${common} />`}
    ${dialog === 'cancel' && html`<${CancelDialog} ...${common} />`}
    ${dialog === 'retry' && html`<${RetryDialog} ...${common} />`}
    ${dialog === 'hear' && html`<${HearAgainDialog} ...${common} />`}
    ${dialog === 'versions' && html`<${VersionsDialog} ...${common} />`}
    ${dialog === 'log' && html`<${LogDialog} id=${asset.id} onClose=${close} />`}
    ${dialog === 'delete' && html`<${DeleteDialog} ...${common} />`}
  </header>`
}

/**
 * Day, length, language, cost; and the state while there is something to say about it.
 * @param {{asset: Asset}} props
 */
export function Facts({ asset }) {
  const { clarity, language } = asset
  return html`<div class="row facts-row">
    ${asset.status !== 'completed' && html`<${StatusChip} status=${asset.status} />`}
    <${FactsLine} parts=${[
      html`<time datetime=${new Date(asset.created_at * 1000).toISOString()} title=${dateTime(asset.created_at)}>${date(asset.created_at)}</time>`,
      Size({ asset }),
      language && languageName(language),
      clarity &&
        html`<span class="clarity ${clarity}" title=${t(`asset.clarity.${clarity}-hint`)}>${t(`asset.clarity.${clarity}`)}</span>`,
      asset.cost &&
        html`<span title=${t('asset.cost.as-of', { day: asset.cost.as_of })}>${money(asset.cost.usd)}</span>`,
      asset.title &&
        asset.title !== asset.file_name &&
        html`<span class="file-name" dir="auto">${asset.file_name}</span>`,
    ]} />
  </div>`
}

/**
 * Puts a change into effect at once, and back if the service refuses it.
 * @param {OwnSource} source
 * @param {Asset} asset
 * @param {{title?: string, tags?: string[]}} changes
 * @param {(asset: Asset) => void} onAsset
 */
async function change(source, asset, changes, onAsset) {
  onAsset({ ...asset, ...changes })
  try {
    onAsset(await source.change(changes))
    return true
  } catch (error) {
    onAsset(asset)
    toast(errorText(error), 'bad')
    return false
  }
}

/** A field that has just come takes the focus. @param {HTMLInputElement | null} field */
function focusOn(field) {
  if (field && document.activeElement !== field) field.focus()
}

/** The heading's place: the page is called so, and it takes the focus. @param {string} title */
function useHeading(title) {
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    document.title = `${title} – Rapporteur`
  }, [title])
  useLayoutEffect(() => {
    if (document.body.dataset.moved) heading.current?.focus({ preventScroll: true })
  }, [])
  return heading
}

/** The heading, for people who cannot change it. @param {{asset: Asset}} props */
export function Heading({ asset }) {
  const heading = useHeading(titleOf(asset))
  return html`<div class="title-row"><h1 tabindex="-1" dir="auto" ref=${heading}>${titleOf(asset)}</h1></div>`
}

/**
 * The heading, or a field in its place.
 * @param {Owned} props
 */
export function Title({ source, asset, onAsset }) {
  const [draft, setDraft] = useState(/** @type {string | null} */ (null))
  const button = useRef(/** @type {HTMLElement | null} */ (null))
  const title = titleOf(asset)
  const heading = useHeading(title)
  const end = (/** @type {boolean} */ isKept) => {
    const text = draft?.trim()
    setDraft(null)
    if (isKept && text && text !== title) change(source, asset, { title: text }, onAsset)
    setTimeout(() => button.current?.focus())
  }
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (isConverting(event)) return
    if (event.key === 'Escape') end(false)
    if (event.key === 'Enter') end(true)
  }
  if (draft !== null) {
    return html`<div class="title-row">
      <input class="input title-input" dir="auto" aria-label=${t('asset.title.label')} value=${draft} maxlength=${api.config.limits.title} autofocus ref=${focusOn}
        onInput=${withValue(setDraft)} onKeyDown=${key} />
      <${Button} size="small" variant="primary" onClick=${() => end(true)}>${t('ui.save')}<//>
      <${Button} size="small" onClick=${() => end(false)}>${t('ui.cancel')}<//>
    </div>`
  }
  return html`<div class="title-row">
    <h1 tabindex="-1" dir="auto" ref=${heading}>${title}</h1>
    <button type="button" class="tool" ref=${button} aria-label=${t('asset.title.edit')} title=${t('asset.title.edit')} onClick=${() => setDraft(title)}><${Drawing} name="pen" /></button>
  </div>`
}

/** @param {Owned} props */
function Tags({ source, asset, onAsset }) {
  const [text, setText] = useState('')
  const [isOpen, setOpen] = useState(false)
  const tags = asset.tags ?? []
  const add = async (/** @type {string} */ typed) => {
    const most = api.config.limits.tags
    const wanted = [...new Set([...tags, ...tagsIn(typed)])]
    const all = wanted.slice(0, most)
    const left = wanted.slice(most)
    // What finds no room stays in the field: it may be wanted more than a tag that is there.
    setText(left.join(', '))
    if (left.length) toast(t('asset.tags.most', { count: left.length, most }), 'bad')
    if (all.length > tags.length && !(await change(source, asset, { tags: all }, onAsset))) setText(typed)
  }
  const key = (/** @type {KeyboardEvent & {target: HTMLInputElement}} */ event) => {
    if (isConverting(event)) return
    if (event.key === 'Escape') {
      event.target.value = '' // the field is left when it goes, and what stands in it then is added
      setText('')
      setOpen(false)
    }
    if (event.key !== 'Enter') return
    event.preventDefault()
    add(event.target.value)
  }
  const leave = (/** @type {string} */ typed) => {
    add(typed)
    setOpen(false)
  }
  return html`<div class="row tags" role="group" aria-label=${t('asset.tags.title')}>
    ${tags.map(
      (tag) => html`<span key=${tag} class="chip plain"><bdi>${tag}</bdi>
      <button type="button" class="tag-remove" aria-label=${t('asset.tags.remove', { tag })} title=${t('asset.tags.remove', { tag })} onClick=${() => change(source, asset, { tags: tags.filter((one) => one !== tag) }, onAsset)}>×</button></span>`,
    )}
    ${
      isOpen
        ? html`<input class="input tag-input" dir="auto" aria-label=${t('asset.tags.add')} placeholder=${t('asset.tags.add')} value=${text} ref=${focusOn}
          onInput=${withValue(setText)} onKeyDown=${key} onBlur=${withValue(leave)} />`
        : html`<button type="button" class="link-button small" onClick=${() => setOpen(true)}>${t('asset.tags.add')}</button>`
    }
  </div>`
}
