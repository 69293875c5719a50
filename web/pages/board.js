/** A board: quotes out of several recordings in an order of one's own, with notes; played, moved, printed, taken along. */

import { api } from '../api.js'
import { clock } from '../asset/model/format.js'
import { Entry, Writing } from '../boards/entry.js'
import { asStored, moved, noted, placeAt } from '../boards/model.js'
import { presetOf, usePlayer } from '../boards/player.js'
import { locale, t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  ErrorNote,
  errorText,
  Menu,
  PageTitle,
  Spinner,
  saveAs,
  TextField,
  toast,
  useLoad,
} from '../ui.js'
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact.js'

/** @import { BoardView, BoardEntryView, Failed } from '../types.d.ts' */

const FORMATS = ['docx', 'md', 'otio']
const EDGE = 70 // px from the top or the bottom of the window in which what is dragged has the page move on
const STEP = 14

/** @param {{id: string}} props */
export function BoardPage({ id }) {
  const board = useBoard(id)
  const { data, error, reload } = board
  const [dialog, setDialog] = useState(/** @type {'rename' | null} */ (null))
  const [isWriting, setWriting] = useState(false)
  if (error && !data) return html`<${ErrorNote} error=${error} onRetry=${reload} />`
  if (!data) return html`<${Spinner} />`
  const rename = (/** @type {string} */ name) => {
    board.change({ name })
    setDialog(null)
  }
  const addNote = (/** @type {string} */ note) => {
    setWriting(false)
    board.change({ entries: [...data.entries, /** @type {BoardEntryView} */ ({ id: '', note })] })
  }
  return html`<${PageTitle} title=${data.name}>
      <div class="row board-tools">
        <${Button} size="small" onClick=${() => setDialog('rename')}>${t('boards.rename')}<//>
        <${TakeAlong} board=${data} />
      </div>
    <//>
    <div class="board">
      <p class="small board-back"><a href="#/boards">${t('boards.title')}</a></p>
      <${ErrorNote} error=${board.saveError} />
      ${data.entries.length === 0 && html`<${EmptyState} title=${t('boards.empty')}>${t('boards.empty-text')}<//>`}
      <${Entries} board=${data} onChange=${(/** @type {BoardEntryView[]} */ entries) => board.change({ entries })} />
      <div class="board-end">
        ${
          isWriting
            ? html`<${Writing} note="" isNeeded onSave=${addNote} onClose=${() => setWriting(false)} />`
            : html`<${Button} size="small" onClick=${() => setWriting(true)}>${t('boards.note-new')}<//>`
        }
      </div>
    </div>
    ${dialog === 'rename' && html`<${Rename} name=${data.name} onRename=${rename} onClose=${() => setDialog(null)} />`}`
}

/**
 * A board as it is shown, and what changes it: at once here, and there one change after the other. What was changed
 * elsewhere meanwhile is not overwritten: it is loaded, and somebody is told.
 * @param {string} id
 */
function useBoard(id) {
  /** @type {`/boards/${string}`} */
  const path = `/boards/${encodeURIComponent(id)}`
  const { data, error, reload, set } = useLoad((signal) => api.get(path, { signal }), `${id} ${locale()}`)
  const [saveError, setSaveError] = useState(/** @type {Failed | null} */ (null))
  const latest = useRef(/** @type {BoardView | undefined} */ (undefined))
  const sending = useRef({ isOn: false, isDue: false })
  useLayoutEffect(() => {
    if (!sending.current.isOn) latest.current = data // as soon as it is seen: it may be changed at once
  }, [data])

  const send = async () => {
    const state = sending.current
    state.isDue = true
    if (state.isOn) return
    state.isOn = true
    try {
      while (state.isDue && latest.current) {
        state.isDue = false
        const { revision, name, entries } = latest.current
        const body = asStored(entries).map(({ id: known, ...entry }) => (known ? { id: known, ...entry } : entry))
        const stored = await api.put(path, { revision, name, entries: body })
        const now = /** @type {BoardView} */ (latest.current)
        const named = state.isDue
          ? now.entries
          : now.entries.map((one, at) => ({ ...one, id: stored.entries[at]?.id ?? one.id }))
        latest.current = { ...now, revision: stored.revision, entries: named }
        set(latest.current)
      }
    } catch (failure) {
      const why = /** @type {Failed} */ (failure)
      state.isDue = false
      setSaveError(why.code === 'changed-meanwhile' ? { message: t('boards.changed-elsewhere') } : why)
      reload()
    } finally {
      state.isOn = false
    }
  }
  const change = (/** @type {{name?: string, entries?: BoardEntryView[]}} */ changes) => {
    if (!latest.current) return
    latest.current = { ...latest.current, ...changes }
    set(latest.current)
    setSaveError(null)
    send()
  }
  return { data, error, reload, change, saveError }
}

/** @param {{board: BoardView, onChange: (entries: BoardEntryView[]) => void}} props */
function Entries({ board, onChange }) {
  const { entries } = board
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  const player = usePlayer()
  const [said, setSaid] = useState('')
  const focused = useRef(/** @type {{at: number, way: string} | null} */ (null))
  // With what is shown, not after it: what is due of an earlier turn would take the focus to a row that is about to go.
  useLayoutEffect(() => {
    if (!focused.current) return
    const { at, way } = focused.current
    focused.current = null
    const item = list.current?.children[at]
    /** @type {HTMLElement | null | undefined} */
    const button = item?.querySelector(way ? `[data-way="${way}"]` : '.entry-tools button')
    button?.focus() // a row that moves loses it
  })
  const put = (/** @type {number} */ from, /** @type {number} */ to, /** @type {string} */ way) => {
    const after = moved(entries, from, to)
    if (after === entries) return
    focused.current = way ? { at: to, way } : null
    setSaid(t('boards.moved', { place: to + 1, count: entries.length }))
    onChange(after)
  }
  const remove = (/** @type {number} */ at) => {
    if (entries.length > 1) focused.current = { at: Math.min(at, entries.length - 2), way: '' }
    else document.querySelector('h1')?.focus()
    if (player.played?.id === entries[at]?.id) player.stop()
    onChange(entries.filter((_, place) => place !== at))
    toast(t('boards.removed'))
  }
  const drag = useDrag(list, (from, to) => put(from, to, ''))
  const { played } = player
  return html`<p class="visually-hidden" role="status">${said}</p>
    <ol class="board-entries" ref=${list} aria-label=${t('boards.entries')}>
      ${entries.map(
        (
          entry,
          at,
        ) => html`<${Entry} key=${entry.id || `new ${at}`} entry=${entry} place=${at + 1} count=${entries.length}
        canPlay=${Boolean(entry.quote && presetOf(entry.quote))} isPlaying=${player.isPlaying && played?.id === entry.id}
        onPlay=${() => (player.isPlaying && played?.id === entry.id ? player.stop() : player.play(entry))}
        onMove=${(/** @type {number} */ place, /** @type {string} */ way) => put(at, place - 1, way)}
        onNote=${(/** @type {string | null} */ note) => onChange(noted(entries, at, note))} onRemove=${() => remove(at)}
        grip=${drag.grip(at)} look=${drag.look(at)} />`,
      )}
    </ol>
    <div class="board-player ${played ? '' : 'unused'}" role="group" aria-label=${t('boards.player')}>
      <video ref=${player.media} controls playsinline preload="none" aria-label=${t('boards.player')} ...${player.events}></video>
      <p class="small" dir="auto">${played?.quote && html`<bdi>${played.quote.title}</bdi>, <span class="numbers">${clock(played.quote.start)}–${clock(played.quote.end)}</span>`}</p>
      <${ErrorNote} error=${player.error} />
    </div>`
}

/**
 * Entries are dragged by a handle, with a mouse, a pen or a finger. By keys there are buttons.
 * @param {import('../types.d.ts').RefObject<HTMLElement>} list
 * @param {(from: number, to: number) => void} onDrop
 */
function useDrag(list, onDrop) {
  const [drag, setDrag] = useState(/** @type {{from: number, to: number} | null} */ (null))
  const boxes = () => [...(list.current?.children ?? [])].map((item) => item.getBoundingClientRect())
  const grip = (/** @type {number} */ from) => ({
    onPointerDown: (/** @type {PointerEvent} */ event) => {
      if (event.button !== 0) return
      event.preventDefault()
      const handle = /** @type {HTMLElement} */ (event.currentTarget)
      handle.setPointerCapture(event.pointerId)
      setDrag({ from, to: from })
    },
    onPointerMove: (/** @type {PointerEvent} */ event) => {
      if (drag?.from !== from) return
      const { clientY: y } = event
      if (y < EDGE) scrollBy(0, -STEP)
      else if (y > innerHeight - EDGE) scrollBy(0, STEP)
      const to = placeAt(boxes(), from, y)
      if (to !== drag.to) setDrag({ from, to })
    },
    onPointerUp: () => {
      if (drag?.from === from) onDrop(from, drag.to)
      setDrag(null)
    },
    onPointerCancel: () => setDrag(null),
  })
  const look = (/** @type {number} */ at) => {
    if (!drag) return ''
    if (at === drag.from) return 'dragged'
    if (drag.to === drag.from || at !== drag.to) return ''
    return drag.to < drag.from ? 'drop-before' : 'drop-after'
  }
  return { grip, look }
}

/** @param {{board: BoardView}} props */
function TakeAlong({ board }) {
  const take = async (/** @type {string} */ format) => {
    try {
      const file = await api.blob(`/boards/${encodeURIComponent(board.id)}/file?format=${format}`)
      saveAs(file, `${board.name.replace(/[/\\:*?"<>|]/g, '-')}.${format}`)
    } catch (failure) {
      toast(errorText(failure), 'bad')
    }
  }
  return html`<${Menu} label=${t('boards.take')} text=${t('boards.take')}>
    ${FORMATS.map((format) => html`<button type="button" key=${format} onClick=${() => take(format)}>${t(`boards.take.${format}`)}</button>`)}
    <button type="button" onClick=${() => print()}>${t('boards.print')}</button>
  <//>`
}

/** @param {{name: string, onRename: (name: string) => void, onClose: () => void}} props */
function Rename({ name, onRename, onClose }) {
  const [text, setText] = useState(name)
  return html`<${ConfirmDialog} title=${t('boards.rename')} confirm=${t('boards.save')} disabled=${!text.trim()} onConfirm=${() => onRename(text.trim())} onClose=${onClose}>
    <${TextField} label=${t('boards.name')} maxlength="100" autocomplete="off" required autofocus value=${text} onInput=${setText} />
  <//>`
}
