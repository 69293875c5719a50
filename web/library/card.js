/** One recording in the library. */

import { ApiError, api } from '../api.js'
import { t } from '../i18n.js'
import {
  Branches,
  errorText,
  isFetched,
  isFinished,
  Menu,
  MoodChip,
  mayTryAgain,
  StatusChip,
  titleOf,
  toast,
  usePoll,
} from '../ui.js'
import { html, useRef } from '../vendor/preact.js'
import { Facts } from './facts.js'
import { Preview } from './preview.js'

/**
 * @import { AssetView } from '../types.d.ts'
 * @import { Kind } from './card-dialogs.js'
 * @import { List } from './list.js'
 */

/** How long a finger rests on a card to select it, in milliseconds. */
const LONG_PRESS = 500

/**
 * `inFolder` is the name of the folder that it is in, where that is worth telling. `onSelect` is told whether all up to
 * it are meant.
 * @typedef {{asset: AssetView, list: List, openDialog: (kind: Kind) => void, isSelected: boolean,
 *   isSelecting: boolean, onSelect: (isRange: boolean) => void, onMove: () => void, inFolder?: string,
 *   canDrag: boolean, onDrag: (event: DragEvent) => void}} Shown
 * @param {Shown} props
 */
export function Card({
  asset,
  list,
  openDialog,
  isSelected,
  isSelecting,
  onSelect,
  onMove,
  inFolder,
  canDrag,
  onDrag,
}) {
  const href = `#/asset/${encodeURIComponent(asset.id)}`
  usePoll(async () => list.replace(await api.get(`/assets/${asset.id}`)), !isFinished(asset))
  const press = useLongPress(() => onSelect(false))
  const isShifted = useRef(false) // of the key that is pressed: not every browser says so of the click that comes of it
  const check = (/** @type {MouseEvent} */ event) => {
    onSelect(event.shiftKey || isShifted.current)
    isShifted.current = false
  }
  const choose = (/** @type {MouseEvent & {target: Element}} */ event) => {
    if (!isSelecting || event.ctrlKey || event.metaKey || event.target.closest('.card-check')) return
    event.preventDefault()
    onSelect(event.shiftKey)
  }
  return html`<li class="card ${isSelected ? 'selected' : ''}" aria-label=${titleOf(asset)} draggable=${canDrag} onDragStart=${onDrag} ...${press}>
    <div class="card-picture" onClick=${choose}>
      <${Preview} asset=${asset} href=${href} />
      <label class="card-check"><input type="checkbox" checked=${isSelected} aria-label=${t('folders.select-one', { title: titleOf(asset) })} onKeyDown=${(
        /** @type {KeyboardEvent} */ { key, shiftKey },
      ) => {
        isShifted.current = key === ' ' && shiftKey
      }} onClick=${check} /></label>
    </div>
    <div class="card-head">
      <h2 dir="auto"><a href=${href}>${titleOf(asset)}</a></h2>
      <${CardMenu} asset=${asset} list=${list} openDialog=${openDialog} onMove=${onMove} />
    </div>
    <${Facts} asset=${asset} />
    <div class="row chips">
      <${StatusChip} status=${asset.status} />
      ${inFolder && html`<a class="chip plain in-folder" href="#/?folder=${asset.folder}" title=${t('folders.in')}><bdi>${inFolder}</bdi></a>`}
      ${asset.mood && html`<${MoodChip} mood=${asset.mood} />`}
      ${asset.tags.map((tag) => html`<span key=${tag} class="chip plain" dir="auto">${tag}</span>`)}
    </div>
    ${(asset.status === 'processing' || isFetched(asset)) && html`<${Branches} asset=${asset} />`}
    ${asset.error && html`<p class="small problem-text">${errorText(asset.error)}</p>`}
    ${asset.status === 'held' && asset.moderation?.reason && html`<p class="small">${errorText(asset.moderation.reason)}</p>`}
  </li>`
}

/**
 * What hears a finger that rests. A mouse selects by the box.
 * @param {() => void} onPress
 */
function useLongPress(onPress) {
  const timer = useRef(/** @type {ReturnType<typeof setTimeout> | undefined} */ (undefined))
  const wasPressed = useRef(false)
  const end = () => clearTimeout(timer.current)
  return {
    onPointerDown: (/** @type {PointerEvent} */ { pointerType }) => {
      wasPressed.current = false
      if (pointerType !== 'touch') return
      timer.current = setTimeout(() => {
        wasPressed.current = true
        passOverClick()
        onPress()
      }, LONG_PRESS)
    },
    onPointerUp: end,
    onPointerCancel: end,
    onPointerMove: end,
    onContextMenu: (/** @type {Event} */ event) => wasPressed.current && event.preventDefault(),
  }
}

/** The click that comes as a resting finger is lifted is for nothing: neither for the card, nor for what has come under it. */
function passOverClick() {
  const pass = (/** @type {Event} */ event) => {
    event.preventDefault()
    event.stopPropagation()
    stop()
  }
  const stop = () => {
    window.removeEventListener('click', pass, true)
    window.removeEventListener('pointerdown', stop, true)
  }
  window.addEventListener('click', pass, true)
  window.addEventListener('pointerdown', stop, true)
}

/** @param {{asset: AssetView, list: List, openDialog: (kind: Kind) => void, onMove: () => void}} props */
function CardMenu({ asset, list, openDialog, onMove }) {
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
    ${item(t('folders.move'), onMove)}
    ${mayTryAgain(asset) && item(t('library.retry'), change(retry, t('library.retried')))}
    ${['queued', 'processing'].includes(asset.status) && item(t('library.cancel'), change(cancel, t('library.cancelled')))}
    ${item(t('library.delete'), () => openDialog('delete'), 'danger')}
  <//>`
}
