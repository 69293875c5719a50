/** The components and hooks that the pages share. */

import { html, useCallback, useEffect, useLayoutEffect, useRef, useState } from './vendor/preact.js'
import { duration, hasText, percent, t } from './i18n.js'
import { isLoadingOn, listOf, withFailure, withPage } from './paging.js'
import { secondsLeft } from './progress.js'

let ids = 0
/** An id that stays the same for the life of a component. */
export function useId(prefix = 'id') {
  const id = useRef(null)
  id.current ??= `${prefix}-${++ids}`
  return id.current
}

/* ---- texts of errors ---- */

/** What to tell people about an error: our own words for its code, or else the API's sentence. */
export function errorText(error) {
  const key = `error.${error?.code}`
  if (hasText(key)) return t(key)
  if (error?.status >= 500) return t('error.server')
  return error?.message || t('error.unknown')
}

/* ---- hooks ---- */

/**
 * Loads something when `key` changes.
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {*} key what the answer depends on
 * @returns {{data: T|undefined, error: Error|null, isLoading: boolean, reload: () => void, set: (data: T) => void}}
 * @template T
 */
export function useLoad(load, key) {
  const [state, setState] = useState({ data: undefined, error: null, isLoading: true })
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const leaving = new AbortController()
    setState((before) => ({ ...before, error: null, isLoading: true }))
    load(leaving.signal).then(
      (data) => !leaving.signal.aborted && setState({ data, error: null, isLoading: false }),
      (error) => !leaving.signal.aborted && setState((before) => ({ ...before, error, isLoading: false })),
    )
    return () => leaving.abort()
  }, [key, turn])
  const reload = useCallback(() => setTurn((n) => n + 1), [])
  const set = useCallback((data) => setState({ data, error: null, isLoading: false }), [])
  return { ...state, reload, set }
}

/**
 * Loads a list page after page. A page that comes after `key` has changed, or the list was loaded again, is dropped.
 * @param {(after: string|undefined, signal?: AbortSignal) => Promise<{next?: string}|null>} load a page; null: there is none
 * @param {*} key what the list depends on
 * @returns {{pages: object[]|undefined, next: string|undefined, error: Error|null, isLoading: boolean, reload: () => void, more: () => Promise<void>, isLoadingMore: boolean, moreError: Error|null}}
 */
export function usePages(load, key) {
  const { data: first, error, isLoading, reload } = useLoad((signal) => load(undefined, signal), key)
  const [kept, setKept] = useState(listOf(undefined))
  const list = kept.first === first ? kept : listOf(first)
  const more = async () => {
    setKept(isLoadingOn(list))
    try {
      const page = await load(list.next)
      setKept((now) => withPage(now, first, page))
    } catch (failure) {
      setKept((now) => withFailure(now, first, failure))
    }
  }
  return { ...list, error, isLoading, reload, more }
}

/**
 * Runs something that may fail, once at a time.
 * @returns {[(...args) => Promise<void>, boolean, Error|null]} the function, whether it is under way, how it last failed
 */
export function useAction(action) {
  const [state, setState] = useState({ isBusy: false, error: null })
  const isBusy = useRef(false)
  const run = async (...args) => {
    if (isBusy.current) return
    isBusy.current = true
    setState({ isBusy: true, error: null })
    let error = null
    try {
      await action(...args)
    } catch (failure) {
      error = failure
    }
    isBusy.current = false
    setState({ isBusy: false, error })
  }
  return [run, state.isBusy, state.error]
}

/**
 * Calls `poll` again and again while `isOn` and the page is visible: after 2 s at first, backing off to 10 s.
 * @param {() => Promise<*>} poll a failure only delays the next call
 */
export function usePoll(poll, isOn) {
  const latest = useRef(poll)
  latest.current = poll
  useEffect(() => {
    if (!isOn) return undefined
    let delay = 2000
    let timer
    const later = () => {
      timer = setTimeout(tick, delay)
      delay = Math.min(10000, delay * 1.25)
    }
    const tick = async () => {
      if (document.visibilityState === 'visible') await latest.current().catch(() => {})
      if (timer !== null) later()
    }
    later()
    return () => {
      clearTimeout(timer)
      timer = null
    }
  }, [isOn])
}

/** Adds a style sheet, once. @returns {Promise<void>} when it applies */
export function loadStyle(file) {
  const link = document.querySelector(`link[href="${file}"]`) ?? document.createElement('link')
  if (link.isConnected) return undefined
  return new Promise((resolve) => {
    Object.assign(link, { rel: 'stylesheet', href: file, onload: resolve, onerror: resolve })
    document.head.append(link)
  })
}

/* ---- controls ---- */

/**
 * A button, or with `href` a link that looks like one. variant: "primary" | "danger" | "quiet"; size: "small".
 * While `busy` it cannot be pressed again, but it keeps the focus.
 */
export function Button({ variant = '', size = '', busy = false, href, onClick, children, ...rest }) {
  const className = `button ${variant} ${size} ${rest.class ?? ''}`
  if (href) return html`<a ...${rest} class=${className} href=${href}>${children}</a>`
  return html`<button type="button" ...${rest} class=${className} aria-disabled=${busy || undefined}
    onClick=${(event) => (busy ? event.preventDefault() : onClick?.(event))}>
    ${busy && html`<span class="spinner" aria-hidden="true"></span>`}${children}
  </button>`
}

const ICONS = {
  more: html`<circle cx="4" cy="10" r="1.6" fill="currentColor" stroke="none" /><circle cx="10" cy="10" r="1.6" fill="currentColor" stroke="none" /><circle cx="16" cy="10" r="1.6" fill="currentColor" stroke="none" />`,
  close: html`<path d="m5 5 10 10M15 5 5 15" />`,
  check: html`<path d="m4 10.5 4 4 8-9" />`,
  copy: html`<rect x="7" y="7" width="9" height="9" rx="1.5" /><path d="M13 7V4.5A1.5 1.5 0 0 0 11.5 3h-7A1.5 1.5 0 0 0 3 4.5v7A1.5 1.5 0 0 0 4.5 13H7" />`,
  search: html`<circle cx="8.5" cy="8.5" r="5" /><path d="m12.5 12.5 4.5 4.5" />`,
  upload: html`<path d="M10 13V4m-4 4 4-4 4 4M3.5 13v3h13v-3" />`,
  download: html`<path d="M10 4v9m-4-4 4 4 4-4M3.5 13v3h13v-3" />`,
  user: html`<circle cx="10" cy="7" r="3.2" /><path d="M3.5 17c.8-3.4 3.4-5 6.5-5s5.7 1.6 6.5 5" />`,
  sound: html`<path d="M3 10v0M6.5 7v6M10 4v12M13.5 7v6M17 10v0" />`,
  film: html`<rect x="3" y="4.5" width="14" height="11" rx="1.5" /><path d="m8.5 7.5 4 2.5-4 2.5z" />`,
}

/** A line drawing, for decoration only: the words beside it say what it means. */
export const Icon = ({ name, size = 20 }) => html`<svg width=${size} height=${size} viewBox="0 0 20 20" fill="none"
  stroke="currentColor" stroke-width="1.6" stroke-linecap="round" stroke-linejoin="round" aria-hidden="true">${ICONS[name]}</svg>`

/** A button that shows only a drawing; `label` is its name for everybody else. */
export const IconButton = ({ icon, label, ...rest }) =>
  html`<${Button} variant="quiet" size="icon" aria-label=${label} title=${label} ...${rest}><${Icon} name=${icon} /><//>`

/**
 * A label, a control, a hint and a problem, tied together.
 * @param {{label: string, hint?: string, problem?: string, children: (bind: object) => *}} props
 *   children gets the attributes that the control must carry
 */
export function Field({ label, hint, problem, children }) {
  const id = useId('field')
  const described = [hint && `${id}-hint`, problem && `${id}-problem`].filter(Boolean).join(' ')
  const bind = { id, 'aria-describedby': described || undefined, 'aria-invalid': problem ? 'true' : undefined }
  return html`<div class="field">
    <label for=${id}>${label}</label>
    ${children(bind)}
    ${hint && html`<p class="hint" id="${id}-hint">${hint}</p>`}
    ${problem && html`<p class="problem" id="${id}-problem">${problem}</p>`}
  </div>`
}

/** A labelled line of input. `onInput` gets the value. */
export const TextField = ({ label, hint, problem, value, onInput, ...rest }) => html`<${Field} label=${label} hint=${hint} problem=${problem}>
  ${(bind) => html`<input class="input" type="text" dir="auto" ...${rest} ...${bind} value=${value} onInput=${(event) => onInput(event.target.value)} />`}
<//>`

/** A labelled choice. @param {{options: [string, string][]}} props value and text of each */
export const SelectField = ({ label, hint, value, options, onChange, ...rest }) => html`<${Field} label=${label} hint=${hint}>
  ${(bind) => html`<${Select} ...${rest} ...${bind} value=${value} options=${options} onChange=${onChange} />`}
<//>`

export const Select = ({ value, options, onChange, ...rest }) => html`<select class="select" ...${rest} value=${value} onChange=${(event) => onChange(event.target.value)}>
  ${options.map(([key, text]) => html`<option key=${key} dir="auto" value=${key} selected=${key === value}>${text}</option>`)}
</select>`

export const Checkbox = ({ label, checked, onChange, ...rest }) => html`<label class="check">
  <input type="checkbox" ...${rest} checked=${checked} onChange=${(event) => onChange(event.target.checked)} /><span>${label}</span>
</label>`

/** A form whose submission stays on the page. */
export const Form = ({ onSubmit, children, ...rest }) => html`<form class="form" ...${rest}
  onSubmit=${(event) => { event.preventDefault(); onSubmit() }}>${children}</form>`

/** Copies a text, and says so. */
export function CopyButton({ text, label = t('ui.copy') }) {
  const copy = () => navigator.clipboard.writeText(text).then(() => toast(t('ui.copied')), () => toast(t('ui.copy-failed'), 'bad'))
  return html`<${Button} size="small" onClick=${copy}><${Icon} name="copy" size="16" />${label}<//>`
}

/* ---- feedback ---- */

export const Spinner = ({ label = t('ui.loading') }) => html`<p class="loading" role="status"><span class="spinner" aria-hidden="true"></span>${label}</p>`

/** kind: "bad" | "good" | "warn" | "" */
export const Note = ({ kind = '', children, ...rest }) => html`<div class="note ${kind}" ...${rest}>${children}</div>`

/** An error in words, with a way to try again where there is one. Shows nothing when there is no error. */
export const ErrorNote = ({ error, onRetry }) =>
  error && html`<${Note} kind="bad" role="alert"><span>${errorText(error)}</span>
    ${onRetry && html`<${Button} size="small" onClick=${onRetry}>${t('ui.try-again')}<//>`}<//>`

/** What a page shows instead of an empty list. */
export const EmptyState = ({ title, children, action }) => html`<div class="empty">
  <h2>${title}</h2>${children && html`<p>${children}</p>`}${action}
</div>`

/** value: 0 to 1, or undefined where nobody knows. */
export const Progress = ({ value, label, kind = '' }) => html`<progress class="progress ${kind}" max="1" value=${value} aria-label=${label}></progress>`

/** How much of an allowance is used. limit 0 or none: there is no allowance to fill. */
export function Meter({ label, used, limit, format }) {
  const id = useId('meter')
  const share = limit ? Math.min(1, used / limit) : 0
  return html`<div class="meter wide">
    <div class="meter-words"><span id=${id}>${label}</span><span class="numbers muted">${t('ui.of', { used: format(used), limit: format(limit) })}</span></div>
    <progress class="progress ${share >= 0.9 ? 'bad' : ''}" max="1" value=${share} aria-labelledby=${id}></progress>
  </div>`
}

const STATUS_KINDS = { completed: 'good', failed: 'bad', rejected: 'bad', expired: 'bad', processing: 'accent', queued: 'accent', 'awaiting-upload': 'warn' }
const MOOD_KINDS = { POSITIVE: 'good', NEGATIVE: 'bad', MIXED: 'mixed', NEUTRAL: '' }

/** The state of an asset as a word in its colour. */
export const StatusChip = ({ status }) => html`<span class="chip ${STATUS_KINDS[status]}">${t(`status.${status}`)}</span>`
export const MoodChip = ({ mood }) => html`<span class="chip ${MOOD_KINDS[mood]}">${t(`mood.${mood}`)}</span>`

/** Whether nothing more will happen to an asset by itself. */
export const isFinished = (asset) => !['awaiting-upload', 'queued', 'processing'].includes(asset.status)

let showToast = () => {}
/** Says something in passing, at the bottom of the page. kind: "" | "bad" */
export const toast = (text, kind = '') => showToast({ text, kind, id: ++ids })

/** The shell places this once. It is a live region, so it stays in the document when it is empty. */
export function Toasts() {
  const [toasts, setToasts] = useState([])
  const drop = (id) => setToasts((all) => all.filter((one) => one.id !== id))
  showToast = (one) => {
    setToasts((all) => [...all.slice(-2), one])
    setTimeout(() => drop(one.id), 8000)
  }
  return html`<div class="toasts" role="status" aria-live="polite">
    ${toasts.map((one) => html`<div key=${one.id} class="toast ${one.kind}"><span>${one.text}</span>
      <${IconButton} icon="close" label=${t('ui.close')} onClick=${() => drop(one.id)} /></div>`)}
  </div>`
}

/* ---- dialogs and menus ---- */

/** A modal dialog; the browser keeps the focus inside and gives it back afterwards. Escape closes. */
export function Dialog({ title, onClose, children }) {
  const dialog = useRef(null)
  const id = useId('dialog')
  useLayoutEffect(() => {
    const back = document.activeElement
    dialog.current.showModal()
    return () => {
      dialog.current?.close() // while it is open, nothing behind it takes the focus
      if (back?.isConnected) back.focus()
    }
  }, [])
  return html`<dialog class="dialog" ref=${dialog} aria-labelledby=${id} onCancel=${(event) => { event.preventDefault(); onClose() }}>
    <h2 id=${id}>${title}</h2>
    <div class="dialog-body">${children}</div>
  </dialog>`
}

/** Asks before something that cannot be undone. `onConfirm` may fail: its error is shown, and the dialog stays. */
export function ConfirmDialog({ title, confirm, danger = false, disabled = false, onConfirm, onClose, children }) {
  const [run, isBusy, error] = useAction(onConfirm)
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <form class="dialog-body" onSubmit=${(event) => { event.preventDefault(); if (!disabled) run() }}>
      ${children}
      <${ErrorNote} error=${error} />
      <div class="row end">
        <${Button} onClick=${onClose}>${t('ui.cancel')}<//>
        <${Button} type="submit" variant=${danger ? 'danger' : 'primary'} busy=${isBusy} disabled=${disabled}>${confirm}<//>
      </div>
    </form>
  <//>`
}

/**
 * A button that opens a short list of buttons or links below it (a disclosure: Tab moves through it, Escape closes it).
 * @param {{label: string, icon?: string, text?: string, children: *}} props text: what the button shows instead of an icon
 */
export function Menu({ label, icon = 'more', text, children }) {
  const [isOpen, setOpen] = useState(false)
  const box = useRef(null)
  const id = useId('menu')
  useEffect(() => {
    if (!isOpen) return undefined
    const outside = (event) => !box.current.contains(event.target) && setOpen(false)
    document.addEventListener('pointerdown', outside)
    document.addEventListener('focusin', outside)
    return () => {
      document.removeEventListener('pointerdown', outside)
      document.removeEventListener('focusin', outside)
    }
  }, [isOpen])
  const escape = (event) => {
    if (event.key !== 'Escape' || !isOpen) return
    setOpen(false)
    box.current.querySelector('button').focus()
  }
  const choose = (event) => event.target.closest('a, button') && setOpen(false)
  const shown = text ? html`<span aria-hidden="true">${text}</span>` : html`<${Icon} name=${icon} />`
  return html`<div class="menu" ref=${box} onKeyDown=${escape}>
    <button type="button" class="button quiet ${text ? 'small' : 'icon'}" aria-label=${text ? `${text} – ${label}` : label} title=${label}
      aria-expanded=${String(isOpen)} aria-controls=${id} onClick=${() => setOpen(!isOpen)}>${shown}</button>
    <div class="menu-list" id=${id} hidden=${!isOpen} onClick=${choose}>${children}</div>
  </div>`
}

/**
 * The heading of a page: also names the document, and takes the focus when the page was reached from another one.
 * `children` stand beside it.
 */
export function PageTitle({ title, children }) {
  const heading = useRef(null)
  useEffect(() => { document.title = `${title} – Rapporteur` }, [title])
  useEffect(() => {
    if (document.body.dataset.moved) heading.current.focus({ preventScroll: true })
  }, [])
  return html`<div class="page-head"><h1 ref=${heading} tabindex="-1" dir="auto">${title}</h1>${children}</div>`
}

/* ---- assets ---- */

const BRANCHES = ['renditions', 'speech', 'language']
const BRANCH_KINDS = { done: 'good', failed: 'bad' }

/** How far each branch of the work on an asset is, with a bar where the engine says so. */
export const Branches = ({ asset }) => html`<ul class="branches">
  ${BRANCHES.filter((name) => asset.branches?.[name]).map((name) => html`<${Branch} key=${name} name=${name} branch=${asset.branches[name]} startedAt=${asset.started_at} isOver=${isFinished(asset)} />`)}
</ul>`

function Branch({ name, branch, startedAt, isOver }) {
  const { status, progress, error } = branch
  const isRunning = status === 'open' && !isOver
  const left = isRunning ? secondsLeft(progress, startedAt) : null
  const known = isRunning && progress > 0 ? ` · ${percent(progress)}${left === null ? '' : ` · ${t('branch.left', { time: duration(left) })}`}` : ''
  return html`<li>
    <span>${t(`branch.${name}`)}</span>
    <span class="small branch-state ${BRANCH_KINDS[status] ?? ''}">${t(isRunning ? 'branch.open' : status === 'open' ? 'branch.stopped' : `branch.${status}`)}${known}</span>
    ${isRunning && html`<${Progress} value=${progress} label=${t(`branch.${name}`)} />`}
    ${error && html`<span class="small problem-text">${errorText(error)}</span>`}
  </li>`
}

/** The name of an asset for people. */
export const titleOf = (asset) => asset.title || asset.file_name
