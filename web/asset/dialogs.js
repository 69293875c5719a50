/** The dialogs of the asset page. */

import { ApiError } from '../api.js'
import { t } from '../i18n.js'
import { remember } from '../remembering.js'
import {
  Button,
  Checkbox,
  ConfirmDialog,
  Dialog,
  ErrorNote,
  errorText,
  fileWords,
  Note,
  Spinner,
  saveAs,
  titleOf,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { FileList } from './file-list.js'
import { CARRIED_HELP, DESK_HELP, EDITING_HELP, hasSingleKeys, READING_HELP } from './keys.js'
import { hasOriginal, Original } from './original.js'

/**
 * @import { Asset } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

const FORMATS = ['txt', 'docx', 'srt', 'vtt', 'json']
/** What stands among the files too, once there is a transcript. */
const IN_FORMATS = /^(transcript|captions)\.(txt|srt|vtt|json)$/

/** @param {{onClose: () => void}} props */
const Close = ({ onClose }) => html`<div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>`

/**
 * Everything that can be had of an asset.
 * @param {{source: OwnSource, asset: Asset, edition?: number, onClose: () => void}} props
 */
export function DownloadsDialog({ source, asset, edition, onClose }) {
  const files = useLoad((signal) => source.files(signal), source.key)
  const hasTranscript = asset.branches?.speech?.status === 'done'
  const [tells, setTells] = useState(false)
  const others = files.data?.files.filter(({ name }) => !hasTranscript || !IN_FORMATS.test(name))
  return html`<${Dialog} title=${t('asset.downloads.title')} onClose=${onClose}>
    ${
      hasTranscript &&
      html`<h3>${t('asset.transcript.title')}</h3>
      <ul class="files">${FORMATS.map((format) => html`<${TranscriptFile} key=${format} format=${format} source=${source} asset=${asset} edition=${edition} confirmed=${tells && format !== 'srt'} />`)}</ul>
      <${Checkbox} label=${t('asset.downloads.tell')} checked=${tells} onChange=${setTells} />`
    }
    <h3>${t(hasTranscript ? 'asset.downloads.others' : 'asset.downloads.files')}</h3>
    ${files.isLoading && html`<${Spinner} />`}
    <${ErrorNote} error=${files.error} onRetry=${files.reload} />
    ${others?.length === 0 && html`<p class="muted">${t('asset.downloads.none')}</p>`}
    ${others && others.length > 0 && html`<${FileList} files=${others} />`}
    ${hasOriginal(asset) && html`<${Original} source=${source} asset=${asset} />`}
    <${Close} onClose=${onClose} />
  <//>`
}

/** @param {{format: string, source: OwnSource, asset: Asset, edition?: number, confirmed: boolean}} props */
function TranscriptFile({ format, source, asset, edition, confirmed }) {
  const [run, isBusy] = useAction(async () => {
    try {
      saveAs(await source.transcript(format, edition, confirmed || undefined), `${asset.download_name}.${format}`)
    } catch (error) {
      toast(errorText(error), 'bad')
    }
  })
  return html`<li>
    <button type="button" class="link-button" aria-disabled=${isBusy} onClick=${run}>${t(`asset.downloads.${format}`)}</button>
    <span class="small muted">${fileWords({ name: `transcript.${format}` }).use}</span>
  </li>`
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
    <${Keys} keys=${READING_HELP.filter(([, name]) => canEdit || !['edit', 'confirm', 'confirm-word', 'replace'].includes(name))} />
    ${canEdit && html`<h3>${t('desk.help')}</h3><${Keys} keys=${DESK_HELP} />`}
    ${canEdit && html`<h3>${t('asset.help.carried')}</h3><${Keys} keys=${CARRIED_HELP} />`}
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

/** @param {{source: OwnSource, asset: Asset, doc: TranscriptDocument, onClose: () => void}} props */
export function DeleteDialog({ source, asset, doc, onClose }) {
  const remove = async () => {
    await source.remove()
    await doc.discard()
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
    <p>${asset.edition > 0 ? t('asset.retry.edited', { version: asset.version }) : t('asset.retry.text')}</p>
    ${isDear && html`<${Note} kind="warn"><${Checkbox} label=${t('asset.retry.accept')} checked=${accepts} onChange=${setAccepts} /><//>`}
  <//>`
}
