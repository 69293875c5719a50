/** The dialogs of the asset page. */

import { ApiError, api } from '../api.js'
import { bytes, date, dateTime, languageName, t } from '../i18n.js'
import {
  Button,
  Checkbox,
  ConfirmDialog,
  CopyButton,
  Dialog,
  ErrorNote,
  errorText,
  Form,
  Note,
  SelectField,
  Spinner,
  titleOf,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { remember } from './controls.js'
import { EDITING_HELP, hasSingleKeys, READING_HELP } from './keys.js'

/**
 * @import { Asset, Failed, NewShare, ShareView, SoundTrackView } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

const FORMATS = ['txt', 'docx', 'srt', 'vtt', 'json']
const DAYS = [1, 7, 30, 90]

/** @param {{onClose: () => void}} props */
const Close = ({ onClose }) => html`<div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>`

/**
 * Everything that can be had of an asset.
 * @param {{source: OwnSource, asset: Asset, edition?: number, onClose: () => void}} props
 */
export function DownloadsDialog({ source, asset, edition, onClose }) {
  const files = useLoad((signal) => source.files(signal), source.key)
  const hasTranscript = asset.branches?.speech?.status === 'done'
  return html`<${Dialog} title=${t('asset.downloads.title')} onClose=${onClose}>
    ${
      hasTranscript &&
      html`<h3>${t('asset.transcript.title')}</h3>
      <div class="row">${FORMATS.map((format) => html`<${TranscriptButton} key=${format} format=${format} source=${source} asset=${asset} edition=${edition} />`)}</div>`
    }
    <h3>${t('asset.downloads.files')}</h3>
    ${files.isLoading && html`<${Spinner} />`}
    <${ErrorNote} error=${files.error} onRetry=${files.reload} />
    ${files.data?.files.length === 0 && html`<p class="muted">${t('asset.downloads.none')}</p>`}
    ${
      files.data &&
      files.data.files.length > 0 &&
      html`<ul class="files">
      ${files.data.files.map(
        (file) => html`<li key=${file.name}>
        <a href=${file.url} download="" rel="noopener">${presetTitle(file.name)}</a>
        <span class="small muted">${file.content_type} · <span class="numbers">${bytes(file.size)}</span></span>
      </li>`,
      )}
    </ul>`
    }
    <${Close} onClose=${onClose} />
  <//>`
}

/** @param {string} name */
function presetTitle(name) {
  return api.config?.presets?.find((preset) => preset.name === name)?.title ?? name
}

/** @param {{format: string, source: OwnSource, asset: Asset, edition?: number}} props */
function TranscriptButton({ format, source, asset, edition }) {
  const [run, isBusy] = useAction(async () => {
    try {
      save(await source.transcript(format, edition), `${asset.download_name}.${format}`)
    } catch (error) {
      toast(errorText(error), 'bad')
    }
  })
  return html`<${Button} size="small" busy=${isBusy} onClick=${run}>${t(`asset.downloads.${format}`)}<//>`
}

/**
 * Hand a Blob to the browser as a download.
 * @param {Blob} blob
 * @param {string} name
 */
function save(blob, name) {
  const url = URL.createObjectURL(blob)
  const link = Object.assign(document.createElement('a'), { href: url, download: name })
  document.body.append(link) // Firefox wants it in the document
  link.click()
  link.remove()
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}

/**
 * Links for people without an account: make one, see them, end them.
 * @param {{source: OwnSource, asset: Asset, onClose: () => void}} props
 */
export function ShareDialog({ source, asset, onClose }) {
  const shares = useLoad((signal) => source.shares(signal), source.key)
  const [days, setDays] = useState('7')
  const [made, setMade] = useState(/** @type {NewShare | null} */ (null))
  const [create, isBusy, error] = useAction(async () => {
    setMade(await source.share(Number(days)))
    shares.reload()
  })
  const end = async (/** @type {ShareView} */ share) => {
    try {
      await source.unshare(share.id)
      if (made?.id === share.id) setMade(null)
      shares.reload()
      toast(t('asset.share.ended'))
    } catch (failure) {
      toast(errorText(failure), 'bad')
    }
  }
  const link = made && `${location.origin}${location.pathname}#/shared/${made.token}`
  return html`<${Dialog} title=${t('asset.share.title')} onClose=${onClose}>
    <p>${t(isFile(asset) ? 'asset.share.text-file' : 'asset.share.text')}</p>
    <${Form} onSubmit=${create}>
      <${SelectField} label=${t('asset.share.days')} value=${days} options=${DAYS.map((count) => [String(count), t('asset.share.day-count', { count })])} onChange=${setDays} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('asset.share.make')}<//>
    <//>
    <${ErrorNote} error=${error} />
    ${
      made &&
      html`<div class="stack" role="status">
      <p>${t('asset.share.made', { until: dateTime(made.expires_at) })}</p>
      <input class="input" readonly aria-label=${t('asset.share.link')} value=${link} onFocus=${(/** @type {{target: HTMLInputElement}} */ { target }) => target.select()} />
      <${CopyButton} text=${link} label=${t('asset.share.copy')} />
    </div>`
    }
    <h3>${t('asset.share.open')}</h3>
    ${shares.isLoading && !shares.data && html`<${Spinner} />`}
    <${ErrorNote} error=${shares.error} onRetry=${shares.reload} />
    ${shares.data?.shares.length === 0 && html`<p class="muted">${t('asset.share.none')}</p>`}
    ${
      shares.data &&
      shares.data.shares.length > 0 &&
      html`<ul class="files">
      ${shares.data.shares.map(
        (share) => html`<li key=${share.id}>
        <span>${t('asset.share.from-to', { from: date(share.created_at), until: dateTime(share.expires_at) })}</span>
        <${Button} size="small" variant="danger" aria-label=${`${t('asset.share.end')}: ${date(share.created_at)}`} onClick=${() => end(share)}>${t('asset.share.end')}<//>
      </li>`,
      )}
    </ul>`
    }
    <${Close} onClose=${onClose} />
  <//>`
}

/**
 * The editions of the transcript: look at one; the page then offers to bring it back.
 * @param {{doc: TranscriptDocument, onClose: () => void}} props
 */
export function EditionsDialog({ doc, onClose }) {
  const [busy, setBusy] = useState(/** @type {number | null} */ (null))
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  const numbers = Array.from({ length: doc.editions + 1 }, (_, i) => doc.editions - i)
  const look = async (/** @type {number} */ n) => {
    setBusy(n)
    setError(null)
    try {
      if (n === doc.edition) doc.lookBack()
      else await doc.look(n)
      onClose()
    } catch (failure) {
      setError(/** @type {Failed} */ (failure))
      setBusy(null)
    }
  }
  return html`<${Dialog} title=${t('asset.editions.title')} onClose=${onClose}>
    <p>${t('asset.editions.text')}</p>
    <${ErrorNote} error=${error} />
    <ul class="files">
      ${numbers.map(
        (n) => html`<li key=${n}>
        <span>${n === 0 ? t('asset.editions.heard') : t('asset.editions.number', { n })}${n === doc.edition ? html` <span class="chip plain">${t('asset.editions.present')}</span>` : ''}</span>
        <${Button} size="small" busy=${busy === n} aria-label=${t('asset.editions.look-at', { n })} onClick=${() => look(n)}>${t('asset.editions.look')}<//>
      </li>`,
      )}
    </ul>
    <${Close} onClose=${onClose} />
  <//>`
}

/**
 * Somebody else saved an edition in the meantime: whose text is to stand?
 * @param {{doc: TranscriptDocument, onClose: () => void}} props
 */
export function ConflictDialog({ doc, onClose }) {
  const [take, isTaking, takeError] = useAction(async () => {
    await doc.takeTheirs()
    onClose()
  })
  const [keep, isKeeping, keepError] = useAction(async () => {
    await doc.keepMine()
    if (doc.autosave.state !== 'conflict') onClose()
  })
  return html`<${Dialog} title=${t('asset.conflict.title')} onClose=${onClose}>
    <p>${t('asset.conflict.text')}</p>
    <${ErrorNote} error=${takeError ?? keepError} />
    <div class="stack">
      <${Button} busy=${isTaking} onClick=${take}>${t('asset.conflict.theirs')}<//>
      <p class="small muted">${t('asset.conflict.theirs-text')}</p>
      <${Button} busy=${isKeeping} onClick=${keep}>${t('asset.conflict.mine')}<//>
      <p class="small muted">${t('asset.conflict.mine-text')}</p>
      <${Button} variant="quiet" onClick=${onClose}>${t('asset.conflict.later')}<//>
    </div>
  <//>`
}

/**
 * The keys, and the switch for single ones.
 * @param {{canEdit: boolean, onClose: () => void}} props
 */
export function HelpDialog({ canEdit, onClose }) {
  const [isOn, setOn] = useState(hasSingleKeys())
  const choose = (/** @type {boolean} */ on) => {
    remember('keys', on ? 'on' : 'off')
    setOn(on)
  }
  return html`<${Dialog} title=${t('asset.help.title')} onClose=${onClose}>
    <h3>${t('asset.help.reading')}</h3>
    <${Keys} keys=${READING_HELP.filter(([, name]) => canEdit || !['edit', 'confirm', 'confirm-word'].includes(name))} />
    ${canEdit && html`<h3>${t('asset.help.editing')}</h3><${Keys} keys=${EDITING_HELP} />`}
    <${Checkbox} label=${t('asset.help.single')} checked=${isOn} onChange=${choose} />
    <${Close} onClose=${onClose} />
  <//>`
}

/** @param {{keys: string[][]}} props */
const Keys = ({
  keys,
}) => html`<table class="keys"><thead class="visually-hidden"><tr><th scope="col">${t('asset.help.key')}</th><th scope="col">${t('asset.help.does')}</th></tr></thead>
  <tbody>${keys.map(([key, name]) => html`<tr key=${key}><td><kbd>${key}</kbd></td><td>${t(`asset.key.${name}`)}</td></tr>`)}</tbody></table>`

/** Whether it is a picture or a document, which nobody recorded. @param {Asset} asset */
const isFile = ({ kind }) => kind === 'image' || kind === 'document'

/** @param {{source: OwnSource, asset: Asset, onClose: () => void}} props */
export function DeleteDialog({ source, asset, onClose }) {
  const remove = async () => {
    await source.remove()
    toast(t('asset.delete.done', { title: titleOf(asset) }))
    location.hash = '#/'
  }
  return html`<${ConfirmDialog} title=${t(isFile(asset) ? 'asset.delete.title-file' : 'asset.delete.title')} confirm=${t('asset.delete.confirm')} danger onConfirm=${remove} onClose=${onClose}>
    <p>${t('asset.delete.text', { title: titleOf(asset) })}</p>
  <//>`
}

/** @param {{source: OwnSource, onAsset: (asset: Asset) => void, onClose: () => void}} props */
export function CancelDialog({ source, onAsset, onClose }) {
  const cancel = async () => {
    onAsset(await source.cancel())
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('asset.cancel.title')} confirm=${t('asset.cancel.confirm')} danger onConfirm=${cancel} onClose=${onClose}>
    <p>${t('asset.cancel.text')}</p>
  <//>`
}

/**
 * A track of sound as a person may know it: "Track 2 · French · Director".
 * @param {SoundTrackView} track
 */
export function trackName({ number, language, title }) {
  return [t('asset.track.number', { number }), language && languageName(language), title].filter(Boolean).join(' · ')
}

/**
 * Do all the work again.
 * @param {{source: OwnSource, asset: Asset, onAsset: (asset: Asset) => void, onClose: () => void}} props
 */
export function RetryDialog({ source, asset, onAsset, onClose }) {
  const [isDear, setDear] = useState(false)
  const [accepts, setAccepts] = useState(false)
  const retry = async () => {
    try {
      onAsset(await source.retry({ accept_cost: accepts || undefined }))
      onClose()
    } catch (error) {
      if (error instanceof ApiError && error.code === 'cost-limit') setDear(true)
      throw error
    }
  }
  return html`<${ConfirmDialog} title=${t('asset.retry.title')} confirm=${t('asset.retry.confirm')} disabled=${isDear && !accepts} onConfirm=${retry} onClose=${onClose}>
    <p>${asset.edition > 0 ? t('again.retry-edited', { version: asset.version }) : t('asset.retry.text')}</p>
    ${isDear && html`<${Note} kind="warn"><${Checkbox} label=${t('asset.retry.accept')} checked=${accepts} onChange=${setAccepts} /><//>`}
  <//>`
}
