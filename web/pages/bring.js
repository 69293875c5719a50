/** The files of a set that is open: chosen or dropped, sent, and handed over to be checked. */

import { api, query } from '../api.js'
import { bytes, percent, t } from '../i18n.js'
import { endingsFor, mayGoOn, refusalOf, Sending } from '../sending.js'
import {
  Button,
  ConfirmDialog,
  ErrorNote,
  errorText,
  Note,
  Progress,
  Spinner,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'

/**
 * @import { Failed, MaterialFile, MaterialView } from '../types.d.ts'
 * @import { Item } from '../sending.js'
 */

const LARGEST = 2 * 1024 ** 3 // bytes: chalicelib/learning/material.py
const SHOWN = 50 // files at first

/* ---- what is on its way, for as long as the pages are open ---- */

/** By set. @type {Map<string, Sending>} */
const sendings = new Map()

window.addEventListener('signed-out', () => {
  for (const id of sendings.keys()) forgetSending(id)
})
window.addEventListener('beforeunload', (event) => {
  if ([...sendings.values()].some(({ isBusy }) => isBusy)) event.preventDefault()
})

/** @param {string} set */
function sendingOf(set) {
  const found = sendings.get(set) ?? new Sending(set)
  sendings.set(set, found)
  return found
}

/** Sends nothing to a set any more. @param {string} set */
export function forgetSending(set) {
  sendings.get(set)?.end()
  sendings.delete(set)
}

/**
 * What is on its way to a set, drawn anew as it changes.
 * @param {string} set
 */
function useSending(set) {
  const sending = sendingOf(set)
  const [, setTurn] = useState(0)
  useEffect(() => {
    const update = () => setTurn((turn) => turn + 1)
    sending.addEventListener('change', update)
    return () => sending.removeEventListener('change', update)
  }, [sending])
  return sending
}

/* ---- the set ---- */

/** @param {{set: MaterialView, onChecked: () => void}} props */
export function Bring({ set, onChecked }) {
  const sending = useSending(set.id)
  const { items, isBusy } = sending
  const {
    data,
    error,
    isLoading,
    reload,
    set: show,
  } = useLoad((signal) => api.get(`/admin/material/${set.id}`, { signal }), `${set.id} ${isBusy}`)
  const [refused, setRefused] = useState(/** @type {{name: string, reason: Failed}[]} */ ([]))
  const endings = endingsFor(set.kind, api.config.endings)
  const failed = items.filter(mayGoOn)
  const uploaded = data?.uploaded ?? []
  const hasFiles = uploaded.length > 0 || items.some(({ state }) => state === 'sent')

  const take = (/** @type {File[]} */ files, /** @type {string[]} */ folders = []) => {
    const told = folders.map((name) => ({ name, reason: /** @type {Failed} */ ({ code: 'is-folder' }) }))
    /** @type {File[]} */
    const wanted = []
    for (const file of files) {
      const reason = refusalOf(file, endings, LARGEST)
      if (reason) told.push({ name: file.name, reason })
      else wanted.push(file)
    }
    setRefused(told)
    if (wanted.length) sending.add(wanted)
  }
  const [check, isChecking, checkError] = useAction(async () => {
    await api.post(`/admin/material/${set.id}/check`)
    forgetSending(set.id)
    onChecked()
  })

  const [leaving, setLeaving] = useState(/** @type {string | null} */ (null))
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const hasRemoved = useRef(false)
  const remove = async () => {
    const name = leaving ?? ''
    await api.delete(`/admin/material/${set.id}/files${query({ file_name: name })}`)
    for (const item of items) if (item.name === name) sending.drop(item)
    if (data) show({ ...data, uploaded: uploaded.filter((one) => one.name !== name) })
    reload() // what was being loaded may have been asked for before
    hasRemoved.current = true
    setLeaving(null)
    toast(t('material.removed-file', { name }))
  }
  useEffect(() => {
    if (leaving !== null || !hasRemoved.current) return
    hasRemoved.current = false
    const left = box.current?.querySelector('h3') ?? box.current?.querySelector('input')
    left?.focus() // the button that was pressed is gone
  }, [leaving])

  return html`<div class="stack wide" ref=${box}>
    <${Choose} set=${set} endings=${endings} onFiles=${take} />
    ${
      refused.length > 0 &&
      html`<${Note} kind="warn" role="alert"><div class="stack"><p>${t('material.not-taken', { count: refused.length })}</p>
        <ul class="anywhere">${refused.slice(0, SHOWN).map(({ name, reason }) => html`<li class="small"><bdi>${name}</bdi>: ${errorText(reason)}</li>`)}</ul>
        <${Button} size="small" onClick=${() => setRefused([])}>${t('ui.close')}<//></div><//>`
    }
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    <${Far} items=${items} isBusy=${isBusy} />
    ${failed.length > 1 && html`<div class="row"><span class="problem-text">${t('material.not-sent', { count: failed.length })}</span> <${Button} size="small" onClick=${() => failed.map((item) => sending.again(item))}>${t('ui.try-again')}<//></div>`}
    <${Files} set=${set} items=${items} uploaded=${uploaded} onAgain=${(/** @type {Item} */ item) => sending.again(item)} onDrop=${(/** @type {Item} */ item) => sending.drop(item)} onRemove=${setLeaving} />
    <${ErrorNote} error=${checkError} />
    <div class="row"><${Button} variant="primary" busy=${isChecking} disabled=${isBusy || !hasFiles} aria-label=${`${t('material.check')}: ${set.name}`} onClick=${check}>${t('material.check')}<//>
      <span class="small muted">${t('material.check-hint')}</span></div>
    ${
      leaving !== null &&
      html`<${ConfirmDialog} title=${t('material.remove-title', { name: leaving })} confirm=${t('material.remove')} danger onConfirm=${remove} onClose=${() => setLeaving(null)}>
      <p>${t('material.remove-file-text')}</p><//>`
    }
  </div>`
}

/** @param {{set: MaterialView, endings: string[], onFiles: (files: File[], folders?: string[]) => void}} props */
function Choose({ set, endings, onFiles }) {
  const [isOver, setOver] = useState(false)
  const depth = useRef(0) // dragging into what is inside leaves what is outside
  const drag = (/** @type {number} */ step) => (/** @type {Event} */ event) => {
    event.preventDefault()
    depth.current += step
    setOver(depth.current > 0)
  }
  const drop = (/** @type {DragEvent} */ event) => {
    event.preventDefault()
    depth.current = 0
    setOver(false)
    const folders = [...(event.dataTransfer?.items ?? [])]
      .map((item) => item.webkitGetAsEntry())
      .flatMap((entry) => (entry?.isDirectory ? [entry.name] : []))
    const files = [...(event.dataTransfer?.files ?? [])].filter(({ name }) => !folders.includes(name))
    onFiles(files, folders)
  }
  const choose = (/** @type {{target: HTMLInputElement}} */ { target }) => {
    onFiles([...(target.files ?? [])])
    target.value = ''
  }
  return html`<div class="drop-files wide ${isOver ? 'over' : ''}" onDragEnter=${drag(1)} onDragLeave=${drag(-1)} onDragOver=${drag(0)} onDrop=${drop}>
    <div class="row"><label class="button file-button">${t('material.choose')}
      <input class="visually-hidden" type="file" multiple accept=${endings.map((ending) => `.${ending}`).join(',')} aria-label=${`${t('material.choose')}: ${set.name}`} onChange=${choose} /></label>
      <span class="muted">${t('material.drop')}</span></div>
    <p class="small muted">${t(`material.wanted-${set.kind}`)} ${t('material.largest', { size: bytes(LARGEST) })}</p>
  </div>`
}

/**
 * How far all of them are.
 * @param {{items: Item[], isBusy: boolean}} props
 */
function Far({ items, isBusy }) {
  const done = items.filter(({ state }) => state === 'sent').length
  const sent = items.reduce((sum, item) => sum + item.sent, 0)
  const size = items.reduce((sum, item) => sum + item.size, 0)
  const isAll = items.length > 0 && done === items.length
  return html`<p class="visually-hidden" role="status">${isBusy ? t('material.sending') : isAll ? t('material.all-sent') : ''}</p>
    ${
      isBusy &&
      html`<div class="wide"><p class="small numbers">${t('material.far', { done, all: items.length, sent: bytes(sent), size: bytes(size) })}</p>
      <${Progress} value=${sent / Math.max(1, size)} label=${t('material.sending')} /></div>`
    }`
}

const ORDER = ['sending', 'failed', 'waiting', 'sent']

/**
 * The files that are there, and those on their way before them.
 * @param {{set: MaterialView, items: Item[], uploaded: MaterialFile[], onAgain: (item: Item) => void,
 *   onDrop: (item: Item) => void, onRemove: (name: string) => void}} props
 */
function Files({ set, items, uploaded, onAgain, onDrop, onRemove }) {
  const [shown, setShown] = useState(SHOWN)
  const moving = [...items].sort((a, b) => ORDER.indexOf(a.state) - ORDER.indexOf(b.state))
  const names = new Set(items.map(({ name }) => name))
  const there = uploaded.filter(({ name }) => !names.has(name))
  const count = moving.length + there.length
  if (count === 0) return null
  return html`<div class="stack wide"><h3 tabindex="-1">${t('material.files', { count })}</h3>
    <ul class="entries wide" aria-label=${`${t('material.uploaded')}: ${set.name}`}>
      ${moving.slice(0, shown).map((item) => html`<${Moving} key=${`moving ${item.file.name}`} item=${item} onAgain=${onAgain} onDrop=${onDrop} onRemove=${onRemove} />`)}
      ${there.slice(0, Math.max(0, shown - moving.length)).map(
        ({
          name,
          size,
        }) => html`<li key=${`there ${name}`} class="row"><div class="entry anywhere"><bdi>${name}</bdi></div>
        <div class="row"><span class="small muted numbers">${bytes(size)}</span> <${Remove} name=${name} onRemove=${onRemove} /></div></li>`,
      )}
    </ul>
    ${shown < count && html`<${Button} onClick=${() => setShown(shown + SHOWN)}>${t('ui.more')}<//>`}
  </div>`
}

/**
 * @param {{item: Item, onAgain: (item: Item) => void, onDrop: (item: Item) => void,
 *   onRemove: (name: string) => void}} props
 */
function Moving({ item, onAgain, onDrop, onRemove }) {
  const { name, size, state, sent, error } = item
  return html`<li class="row">
    <div class="entry anywhere"><bdi>${name}</bdi>
      ${state === 'sending' && html`<${Progress} value=${sent / Math.max(1, size)} label=${name} />`}
      ${error && html`<div class="small problem-text">${errorText(error)}</div>`}</div>
    <div class="row"><span class="small muted numbers">${bytes(size)}</span>
      ${state === 'sending' && html`<span class="small numbers">${percent(sent / Math.max(1, size))}</span>`}
      ${state === 'waiting' && html`<span class="small muted">${t('material.waiting')}</span>`}
      ${mayGoOn(item) && html`<${Button} size="small" aria-label=${`${t('ui.try-again')}: ${name}`} onClick=${() => onAgain(item)}>${t('ui.try-again')}<//>`}
      ${state !== 'sent' && html`<${Button} size="small" aria-label=${`${t('material.leave-out')}: ${name}`} onClick=${() => onDrop(item)}>${t('material.leave-out')}<//>`}
      ${state === 'sent' && html`<${Remove} name=${name} onRemove=${onRemove} />`}</div>
  </li>`
}

/** @param {{name: string, onRemove: (name: string) => void}} props */
const Remove = ({ name, onRemove }) =>
  html`<${Button} size="small" variant="quiet" aria-label=${`${t('material.remove')}: ${name}`} onClick=${() => onRemove(name)}>${t('material.remove')}<//>`
