/** Links for people without an account: made, named, seen again, given another end, turned off. */

import { api } from '../api.js'
import { date, dateTime, t } from '../i18n.js'
import {
  Button,
  CopyButton,
  Dialog,
  ErrorNote,
  errorText,
  Form,
  SelectField,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'
import { People } from './people.js'

/**
 * @import { Asset, Children, ShareView } from '../types.d.ts'
 * @import { OwnSource } from './source.js'
 */

const DAYS = [1, 7, 30, 90]

/** @param {{source: OwnSource, asset: Asset, onClose: () => void}} props */
export function ShareDialog({ source, asset, onClose }) {
  const shares = useLoad((signal) => source.shares(signal), source.key)
  const [days, setDays] = useState('7')
  const [name, setName] = useState('')
  const [made, setMade] = useState(/** @type {ShareView | null} */ (null))
  const [create, isBusy, error] = useAction(async () => {
    setMade(await source.share({ days: Number(days), name: name.trim() || undefined }))
    setName('')
    shares.reload()
  })
  const isFile = asset.kind === 'image' || asset.kind === 'document'
  const found = [...(shares.data?.shares ?? [])].reverse()
  return html`<${Dialog} title=${t('asset.share.title')} onClose=${onClose}>
    <${People} id=${asset.id} />
    <h3>${t('people.links')}</h3>
    <p>${t(isFile ? 'asset.share.text-file' : 'asset.share.text')}</p>
    <${Form} onSubmit=${create}>
      <${TextField} label=${t('asset.share.name')} hint=${t('asset.share.name-hint')} maxlength=${api.config.limits.key_name} autocomplete="off" value=${name} onInput=${setName} />
      <${SelectField} label=${t('asset.share.days')} value=${days} options=${DAYS.map((count) => [String(count), t('asset.share.day-count', { count })])} onChange=${setDays} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('asset.share.make')}<//>
    <//>
    <${ErrorNote} error=${error} />
    <p class="visually-hidden" role="status">${made ? t('asset.share.made', { until: dateTime(made.expires_at) }) : ''}</p>
    <h3>${t('asset.share.open')}</h3>
    ${shares.isLoading && !shares.data && html`<${Spinner} />`}
    <${ErrorNote} error=${shares.error} onRetry=${shares.reload} />
    ${shares.data && found.length === 0 && html`<p class="muted">${t('asset.share.none')}</p>`}
    ${
      found.length > 0 &&
      html`<ul class="links">${found.map(
        (
          share,
        ) => html`<${Share} key=${share.id} share=${share} isNew=${share.id === made?.id} onChanged=${shares.reload}
          change=${(/** @type {import('../types.d.ts').ShareChanges} */ changes) => source.reshare(share.id, changes)} end=${() => source.unshare(share.id)} />`,
      )}</ul>`
    }
    <div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>
  <//>`
}

/** What a link is called. @param {ShareView} share */
const nameOf = (share) => share.name || t(share.is_mailed ? 'asset.share.mailed' : 'asset.share.unnamed')

/**
 * One link, with what can be done with it; `children` stand below its name.
 * @param {{share: ShareView, isNew?: boolean, change: (changes: import('../types.d.ts').ShareChanges) => Promise<unknown>,
 *   end: () => Promise<unknown>, onChanged: () => void, children?: Children}} props
 */
export function Share({ share, isNew = false, change, end, onChanged, children }) {
  const [isOpen, setOpen] = useState(false)
  const [isEnding, setEnding] = useState(false)
  const address = share.token && `${location.origin}${location.pathname}#/shared/${share.token}`
  const opener = useRef(/** @type {HTMLElement | null} */ (null))
  const question = useRef(/** @type {HTMLElement | null} */ (null))
  const left = useRef(/** @type {'first' | 'last' | null} */ (null)) // the button that led away from the others
  useEffect(() => {
    question.current?.querySelector('button')?.focus()
    if (isOpen) left.current = 'first'
    else if (isEnding) left.current = 'last'
    else if (left.current)
      [...(opener.current?.querySelectorAll('button') ?? [])].at(left.current === 'first' ? 0 : -1)?.focus()
  }, [isOpen, isEnding])
  const [turnOff, isBusy] = useAction(async () => {
    try {
      await end()
      toast(t('asset.share.ended'))
      question.current?.closest('dialog, section')?.querySelector('h2')?.focus() // the link goes, with its buttons
      onChanged()
    } catch (failure) {
      toast(errorText(failure), 'bad')
    }
  })
  const name = nameOf(share)
  return html`<li class=${isNew ? 'new' : ''}>
    <div><strong><bdi>${name}</bdi></strong>${children}
      <div class="small muted">${t('asset.share.from-to', { from: date(share.created_at), until: dateTime(share.expires_at) })}</div></div>
    ${
      address
        ? html`<input class="input" readonly dir="ltr" aria-label=${t('asset.share.address', { name })} value=${address} onFocus=${(/** @type {{target: HTMLInputElement}} */ { target }) => target.select()} />`
        : html`<p class="small muted">${t('asset.share.no-address')}</p>`
    }
    ${isOpen && html`<${Change} share=${share} change=${change} onChanged=${onChanged} onClose=${() => setOpen(false)} />`}
    ${
      isEnding &&
      html`<div class="row" role="group" ref=${question} aria-label=${t('asset.share.end-of', { name })}><span class="small">${t('asset.share.end-text')}</span>
      <${Button} size="small" variant="danger" busy=${isBusy} onClick=${turnOff}>${t('asset.share.end')}<//>
      <${Button} size="small" variant="quiet" onClick=${() => setEnding(false)}>${t('ui.cancel')}<//></div>`
    }
    ${
      !isOpen &&
      !isEnding &&
      html`<div class="row" ref=${opener}>
      <${Button} size="small" aria-label=${t('asset.share.change-of', { name })} onClick=${() => setOpen(true)}>${t('asset.share.change')}<//>
      ${address && html`<${CopyButton} text=${address} label=${t('asset.share.copy')} />`}
      <${Button} size="small" variant="danger" aria-label=${t('asset.share.end-of', { name })} onClick=${() => setEnding(true)}>${t('asset.share.end')}<//>
    </div>`
    }
  </li>`
}

/**
 * Another name, another end.
 * @param {{share: ShareView, change: (changes: import('../types.d.ts').ShareChanges) => Promise<unknown>,
 *   onChanged: () => void, onClose: () => void}} props
 */
function Change({ share, change, onChanged, onClose }) {
  const [name, setName] = useState(share.name ?? '')
  const [days, setDays] = useState('')
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => box.current?.querySelector('input')?.focus(), [])
  const [save, isBusy, error] = useAction(async () => {
    await change({ name: name.trim() || null, days: days ? Number(days) : undefined })
    onChanged()
    onClose()
  })
  return html`<div ref=${box}><${Form} onSubmit=${save}>
    <${TextField} label=${t('asset.share.name')} maxlength=${api.config.limits.key_name} autocomplete="off" value=${name} onInput=${setName} />
    <${SelectField} label=${t('asset.share.until')} value=${days} onChange=${setDays}
      options=${[['', dateTime(share.expires_at)], ...DAYS.map((count) => [String(count), t('asset.share.days-from-now', { count })])]} />
    <${ErrorNote} error=${error} />
    <div class="row"><${Button} type="submit" size="small" variant="primary" busy=${isBusy}>${t('ui.save')}<//>
      <${Button} size="small" variant="quiet" onClick=${onClose}>${t('ui.cancel')}<//></div>
  <//></div>`
}
