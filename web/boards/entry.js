/** One entry of a board: a quote with its words as they now are, or a note; and what can be done with it. */

import { clock } from '../asset/model/format.js'
import { linkTo } from '../asset/model/quotes.js'
import { speakerName } from '../asset/speakers.js'
import { t } from '../i18n.js'
import { RoleBadge } from '../library/whose.js'
import { Button, errorText, Field } from '../ui.js'
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact.js'

/** @import { BoardEntryView, QuoteView } from '../types.d.ts' */

const MOST_LETTERS = 2000

/**
 * @typedef {{entry: BoardEntryView, place: number, count: number, isPlaying: boolean, canPlay: boolean, onPlay: () => void,
 *   onMove: (to: number, button: 'up' | 'down') => void, onNote: (note: string | null) => void, onRemove: () => void,
 *   grip: object, look: string}} EntryProps `grip` is what the handle has that it is dragged by
 * @param {EntryProps} props
 */
export function Entry({ entry, place, count, isPlaying, canPlay, onPlay, onMove, onNote, onRemove, grip, look }) {
  const [isWriting, setWriting] = useState(false)
  const tools = useRef(/** @type {HTMLElement | null} */ (null))
  const { quote, missing, note } = entry
  const close = () => {
    setWriting(false)
    requestAnimationFrame(() => /** @type {HTMLElement | null} */ (tools.current?.querySelector('.noting'))?.focus())
  }
  const save = (/** @type {string} */ text) => {
    close()
    onNote(text || null)
  }
  const move = (/** @type {'up' | 'down'} */ way) => onMove(place + (way === 'up' ? -1 : 1), way)
  return html`<li class="board-entry ${look}" data-entry=${entry.id}>
    <span class="grip" aria-hidden="true" title=${t('boards.drag')} ...${grip}></span>
    <div class="entry-body">
      ${missing && html`<p class="muted entry-missing">${errorText(missing)}</p>`}
      ${quote && html`<${Quote} quote=${quote} asset=${entry.asset ?? ''} />`}
      ${note && !isWriting && html`<p class="entry-note" dir="auto">${note}</p>`}
      ${isWriting && html`<${Writing} note=${note ?? ''} isNeeded=${!entry.mark} onSave=${save} onClose=${close} />`}
      <div class="row entry-tools" role="group" aria-label=${t('boards.tools', { place })} ref=${tools}>
        ${canPlay && html`<${Button} size="small" onClick=${onPlay}>${t(isPlaying ? 'boards.stop' : 'boards.play')}<//>`}
        <${Button} size="small" variant="quiet" class="noting" onClick=${() => setWriting(true)}>${t(note ? 'boards.note-change' : 'boards.note-add')}<//>
        <${Button} size="small" variant="quiet" data-way="up" aria-disabled=${place === 1} onClick=${() => place > 1 && move('up')}>${t('boards.up')}<//>
        <${Button} size="small" variant="quiet" data-way="down" aria-disabled=${place === count} onClick=${() => place < count && move('down')}>${t('boards.down')}<//>
        <${Button} size="small" variant="quiet" onClick=${onRemove}>${t('boards.remove')}<//>
      </div>
    </div>
  </li>`
}

/** @param {{quote: QuoteView, asset: string}} props */
function Quote({ quote, asset }) {
  const { start, end, text, title, language } = quote
  const facts = [
    quote.is_corrected && t('boards.is-corrected'),
    !quote.is_confirmed && t('boards.is-unconfirmed'),
  ].filter(Boolean)
  const who = quote.speakers.map(speakerName).join(', ')
  return html`<blockquote class="entry-words" dir="auto" lang=${language}>${text}</blockquote>
    <p class="small">${who && html`<strong><bdi>${who}</bdi></strong>, `}<span class="numbers">${clock(start)}–${clock(end)}</span>${' '}
      · <a href=${linkTo(`#/asset/${encodeURIComponent(asset)}`, { start, end })}><bdi>${title}</bdi></a></p>
    ${quote.role !== 'owner' && html`<p class="small"><${RoleBadge} role=${quote.role} /></p>`}
    ${facts.length > 0 && html`<ul class="facts small">${facts.map((fact) => html`<li key=${fact}>${fact}</li>`)}</ul>`}`
}

/**
 * A note while it is written. Escape leaves it as it was.
 * @param {{note: string, isNeeded?: boolean, onSave: (note: string) => void, onClose: () => void}} props
 *   `isNeeded`: there is nothing without it
 */
export function Writing({ note, isNeeded = false, onSave, onClose }) {
  const [text, setText] = useState(note)
  const field = useRef(/** @type {HTMLTextAreaElement | null} */ (null))
  useLayoutEffect(() => field.current?.focus(), []) // before the next key is pressed
  const keys = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || event.isComposing) return
    event.stopPropagation()
    onClose()
  }
  const isEmpty = isNeeded && !text.trim()
  return html`<div class="writing" onKeyDown=${keys}>
    <${Field} label=${t('boards.note')}>
      ${(/** @type {object} */ bind) => html`<textarea class="input" rows="3" dir="auto" maxlength=${MOST_LETTERS} ...${bind} ref=${field} value=${text} onInput=${(/** @type {{target: HTMLTextAreaElement}} */ { target }) => setText(target.value)}></textarea>`}
    <//>
    <div class="row">
      <${Button} size="small" variant="primary" aria-disabled=${isEmpty} onClick=${() => isEmpty || onSave(text.trim())}>${t('boards.save')}<//>
      <${Button} size="small" variant="quiet" onClick=${onClose}>${t('ui.cancel')}<//>
    </div>
  </div>`
}
