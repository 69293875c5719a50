/** What is asked about folders, saved filters, and several recordings at once. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { tagsIn } from '../names.js'
import { Button, ConfirmDialog, Dialog, SelectField, TextField, titleOf, toast } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { choices, insideOf } from './tree.js'
import { toSave } from './view.js'

/**
 * @import { AssetView, FilterView, FolderView, LibraryView } from '../types.d.ts'
 * @import { Wish } from './bulk.js'
 * @import { View } from './view.js'
 */

/** How many titles are named before the rest is only counted. */
const NAMED = 5

/** @typedef {{onDone: () => void, onClose: () => void}} Ends */

/**
 * Makes a folder, at the top or in another.
 * @param {{parent?: string, overview: LibraryView, onMade?: (folder: FolderView) => void} & Ends} props
 */
export function NewFolderDialog({ parent = '', overview, onMade, onDone, onClose }) {
  const [name, setName] = useState('')
  const [inside, setInside] = useState(parent)
  const save = async () => {
    const folder = await api.post('/folders', { name, parent: inside || undefined })
    onMade?.(folder)
    onDone()
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('folders.new')} confirm=${t('folders.make')} disabled=${!name.trim()} onConfirm=${save} onClose=${onClose}>
    <${TextField} label=${t('folders.name')} value=${name} onInput=${setName} required maxlength=${api.config.limits.folder_name} autofocus />
    ${overview.folders.length > 0 && html`<${SelectField} label=${t('folders.inside')} value=${inside} options=${[['', t('folders.top')], ...choices(overview.folders)]} onChange=${setInside} />`}
  <//>`
}

/**
 * Renames a folder, or puts it into another.
 * @param {{folder: FolderView, overview: LibraryView} & Ends} props
 */
export function FolderDialog({ folder, overview, onDone, onClose }) {
  const [name, setName] = useState(folder.name)
  const [parent, setParent] = useState(folder.parent ?? '')
  const own = insideOf(overview.folders, folder.id)
  const others = choices(overview.folders).filter(([id]) => !own.includes(id))
  const save = async () => {
    await api.patch(`/folders/${folder.id}`, { name, parent: parent || null })
    onDone()
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('folders.change')} confirm=${t('ui.save')} disabled=${!name.trim()} onConfirm=${save} onClose=${onClose}>
    <${TextField} label=${t('folders.name')} value=${name} onInput=${setName} required maxlength=${api.config.limits.folder_name} autofocus />
    ${others.length > 0 && html`<${SelectField} label=${t('folders.inside')} value=${parent} options=${[['', t('folders.top')], ...others]} onChange=${setParent} />`}
  <//>`
}

/** @param {{folder: FolderView, overview: LibraryView} & Ends} props */
export function DeleteFolderDialog({ folder, overview, onDone, onClose }) {
  const inside = insideOf(overview.folders, folder.id)
  const count = overview.folders.filter(({ id }) => inside.includes(id)).reduce((sum, one) => sum + one.count, 0)
  const remove = async () => {
    await api.delete(`/folders/${folder.id}`)
    toast(t('folders.deleted', { name: folder.name }))
    onDone()
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('folders.delete-title', { name: folder.name })} confirm=${t('folders.delete')} danger onConfirm=${remove} onClose=${onClose}>
    <p>${t('folders.delete-text', { count })}</p>
    ${inside.length > 1 && html`<p>${t('folders.delete-inside', { count: inside.length - 1 })}</p>`}
  <//>`
}

/**
 * Saves what is shown under a name.
 * @param {{view: View} & Ends} props
 */
export function SaveFilterDialog({ view, onDone, onClose }) {
  const [name, setName] = useState('')
  const save = async () => {
    await api.post('/filters', /** @type {any} */ (toSave(view, name)))
    onDone()
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('folders.save')} confirm=${t('ui.save')} disabled=${!name.trim()} onConfirm=${save} onClose=${onClose}>
    <p>${t('folders.save-text')}</p>
    <${TextField} label=${t('folders.save-name')} value=${name} onInput=${setName} required maxlength=${api.config.limits.folder_name} autofocus />
  <//>`
}

/**
 * Renames a saved filter, or has it find what is shown now.
 * @param {{filter: FilterView, view: View} & Ends} props
 */
export function FilterDialog({ filter, view, onDone, onClose }) {
  const [name, setName] = useState(filter.name)
  const [what, setWhat] = useState('as-it-is')
  const save = async () => {
    const { id, folder_is_gone: _gone, ...kept } = filter
    const wanted = what === 'shown' ? toSave(view, name) : { ...kept, name }
    await api.put(`/filters/${id}`, /** @type {any} */ (wanted))
    onDone()
    onClose()
  }
  const options = ['as-it-is', 'shown'].map((one) => [one, t(`folders.saved-${one}`)])
  return html`<${ConfirmDialog} title=${t('folders.saved-change')} confirm=${t('ui.save')} disabled=${!name.trim()} onConfirm=${save} onClose=${onClose}>
    <${TextField} label=${t('folders.save-name')} value=${name} onInput=${setName} required maxlength=${api.config.limits.folder_name} autofocus />
    <${SelectField} label=${t('folders.saved-what')} value=${what} options=${options} onChange=${setWhat} />
  <//>`
}

/** @param {{filter: FilterView} & Ends} props */
export function DeleteFilterDialog({ filter, onDone, onClose }) {
  const remove = async () => {
    await api.delete(`/filters/${filter.id}`)
    onDone()
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('folders.saved-delete-title', { name: filter.name })} confirm=${t('folders.delete')} danger onConfirm=${remove} onClose=${onClose}>
    <p>${t('folders.saved-delete-text')}</p>
  <//>`
}

/* ---- several ---- */

/**
 * `act` does it, and tells of it by itself: the dialog is closed then.
 * @typedef {{count: number, known: AssetView[], overview: LibraryView | undefined, act: (wish: Wish) => void,
 *   onClose: () => void}} Several
 */

/**
 * Which folder they go to; one can be made here.
 * @param {Several & {onNewFolder: () => void}} props
 */
export function MoveDialog({ count, known, overview, act, onNewFolder, onClose }) {
  const folders = overview?.folders ?? []
  const [folder, setFolder] = useState(known.length === 1 && known[0].folder ? '' : (folders[0]?.id ?? ''))
  const move = () => {
    onClose()
    act({ action: 'move', folder: folder || null })
  }
  return html`<${ConfirmDialog} title=${t('folders.move-title', { count })} confirm=${t('folders.move-confirm')} onConfirm=${move} onClose=${onClose}>
    <${SelectField} label=${t('folders.move-to')} value=${folder} options=${[['', t('folders.none')], ...choices(folders)]} onChange=${setFolder} autofocus />
    <button type="button" class="link-button" onClick=${onNewFolder}>${t('folders.new')}</button>
  <//>`
}

/**
 * Tags for all of them, or tags that none of them is to have.
 * @param {Several} props
 */
export function TagsOfSeveralDialog({ count, known, overview, act, onClose }) {
  const [text, setText] = useState('')
  const [action, setAction] = useState(/** @type {'tag' | 'untag'} */ ('tag'))
  const tags = tagsIn(text)
  const there = [...new Set(known.flatMap((asset) => asset.tags))]
  const offered = action === 'untag' ? there : (overview?.tags ?? []).map(({ name }) => name)
  const add = (/** @type {string} */ tag) => setText([...tags.filter((one) => one !== tag), tag].join(', '))
  const save = () => {
    onClose()
    act({ action, tags })
  }
  return html`<${ConfirmDialog} title=${t('folders.tags-title', { count })} confirm=${t('ui.save')} disabled=${!tags.length} onConfirm=${save} onClose=${onClose}>
    <${SelectField} label=${t('folders.tags-how')} value=${action} options=${['tag', 'untag'].map((one) => [one, t(one === 'tag' ? 'folders.tag-all' : 'folders.untag')])} onChange=${setAction} />
    <${TextField} label=${t('library.tags-label')} hint=${t('library.tags-hint')} value=${text} onInput=${setText} autofocus />
    ${
      offered.length > 0 &&
      html`<div class="row" role="group" aria-label=${t('folders.tags-there')}>
      ${offered.slice(0, 12).map((tag) => html`<button key=${tag} type="button" class="chip plain chosen-one" onClick=${() => add(tag)}><bdi>${tag}</bdi></button>`)}
    </div>`
    }
  <//>`
}

/**
 * Says how many will be gone, and names some of them.
 * @param {Several} props
 */
export function DeleteSeveralDialog({ count, known, act, onClose }) {
  const named = known.slice(0, NAMED)
  const remove = () => {
    onClose()
    act({ action: 'delete' })
  }
  return html`<${ConfirmDialog} title=${t('folders.delete-several', { count })} confirm=${t('folders.delete-several-confirm', { count })} danger onConfirm=${remove} onClose=${onClose}>
    <p>${t('folders.delete-several-text')}</p>
    <ul>${named.map((asset) => html`<li key=${asset.id}><bdi>${titleOf(asset)}</bdi></li>`)}</ul>
    ${count > named.length && html`<p>${t('folders.and-more', { count: count - named.length })}</p>`}
  <//>`
}

/**
 * Everything that several can be done again or stopped for: what is not at its end, or has not failed, is left out.
 * @param {Several & {action: 'retry' | 'cancel'}} props
 */
export function WorkDialog({ count, action, act, onClose }) {
  const go = () => {
    onClose()
    act({ action })
  }
  return html`<${Dialog} title=${t(`folders.${action}-title`, { count })} onClose=${onClose}>
    <p>${t(`folders.${action}-text`)}</p>
    <div class="row end">
      <${Button} onClick=${onClose}>${t('ui.cancel')}<//>
      <${Button} variant="primary" onClick=${go}>${t(`folders.${action}`)}<//>
    </div>
  <//>`
}
