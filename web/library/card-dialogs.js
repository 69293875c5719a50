/** What is asked before something is done with one recording. */

import { api } from '../api.js'
import { dropDrafts } from '../asset/drafts.js'
import { account } from '../auth.js'
import { t } from '../i18n.js'
import { tagsIn } from '../names.js'
import { ConfirmDialog, TextField, titleOf, toast } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/**
 * @import { AssetView } from '../types.d.ts'
 * @import { List } from './list.js'
 */

/**
 * @typedef {'rename' | 'tags' | 'delete' | 'retry'} Kind of dialog
 * @typedef {{asset: AssetView, list: List, onClose: () => void}} Opened
 */

/** @param {Opened & {kind: Kind}} props */
export function AssetDialog({ kind, asset, list, onClose }) {
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
    await dropDrafts(account(), [asset.id])
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
