/** The library: what somebody has uploaded, in folders, in any order, and what can be done with several at once. */

import { api } from '../api.js'
import { language, t } from '../i18n.js'
import { Outcome, SelectionBar } from '../library/bar.js'
import { Card } from '../library/card.js'
import { AssetDialog } from '../library/card-dialogs.js'
import {
  DeleteFilterDialog,
  DeleteFolderDialog,
  DeleteSeveralDialog,
  FilterDialog,
  FolderDialog,
  MoveDialog,
  NewFolderDialog,
  SaveFilterDialog,
  TagsOfSeveralDialog,
  WorkDialog,
} from '../library/dialogs.js'
import { Filters } from '../library/filters.js'
import { useAssets } from '../library/list.js'
import { SearchBox } from '../library/search-box.js'
import { useSeveral } from '../library/several.js'
import { DRAGGED, Side, useWide, whereText } from '../library/side.js'
import { pathOf } from '../library/tree.js'
import { addressOf, EVERYTHING, isChosen, NO_FOLDER, viewOf } from '../library/view.js'
import { Button, EmptyState, ErrorNote, Icon, Note, PageTitle, Spinner, titleOf, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/**
 * @import { AssetView, LibraryView, Me } from '../types.d.ts'
 * @import { SeveralKind } from '../library/bar.js'
 * @import { Kind } from '../library/card-dialogs.js'
 * @import { SideDialog } from '../library/side.js'
 * @import { View } from '../library/view.js'
 */

/**
 * Shows another view: each has an address of its own, but for what somebody is still typing.
 * @param {View} now
 * @param {View} next
 */
function show(now, next) {
  const address = addressOf(next)
  if (now.text && next.text && now.text !== next.text) location.replace(address)
  else location.hash = address.slice(1)
}

/** @param {{me?: Me, search?: string}} props */
export function LibraryPage({ me, search = '' }) {
  const view = viewOf(new URLSearchParams(search))
  const overview = useLoad((signal) => api.get('/library', { signal }), language())
  const list = useAssets(view)
  const several = useSeveral(view, list, overview.reload)
  const isWide = useWide()
  const [cardDialog, setCardDialog] = useState(/** @type {{kind: Kind, asset: AssetView} | null} */ (null))
  const [sideDialog, setSideDialog] = useState(/** @type {SideDialog | null} */ (null))
  const [dialog, setDialog] = useState(/** @type {{kind: SeveralKind | 'new-folder', ids: string[]} | null} */ (null))
  const isEmpty = list.assets?.length === 0 && !list.isLoading
  const isEverything = !isChosen(view) && !view.folder
  const hasNothing = isEmpty && isEverything && !overview.data?.folders.length
  const isGone = list.error?.code === 'no-folder'
  const selected = [...several.selection.ids]
  const unselected = (list.assets ?? []).filter((asset) => !several.selection.ids.has(asset.id)).length
  const total = isEverything ? (overview.data?.count ?? 0) : 0
  const upload = view.folder && view.folder !== NO_FOLDER ? `#/upload?folder=${view.folder}` : '#/upload'

  const drag = (/** @type {AssetView} */ asset) => (/** @type {DragEvent} */ event) => {
    const ids = several.selection.ids.has(asset.id) ? selected : [asset.id]
    event.dataTransfer?.setData(DRAGGED, JSON.stringify(ids))
    if (event.dataTransfer) event.dataTransfer.effectAllowed = 'move'
  }
  const closeOutcome = () => {
    several.closeWork()
    const next = document.querySelector('.cards') ?? document.querySelector('h1')
    if (next instanceof HTMLElement) next.focus({ preventScroll: true })
  }
  const folderOf = (/** @type {AssetView} */ asset) =>
    view.folder && view.folder !== NO_FOLDER ? '' : pathOf(overview.data?.folders ?? [], asset.folder).join(' / ')

  return html`<${PageTitle} title=${t('nav.library')}>
      <div class="row">
        <${Button} href="#/with-me">${t('folders.with-me')}<//>
        <${Button} variant="primary" href=${upload}><${Icon} name="upload" />${t('nav.upload')}<//>
      </div>
    <//>
    <${Notes} me=${me} />
    ${hasNothing && html`<${EmptyState} title=${t('library.empty')} action=${html`<${Button} variant="primary" href="#/upload">${t('library.first')}<//>`}>${t('library.empty-text')}<//>`}
    ${
      !hasNothing &&
      html`<div class="library">
      ${overview.data && html`<${Side} key=${isWide ? '' : view.folder} view=${view} overview=${overview.data} isWide=${isWide} openDialog=${setSideDialog} onDrop=${(/** @type {string[]} */ ids, /** @type {string | null} */ folder) => several.perform(ids, { action: 'move', folder })} />`}
      <div class="library-main">
        <${ErrorNote} error=${overview.error} onRetry=${overview.reload} />
        <${SearchBox} />
        <${Filters} view=${view} show=${(/** @type {View} */ next) => show(view, next)} overview=${overview.data} onSave=${() => setSideDialog({ kind: 'save' })} isSelecting=${several.isSelecting} onSelecting=${several.toggle} isWide=${isWide} />
        ${isWide && view.folder && !isGone && html`<h2 class="library-here" dir="auto">${whereText(view, overview.data)}</h2>`}
        ${several.work && html`<${Outcome} work=${several.work} titleById=${(/** @type {string} */ id) => titleOf(several.known([id])[0] ?? { title: t('folders.one'), file_name: '' })} onUndo=${several.takeBack} onRetry=${(/** @type {string[]} */ ids) => several.work && several.perform(ids, several.work.wish)} onClose=${closeOutcome} />`}
        ${
          isGone
            ? html`<${EmptyState} title=${t('folders.gone')} action=${html`<${Button} href=${addressOf({ ...view, folder: '' })}>${t('library.show-all')}<//>`}>${t('folders.gone-text')}<//>`
            : html`<${ErrorNote} error=${list.error} onRetry=${list.reload} />`
        }
        <p class="visually-hidden" role="status">${list.assets && !list.isLoading && !isGone ? t('library.count', { count: list.assets.length }) : ''}</p>
        <p class="visually-hidden" role="status">${several.isSelecting ? t('folders.selected', { count: selected.length }) : ''}</p>
        ${!list.assets && list.isLoading && html`<${Spinner} />`}
        ${isEmpty && !isGone && html`<${Empty} view=${view} upload=${upload} />`}
        ${
          list.assets &&
          !isGone &&
          html`<ul tabindex="-1" class="cards ${several.isSelecting ? 'selecting' : ''}">
          ${list.assets.map((asset) => html`<${Card} key=${asset.id} asset=${asset} list=${list} inFolder=${folderOf(asset)} isSelected=${several.selection.ids.has(asset.id)} isSelecting=${several.isSelecting} onSelect=${(/** @type {boolean} */ isRange) => several.select(asset.id, isRange)} onMove=${() => setDialog({ kind: 'move', ids: [asset.id] })} canDrag=${isWide} onDrag=${drag(asset)} openDialog=${(/** @type {Kind} */ kind) => setCardDialog({ kind, asset })} />`)}
        </ul>`
        }
        <${ErrorNote} error=${list.moreError} onRetry=${list.more} />
        ${list.next && html`<p class="row load-more"><${Button} busy=${list.isLoadingMore} onClick=${list.more}>${t('ui.more')}<//></p>`}
        ${several.isSelecting && html`<${SelectionBar} count=${selected.length} shown=${unselected} total=${total} isMore=${Boolean(list.next) && (!total || selected.length < total)} isBusy=${several.isBusy} onShown=${several.selectShown} onAll=${several.selectAll} openDialog=${(/** @type {SeveralKind} */ kind) => setDialog({ kind, ids: selected })} onClear=${several.clear} />`}
      </div>
    </div>`
    }
    ${cardDialog && html`<${AssetDialog} ...${cardDialog} list=${list} onClose=${() => setCardDialog(null)} />`}
    ${sideDialog && overview.data && html`<${SideDialogs} dialog=${sideDialog} view=${view} overview=${overview.data} onDone=${overview.reload} onClose=${() => setSideDialog(null)} />`}
    ${dialog && html`<${SeveralDialogs} dialog=${dialog} setDialog=${setDialog} overview=${overview.data} several=${several} onDone=${overview.reload} />`}`
}

/** What whoever comes here should know of their mail. @param {{me?: Me}} props */
const Notes = ({ me }) => html`${
  me?.mail?.status === 'suppressed' &&
  html`<div class="notes"><${Note} kind="bad"><span>${t('mail.library', { email: me.email })}</span>
    <a href="#/settings?section=mail">${t('mail.library-link')}</a><//></div>`
}
${
  me?.email_verified === false &&
  html`<div class="notes"><${Note} kind="warn"><span>${t('mail.unconfirmed', { email: me.email })}</span>
    <a href="#/settings?section=address">${t('mail.confirm-link')}</a><//></div>`
}`

/** @param {{view: View, upload: string}} props */
const Empty = ({ view, upload }) =>
  isChosen(view)
    ? html`<${EmptyState} title=${t('library.nothing')} action=${html`<${Button} href=${addressOf({ ...EVERYTHING, folder: view.folder, sort: view.sort })}>${t('library.show-all')}<//>`}>${t('folders.nothing-text')}<//>`
    : html`<${EmptyState} title=${t('folders.empty')} action=${html`<${Button} href=${upload}>${t('nav.upload')}<//>`}>${t('folders.empty-text')}<//>`

/** @param {{dialog: SideDialog, view: View, overview: LibraryView, onDone: () => void, onClose: () => void}} props */
function SideDialogs({ dialog, view, overview, onDone, onClose }) {
  const common = { view, overview, onDone, onClose }
  switch (dialog.kind) {
    case 'new-folder':
      return html`<${NewFolderDialog} ...${common} parent=${dialog.parent} />`
    case 'folder':
      return html`<${FolderDialog} ...${common} folder=${dialog.folder} />`
    case 'delete-folder':
      return html`<${DeleteFolderDialog} ...${common} folder=${dialog.folder} />`
    case 'save':
      return html`<${SaveFilterDialog} ...${common} />`
    case 'filter':
      return html`<${FilterDialog} ...${common} filter=${dialog.filter} />`
    default:
      return html`<${DeleteFilterDialog} ...${common} filter=${dialog.filter} />`
  }
}

/**
 * @param {{dialog: {kind: SeveralKind | 'new-folder', ids: string[]},
 *   setDialog: (dialog: {kind: SeveralKind | 'new-folder', ids: string[]} | null) => void,
 *   overview: LibraryView | undefined, several: ReturnType<typeof useSeveral>, onDone: () => void}} props
 */
function SeveralDialogs({ dialog: { kind, ids }, setDialog, overview, several, onDone }) {
  const onClose = () => setDialog(null)
  const act = (/** @type {import('../library/bulk.js').Wish} */ wish) => several.perform(ids, wish)
  const common = { count: ids.length, known: several.known(ids), overview, act, onClose }
  if (kind === 'new-folder') {
    const onMade = (/** @type {{id: string}} */ folder) => act({ action: 'move', folder: folder.id })
    return html`<${NewFolderDialog} overview=${overview} onMade=${onMade} onDone=${onDone} onClose=${onClose} />`
  }
  if (kind === 'move')
    return html`<${MoveDialog} ...${common} onNewFolder=${() => setDialog({ kind: 'new-folder', ids })} />`
  if (kind === 'tags') return html`<${TagsOfSeveralDialog} ...${common} />`
  if (kind === 'delete') return html`<${DeleteSeveralDialog} ...${common} />`
  return html`<${WorkDialog} ...${common} action=${kind} />`
}
