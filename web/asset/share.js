/** Links for people without an account: made, named, seen again, given another end, turned off. */

import { api } from '../api.js'
import { date, dateTime, locale, t } from '../i18n.js'
import {
  Button,
  Checkbox,
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
  useId,
  useLoad,
} from '../ui.js'
import { html, useLayoutEffect, useRef, useState } from '../vendor/preact.js'
import { People } from './people.js'

/**
 * @import { Asset, Children, Part, ShareView } from '../types.d.ts'
 * @import { OwnSource } from './source.js'
 */

/**
 * `isOpen`: the password that there is goes.
 * @typedef {{shows: Part[], password: string, isOpen: boolean, tellsTitle: boolean}} Chosen
 */

const DAYS = [1, 7, 30, 90]
/** @type {Part[]} what can be seen, and files of it */
const PARTS = ['transcript', 'media', 'analysis', 'downloads']
/** @type {Chosen} */
const USUAL = { shows: ['transcript', 'media', 'analysis'], password: '', isOpen: false, tellsTitle: false }

/** @param {{source: OwnSource, asset: Asset, onClose: () => void}} props */
export function ShareDialog({ source, asset, onClose }) {
  const shares = useLoad((signal) => source.shares(signal), source.key)
  const [days, setDays] = useState('7')
  const [name, setName] = useState('')
  const [chosen, choose] = useState(USUAL)
  const [made, setMade] = useState(/** @type {ShareView | null} */ (null))
  const [create, isBusy, error] = useAction(async () => {
    if (!isEnough(chosen)) return
    const { shows, tellsTitle } = chosen
    const password = chosen.password || undefined
    const wanted = { days: Number(days), name: name.trim() || undefined, shows, password, tells_title: tellsTitle }
    setMade(await source.share(wanted))
    setName('')
    choose({ ...chosen, password: '' })
    shares.reload()
  })
  const isFile = asset.kind === 'image' || asset.kind === 'document'
  const found = [...(shares.data?.shares ?? [])].reverse()
  return html`<${Dialog} title=${t('asset.share.title')} onClose=${onClose}>
    <${People} id=${asset.id} />
    <h3>${t('people.links')}</h3>
    <p>${t('links.text')}</p>
    <${Form} onSubmit=${create}>
      <${TextField} label=${t('asset.share.name')} hint=${t('asset.share.name-hint')} maxlength=${api.config.limits.key_name} autocomplete="off" value=${name} onInput=${setName} />
      <${SelectField} label=${t('asset.share.days')} value=${days} options=${DAYS.map((count) => [String(count), t('asset.share.day-count', { count })])} onChange=${setDays} />
      <${Choices} chosen=${chosen} onChoose=${choose} isFile=${isFile} />
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
        ) => html`<${Share} key=${share.id} share=${share} isFile=${isFile} isNew=${share.id === made?.id} onChanged=${shares.reload}
          change=${(/** @type {import('../types.d.ts').ShareChanges} */ changes) => source.reshare(share.id, changes)} end=${() => source.unshare(share.id)} />`,
      )}</ul>`
    }
    <div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>
  <//>`
}

/** Whether there is anything to see: files are files of what else is shown. @param {Chosen} chosen */
const isEnough = ({ shows }) => shows.some((part) => part !== 'downloads')

/** @param {Part} part @param {boolean} isFile */
const partName = (part, isFile) =>
  t(isFile && ['transcript', 'media'].includes(part) ? `links.part.${part}-file` : `links.part.${part}`)

/**
 * What a link shows, asks for and tells; `hasPassword` if it has one now, which may go or be another.
 * @param {{chosen: Chosen, onChoose: (chosen: Chosen) => void, isFile: boolean, hasPassword?: boolean}} props
 */
function Choices({ chosen, onChoose, isFile, hasPassword = false }) {
  const id = useId('shows')
  const { shows, password, isOpen, tellsTitle } = chosen
  const limits = api.config.limits
  const isLocked = Boolean(password) || (hasPassword && !isOpen)
  const toggle = (/** @type {Part} */ part) =>
    onChoose({ ...chosen, shows: PARTS.filter((one) => shows.includes(one) !== (one === part)) })
  return html`<fieldset class="link-parts" aria-describedby=${isEnough(chosen) ? undefined : id}>
      <legend>${t('links.shows')}</legend>
      ${PARTS.map((part) => html`<${Checkbox} key=${part} label=${partName(part, isFile)} checked=${shows.includes(part)} onChange=${() => toggle(part)} />`)}
      ${!isEnough(chosen) && html`<p class="problem" id=${id} role="alert">${t('links.shows-none')}</p>`}
    </fieldset>
    ${hasPassword && html`<${Checkbox} label=${t('links.no-password')} checked=${isOpen} onChange=${(/** @type {boolean} */ is) => onChoose({ ...chosen, isOpen: is, password: '' })} />`}
    ${
      !isOpen &&
      html`<${TextField} label=${t(hasPassword ? 'links.password-new' : 'links.password-wanted')} hint=${t('links.password-hint', { count: limits.shortest_password })}
        minlength=${limits.shortest_password} maxlength=${limits.longest_password} autocomplete="off" autocapitalize="off" spellcheck=${false} value=${password}
        onInput=${(/** @type {string} */ text) => onChoose({ ...chosen, password: text })} />`
    }
    <div class="link-title"><${Checkbox} label=${t('links.tells-title')} checked=${tellsTitle && !isLocked} disabled=${isLocked} onChange=${(/** @type {boolean} */ is) => onChoose({ ...chosen, tellsTitle: is })} />
      <p class="hint">${t(isLocked ? 'links.tells-nothing' : 'links.tells-title-hint')}</p></div>`
}

/** What a link is called. @param {ShareView} share */
const nameOf = (share) => share.name || t(share.is_mailed ? 'asset.share.mailed' : 'asset.share.unnamed')

/** What a link shows, asks for and tells, in a line. @param {ShareView} share @param {boolean} isFile */
function about({ shows, has_password: isLocked, tells_title: isTold }, isFile) {
  const parts = new Intl.ListFormat(locale()).format(shows.map((part) => partName(part, isFile)))
  const more = [isLocked && t('links.locked-now'), isTold && !isLocked && t('links.told-now')]
  return [t('links.shows-now', { parts }), ...more].filter(Boolean).join(' · ')
}

/**
 * One link, with what can be done with it; `children` stand below its name.
 * @param {{share: ShareView, isNew?: boolean, isFile?: boolean, change: (changes: import('../types.d.ts').ShareChanges) => Promise<unknown>,
 *   end: () => Promise<unknown>, onChanged: () => void, children?: Children}} props
 */
export function Share({ share, isNew = false, isFile = false, change, end, onChanged, children }) {
  const [isOpen, setOpen] = useState(false)
  const [isEnding, setEnding] = useState(false)
  // Programs that show what a link leads to read there; people are led on to the page.
  const address = share.token && String(new URL(`s/${share.token}`, location.href))
  const opener = useRef(/** @type {HTMLElement | null} */ (null))
  const question = useRef(/** @type {HTMLElement | null} */ (null))
  const left = useRef(/** @type {'first' | 'last' | null} */ (null)) // the button that led away from the others
  useLayoutEffect(() => {
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
      <div class="small muted">${t('asset.share.from-to', { from: date(share.created_at), until: dateTime(share.expires_at) })}</div>
      <div class="small muted">${about(share, isFile)}</div></div>
    ${
      address
        ? html`<input class="input" readonly dir="ltr" aria-label=${t('asset.share.address', { name })} value=${address} onFocus=${(/** @type {{target: HTMLInputElement}} */ { target }) => target.select()} />`
        : html`<p class="small muted">${t('asset.share.no-address')}</p>`
    }
    ${isOpen && html`<${Change} share=${share} isFile=${isFile} change=${change} onChanged=${onChanged} onClose=${() => setOpen(false)} />`}
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
 * Another name, another end, something else to be seen.
 * @param {{share: ShareView, isFile: boolean, change: (changes: import('../types.d.ts').ShareChanges) => Promise<unknown>,
 *   onChanged: () => void, onClose: () => void}} props
 */
function Change({ share, isFile, change, onChanged, onClose }) {
  const [name, setName] = useState(share.name ?? '')
  const [days, setDays] = useState('')
  /** @type {Chosen} */
  const now = { ...USUAL, shows: share.shows, tellsTitle: share.tells_title }
  const [chosen, choose] = useState(now)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  useLayoutEffect(() => box.current?.querySelector('input')?.focus(), [])
  const [save, isBusy, error] = useAction(async () => {
    if (!isEnough(chosen)) return
    const { shows, tellsTitle, isOpen } = chosen
    const password = isOpen ? null : chosen.password || undefined
    const named = { name: name.trim() || null, days: days ? Number(days) : undefined }
    await change({ ...named, shows, tells_title: tellsTitle, password })
    onChanged()
    onClose()
  })
  return html`<div ref=${box}><${Form} onSubmit=${save}>
    <${TextField} label=${t('asset.share.name')} maxlength=${api.config.limits.key_name} autocomplete="off" value=${name} onInput=${setName} />
    <${SelectField} label=${t('asset.share.until')} value=${days} onChange=${setDays}
      options=${[['', dateTime(share.expires_at)], ...DAYS.map((count) => [String(count), t('asset.share.days-from-now', { count })])]} />
    <${Choices} chosen=${chosen} onChoose=${choose} isFile=${isFile} hasPassword=${share.has_password} />
    <${ErrorNote} error=${error} />
    <div class="row"><${Button} type="submit" size="small" variant="primary" busy=${isBusy}>${t('ui.save')}<//>
      <${Button} size="small" variant="quiet" onClick=${onClose}>${t('ui.cancel')}<//></div>
  <//></div>`
}
