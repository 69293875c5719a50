/** Folders and saved filters, beside the recordings or, where there is little room, above them. */

import { number, t } from '../i18n.js'
import { Icon, Menu } from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'
import { DEEPEST, inOrder, pathOf } from './tree.js'
import { addressOf, EVERYTHING, isSame, NO_FOLDER, viewOfSaved } from './view.js'

/**
 * @import { FilterView, FolderView, LibraryView } from '../types.d.ts'
 * @import { View } from './view.js'
 */

/**
 * @typedef {{kind: 'new-folder', parent?: string} | {kind: 'folder' | 'delete-folder', folder: FolderView}
 *   | {kind: 'save'} | {kind: 'filter' | 'delete-filter', filter: FilterView}} SideDialog
 */

const WIDE = '(min-width: 900px)'
/** What is dragged: ids of recordings, as JSON. */
export const DRAGGED = 'application/x-rapporteur-ids'

/** Whether there is room for two columns. */
export function useWide() {
  const [isWide, setWide] = useState(matchMedia(WIDE).matches)
  useEffect(() => {
    const media = matchMedia(WIDE)
    const update = () => setWide(media.matches)
    media.addEventListener('change', update)
    return () => media.removeEventListener('change', update)
  }, [])
  return isWide
}

/**
 * @param {{view: View, overview: LibraryView, isWide: boolean, openDialog: (dialog: SideDialog) => void,
 *   onDrop: (ids: string[], folder: string | null) => void}} props
 */
export function Side({ view, overview, isWide, openDialog, onDrop }) {
  const content = html`<${Folders} view=${view} overview=${overview} openDialog=${openDialog} onDrop=${onDrop} />
    <${SavedFilters} view=${view} overview=${overview} openDialog=${openDialog} />`
  if (isWide) return html`<div class="library-side">${content}</div>`
  return html`<details class="library-side">
    <summary class="button"><${Icon} name="folder" /><span class="side-here" dir="auto">${whereText(view, overview)}</span></summary>
    <div class="panel side-panel">${content}</div>
  </details>`
}

/**
 * The name of what is shown.
 * @param {View} view
 * @param {LibraryView | undefined} overview
 */
export function whereText({ folder }, overview) {
  if (folder === NO_FOLDER) return t('folders.none')
  return pathOf(overview?.folders ?? [], folder).join(' / ') || t('folders.all')
}

/** @param {{view: View, overview: LibraryView, openDialog: (dialog: SideDialog) => void, onDrop: (ids: string[], folder: string | null) => void}} props */
function Folders({ view, overview, openDialog, onDrop }) {
  const place = (/** @type {string} */ folder) => addressOf({ ...EVERYTHING, sort: view.sort, folder })
  const isHere = (/** @type {string} */ folder) => (view.folder === folder ? 'page' : undefined)
  return html`<nav aria-label=${t('folders.title')}>
    <div class="side-head"><h2>${t('folders.title')}</h2>
      <button type="button" class="link-button small" onClick=${() => openDialog({ kind: 'new-folder' })}>${t('folders.new')}</button></div>
    <ul class="side-list">
      <li><a class="side-link" href=${place('')} aria-current=${isHere('')}><span>${t('folders.all')}</span><span class="numbers muted">${number(overview.count)}</span></a></li>
      ${overview.folders.length > 0 && html`<li><${Target} folder=${null} onDrop=${onDrop} href=${place(NO_FOLDER)} current=${isHere(NO_FOLDER)} name=${t('folders.none')} count=${overview.without_folder} /></li>`}
      ${inOrder(overview.folders).map(
        (folder) => html`<li key=${folder.id} class="side-folder depth-${folder.depth}">
        <${Target} folder=${folder.id} onDrop=${onDrop} href=${place(folder.id)} current=${isHere(folder.id)} name=${folder.name} count=${folder.count} />
        <${Menu} label=${t('folders.menu', { name: folder.name })}>
          <button type="button" onClick=${() => openDialog({ kind: 'folder', folder })}>${t('folders.change')}</button>
          ${folder.depth < DEEPEST - 1 && html`<button type="button" onClick=${() => openDialog({ kind: 'new-folder', parent: folder.id })}>${t('folders.new-inside')}</button>`}
          <button type="button" class="danger" onClick=${() => openDialog({ kind: 'delete-folder', folder })}>${t('folders.delete')}</button>
        <//>
      </li>`,
      )}
    </ul>
  </nav>`
}

/**
 * A link to a folder, on which recordings can be dropped.
 * @param {{folder: string | null, onDrop: (ids: string[], folder: string | null) => void, href: string,
 *   current?: string, name: string, count: number}} props
 */
function Target({ folder, onDrop, href, current, name, count }) {
  const [isOver, setOver] = useState(false)
  const over = (/** @type {DragEvent} */ event) => {
    if (!event.dataTransfer?.types.includes(DRAGGED)) return
    event.preventDefault()
    event.dataTransfer.dropEffect = 'move'
    setOver(true)
  }
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    setOver(false)
    onDrop(JSON.parse(event.dataTransfer?.getData(DRAGGED) || '[]'), folder)
  }
  return html`<a class="side-link ${isOver ? 'over' : ''}" href=${href} aria-current=${current}
    onDragEnter=${over} onDragOver=${over} onDragLeave=${() => setOver(false)} onDrop=${drop}>
    <${Icon} name="folder" size="16" /><span dir="auto">${name}</span><span class="numbers muted">${number(count)}</span></a>`
}

/** @param {{view: View, overview: LibraryView, openDialog: (dialog: SideDialog) => void}} props */
function SavedFilters({ view, overview, openDialog }) {
  if (!overview.filters.length) return null
  return html`<nav aria-label=${t('folders.saved')}>
    <div class="side-head"><h2>${t('folders.saved')}</h2></div>
    <ul class="side-list">
      ${overview.filters.map((filter) => {
        const saved = viewOfSaved(filter)
        return html`<li key=${filter.id} class="side-folder">
          <a class="side-link" href=${addressOf(saved)} aria-current=${isSame(saved, view) ? 'page' : undefined}><span><span dir="auto">${filter.name}</span>${filter.folder_is_gone && html`<span class="small problem-text side-gone">${t('folders.saved-gone')}</span>`}</span></a>
          <${Menu} label=${t('folders.saved-menu', { name: filter.name })}>
            <button type="button" onClick=${() => openDialog({ kind: 'filter', filter })}>${t('folders.saved-change')}</button>
            <button type="button" class="danger" onClick=${() => openDialog({ kind: 'delete-filter', filter })}>${t('folders.delete')}</button>
          <//>
        </li>`
      })}
    </ul>
  </nav>`
}
