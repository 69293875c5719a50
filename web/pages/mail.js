/** The part of the settings about mail: whether it arrives, what comes with it, and who else may get it. */

import { api } from '../api.js'
import { date, hasText, t } from '../i18n.js'
import {
  Button,
  Checkbox,
  ConfirmDialog,
  ErrorNote,
  errorText,
  Form,
  Note,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/** @import { AddressView, Me } from '../types.d.ts' */

/** @type {Me['attachments']} */
const ATTACHMENTS = ['txt', 'srt', 'docx']
const STATUS_KINDS = { asked: 'warn', confirmed: 'good', unsubscribed: '' }

/** @param {{me: Me, setMe: (me: Me) => void}} props */
export const MailSettings = ({ me, setMe }) => html`
  <${State} me=${me} setMe=${setMe} />
  <${Attachments} me=${me} setMe=${setMe} />
  <${Addresses} />`

/* ---- to one's own address ---- */

/**
 * Whether mail gets through; where it does not, why, and what can be done.
 * @param {{me: Me, setMe: (me: Me) => void}} props
 */
function State({ me, setMe }) {
  const { email, mail } = me
  const [resume, isBusy, error] = useAction(async () => {
    setMe(await api.post('/me/mail/resume'))
    toast(t('mail.resumed'))
  })
  if (mail.status === 'unconfirmed')
    return html`<${Note} kind="warn"><span>${t('mail.unconfirmed', { email })}</span>
    <a href="#/settings?section=address">${t('mail.confirm-link')}</a><//>`
  if (mail.status === 'ok')
    return html`<p class="row"><span>${t('mail.to', { email })}</span><span class="chip good">${t('mail.ok')}</span></p>`
  const isSuppressed = mail.status === 'suppressed'
  const reason = `mail.reason-${mail.reason}`
  const todo = `mail.todo-${mail.reason}`
  return html`<${Note} kind=${isSuppressed ? 'bad' : 'warn'}><div class="stack">
    <p><strong>${t(`mail.${mail.status}`, { email, since: mail.since && date(mail.since) })}</strong>${hasText(reason) && html` ${t(reason)}`}</p>
    ${mail.detail && html`<p class="small muted anywhere">${t('mail.detail', { detail: mail.detail })}</p>`}
    ${
      isSuppressed &&
      html`<p>${t(hasText(todo) ? todo : 'mail.todo')}</p>
      <${ErrorNote} error=${error} />
      <${Button} busy=${isBusy} onClick=${resume}>${t('mail.resume')}<//>`
    }
  </div><//>`
}

/** @param {{me: Me, setMe: (me: Me) => void}} props */
function Attachments({ me, setMe }) {
  const [chosen, setChosen] = useState(me.attachments ?? [])
  const toggle = (/** @type {string} */ name) => (/** @type {boolean} */ isOn) =>
    setChosen(ATTACHMENTS.filter((one) => (one === name ? isOn : chosen.includes(one))))
  const [save, isBusy, error] = useAction(async () => {
    setMe(await api.put('/me', { attachments: chosen }))
    toast(t('settings.saved'))
  })
  return html`<${Form} onSubmit=${save}>
    <fieldset><legend>${t('mail.attachments')}</legend>
      ${ATTACHMENTS.map((name) => html`<div key=${name}><${Checkbox} label=${t(`mail.attach-${name}`)} checked=${chosen.includes(name)} onChange=${toggle(name)} /></div>`)}
    </fieldset>
    <${ErrorNote} error=${error} />
    <${Button} type="submit" busy=${isBusy}>${t('ui.save')}<//>
  <//>`
}

/* ---- to others ---- */

function Addresses() {
  const { data, error, isLoading, reload } = useLoad((signal) => api.get('/me/addresses', { signal }), 'addresses')
  const [address, setAddress] = useState('')
  const [removed, setRemoved] = useState(/** @type {AddressView | null} */ (null))
  const ask = async (/** @type {string} */ whom) => {
    const entry = await api.post('/me/addresses', { address: whom })
    toast(t('mail.asked', { address: entry.address }))
    reload()
  }
  const [add, isBusy, addError] = useAction(async () => {
    await ask(address.trim())
    setAddress('')
  })
  const remove = async () => {
    await api.delete(`/me/addresses/${removed?.id}`)
    setRemoved(null)
    reload()
  }
  return html`<h3>${t('mail.others')}</h3>
    <p class="muted">${t('mail.others-text')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${
      data &&
      data.addresses.length > 0 &&
      html`<ul class="entries wide" aria-label=${t('mail.others')}>
      ${data.addresses.map((entry) => html`<${Entry} key=${entry.id} entry=${entry} ask=${ask} remove=${setRemoved} />`)}
    </ul>`
    }
    <${Form} onSubmit=${add}>
      <${TextField} label=${t('mail.new')} type="email" autocomplete="off" required maxlength="254" value=${address} onInput=${setAddress}
        problem=${addError?.field === 'address' ? errorText(addError) : undefined} />
      <${ErrorNote} error=${addError?.field !== 'address' && addError} />
      <${Button} type="submit" busy=${isBusy}>${t('mail.ask')}<//>
    <//>
    ${
      removed &&
      html`<${ConfirmDialog} title=${t('mail.remove-title', removed)} confirm=${t('mail.remove')} danger onConfirm=${remove} onClose=${() => setRemoved(null)}>
      <p>${t('mail.remove-text')}</p><//>`
    }`
}

/**
 * @param {{entry: AddressView, ask: (address: string) => Promise<void>, remove: (entry: AddressView) => void}} props
 */
function Entry({ entry, ask, remove }) {
  const { address, status, asked_at, confirmed_at } = entry
  const [askAgain, isBusy] = useAction(() => ask(address).catch((error) => toast(errorText(error), 'bad')))
  return html`<li class="row">
    <div class="entry"><strong class="anywhere">${address}</strong>
      <div class="row small"><span class="chip ${STATUS_KINDS[status]}">${t(`mail.status-${status}`)}</span>
        <span class="muted">${date(confirmed_at ?? asked_at)}</span></div></div>
    <div class="row">
      ${status === 'asked' && html`<${Button} size="small" busy=${isBusy} aria-label=${t('mail.ask-again-to', { address })} onClick=${askAgain}>${t('mail.ask-again')}<//>`}
      <${Button} size="small" variant="danger" aria-label=${t('mail.remove-title', { address })} onClick=${() => remove(entry)}>${t('mail.remove')}<//>
    </div>
  </li>`
}
