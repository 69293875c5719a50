/** The settings: one's profile, mail, account, allowances, what is learnt, keys, webhook, export, and the end of it all. */

import { api } from '../api.js'
import { changeAddress, changePassword, forget, sendAddressCode, verifyAddress } from '../auth.js'
import { bytes, date, dateTime, isLanguage, LANGUAGES, language, month, number, setLanguage, t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  CopyButton,
  ErrorNote,
  Form,
  Meter,
  Note,
  PageTitle,
  SelectField,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'
import { LearningSettings } from './learning.js'
import { MailSettings } from './mail.js'
import { Code, NewPassword } from './sign.js'

/** @import { Children, KeyView, Me, MeChanges, NewKey, QuotaView, VoiceView } from '../types.d.ts' */

/** @param {{me?: Me, setMe: (me: Me) => void, section: string | null}} props section: the one to begin at */
export function SettingsPage({ me, setMe, section }) {
  useEffect(() => {
    if (me && section) document.getElementById(`section-${section}`)?.scrollIntoView()
  }, [!me, section])
  return html`<${PageTitle} title=${t('nav.settings')} />
    ${
      me
        ? html`<div class="sections">
      <${Quota} quota=${me.quota} />
      <${Profile} me=${me} setMe=${setMe} />
      <${Section} name="mail"><${MailSettings} me=${me} setMe=${setMe} /><//>
      <${Address} me=${me} setMe=${setMe} />
      <${Password} />
      <${Voices} />
      <${Section} name="learning" isWhole><${LearningSettings} /><//>
      <${Keys} />
      <${Webhook} me=${me} setMe=${setMe} />
      <${Export} />
      <${Erase} me=${me} />
    </div>`
        : html`<${Spinner} />`
    }`
}

/** @param {{name: string, isWhole?: boolean, children?: Children}} props isWhole: over all columns */
const Section = ({
  name,
  isWhole = false,
  children,
}) => html`<section class="panel stack ${isWhole ? 'whole' : ''}" aria-labelledby=${`section-${name}`}>
  <h2 id=${`section-${name}`}>${t(`settings.${name}`)}</h2>${children}</section>`

/* ---- allowances ---- */

/** @param {{quota: QuotaView}} props */
const Quota = ({ quota }) => html`<${Section} name="quota">
  <p class="muted">${t('settings.quota-month', { month: month(quota.month) })}</p>
  <${Meter} label=${t('settings.minutes')} ...${quota.minutes} format=${(/** @type {number} */ value) => number(value, { maximumFractionDigits: 0 })} />
  <${Meter} label=${t('settings.bytes')} ...${quota.bytes} format=${bytes} />
  <${Meter} label=${t('settings.in-flight')} ...${quota.in_flight} format=${number} />
<//>`

/* ---- profile ---- */

/** @param {{me: Me, setMe: (me: Me) => void}} props */
function Profile({ me, setMe }) {
  const [form, setForm] = useState({
    delivery: me.delivery,
    language: isLanguage(me.language) ? me.language : language(),
    time_zone: me.time_zone,
    limit: me.cost_limit_usd ?? '',
  })
  const set = (/** @type {string} */ name) => (/** @type {string} */ value) => setForm({ ...form, [name]: value })
  const [save, isBusy, error] = useAction(async () => {
    const { limit, ...rest } = form
    // Of time zones the API's description names two.
    const wanted = /** @type {MeChanges} */ (rest)
    setMe(await api.put('/me', { ...wanted, cost_limit_usd: limit === '' ? null : Number(limit) }))
    if (form.language !== language()) await setLanguage(form.language, true)
    toast(t('settings.saved'))
  })
  const zones = [...new Set([form.time_zone, 'UTC', ...Intl.supportedValuesOf('timeZone')])].filter(Boolean).sort()
  return html`<${Section} name="profile">
    <${Form} onSubmit=${save}>
      <${SelectField} label=${t('settings.delivery')} hint=${t('settings.delivery-hint')} value=${form.delivery} onChange=${set('delivery')}
        options=${api.config.delivery.map((one) => [one, t(`delivery.${one}`)])} />
      <${SelectField} label=${t('settings.language')} hint=${t('settings.language-hint')} value=${form.language} onChange=${set('language')} options=${Object.entries(LANGUAGES)} />
      <${SelectField} label=${t('settings.time-zone')} value=${form.time_zone} onChange=${set('time_zone')} options=${zones.map((zone) => [zone, zone.replaceAll('_', ' ')])} />
      <${TextField} label=${t('settings.cost-limit')} hint=${t('settings.cost-limit-hint')} problem=${error?.field === 'cost_limit_usd' ? error.message : undefined}
        type="number" min="0" step="0.01" inputmode="decimal" value=${form.limit} onInput=${set('limit')} />
      <${ErrorNote} error=${error} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('ui.save')}<//>
    <//>
  <//>`
}

/* ---- account ---- */

/** @param {{me: Me, setMe: (me: Me) => void}} props */
function Address({ me, setMe }) {
  const [email, setEmail] = useState('')
  const [code, setCode] = useState('')
  const [sentTo, setSent] = useState('')
  const [ask, isAsking, askError] = useAction(async () => {
    await changeAddress(email)
    setSent(email)
  })
  const [confirm, isSending, sendError] = useAction(async () => {
    await sendAddressCode()
    setSent(me.email ?? '')
  })
  const [verify, isChecking, verifyError] = useAction(async () => {
    await verifyAddress(code)
    setMe(await api.get('/me'))
    setEmail('')
    setCode('')
    setSent('')
    toast(t(sentTo === me.email ? 'settings.address-confirmed' : 'settings.address-changed'))
  })
  return html`<${Section} name="address">
    <p>${t('settings.address-now')} <strong>${me.email}</strong></p>
    ${
      !me.email_verified &&
      !sentTo &&
      html`<${Note} kind="warn"><div class="stack">
      <p>${t('settings.address-unconfirmed')}</p>
      <${ErrorNote} error=${sendError} />
      <${Button} variant="primary" busy=${isSending} onClick=${confirm}>${t('settings.address-send-code')}<//>
    </div><//>`
    }
    ${
      sentTo
        ? html`<${Form} onSubmit=${verify}>
        <p>${t('settings.address-sent', { email: sentTo })}</p>
        <${Code} value=${code} onInput=${setCode} />
        <${ErrorNote} error=${verifyError} />
        <div class="row"><${Button} type="submit" variant="primary" busy=${isChecking}>${t('sign.confirm')}<//>
          <${Button} variant="quiet" onClick=${() => setSent('')}>${t('ui.cancel')}<//></div>
      <//>`
        : html`<${Form} onSubmit=${ask}>
        <${TextField} label=${t('settings.address-new')} type="email" autocomplete="email" required value=${email} onInput=${setEmail} />
        <${ErrorNote} error=${askError} />
        <${Button} type="submit" busy=${isAsking}>${t('settings.address-change')}<//>
      <//>`
    }
  <//>`
}

function Password() {
  const [before, setBefore] = useState('')
  const [after, setAfter] = useState('')
  const [change, isBusy, error] = useAction(async () => {
    await changePassword(before, after)
    setBefore('')
    setAfter('')
    toast(t('sign.password-changed'))
  })
  return html`<${Section} name="password">
    <${Form} onSubmit=${change}>
      <${TextField} label=${t('settings.password-now')} type="password" autocomplete="current-password" required value=${before} onInput=${setBefore} />
      <${NewPassword} value=${after} onInput=${setAfter} />
      <${ErrorNote} error=${error} />
      <${Button} type="submit" busy=${isBusy}>${t('sign.change-password')}<//>
    <//>
  <//>`
}

/* ---- voices ---- */

function Voices() {
  const { data, error, reload, isLoading } = useLoad((signal) => api.get('/me/voices', { signal }), 'voices')
  const [forgotten, setForgotten] = useState(/** @type {VoiceView | null} */ (null))
  const forgetVoice = async () => {
    await api.delete(`/me/voices/${forgotten?.id}`)
    setForgotten(null)
    reload()
  }
  if (!api.config.voices && !data?.voices.length) return null // kept from when they were allowed, they can be taken back
  return html`<${Section} name="voices">
    <p class="muted">${t('settings.voices-text')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${data && !data.voices.length && html`<p>${t('settings.no-voices')}</p>`}
    ${
      data &&
      data.voices.length > 0 &&
      html`<div class="table-box" tabindex="0" role="group" aria-label=${t('settings.voices')}><table>
      <thead><tr><th scope="col">${t('settings.voice-name')}</th><th scope="col">${t('settings.voice-agreed')}</th><th scope="col">${t('settings.voice-until')}</th><td></td></tr></thead>
      <tbody>${data.voices.map(
        (voice) => html`<tr key=${voice.id}><th scope="row" dir="auto">${voice.name}</th>
        <td>${date(Date.parse(`${voice.agreed_on}T12:00:00Z`) / 1000)}<br /><span class="small muted">${voice.agreed_how}</span></td><td>${date(voice.ends_at)}</td>
        <td class="number"><${Button} size="small" variant="danger" aria-label=${t('settings.forget-voice', { name: voice.name })} onClick=${() => setForgotten(voice)}>${t('settings.forget')}<//></td></tr>`,
      )}</tbody>
    </table></div>`
    }
    ${
      forgotten &&
      html`<${ConfirmDialog} title=${t('settings.forget-voice', { name: forgotten.name })} confirm=${t('settings.forget')} danger onConfirm=${forgetVoice} onClose=${() => setForgotten(null)}>
      <p>${t('settings.forget-text')}</p><//>`
    }
  <//>`
}

/* ---- for programs ---- */

/**
 * Something that is shown this once, with a way to copy it.
 * @param {{label: string, value: string, onDone: () => void}} props
 */
const Secret = ({ label, value, onDone }) => html`<${Note} kind="good" role="status"><div class="stack wide">
  <p>${label}</p>
  <p class="secret"><code>${value}</code></p>
  <div class="row"><${CopyButton} text=${value} /><${Button} size="small" variant="quiet" onClick=${onDone}>${t('settings.secret-done')}<//></div>
</div><//>`

function Keys() {
  const { data, error, reload, isLoading } = useLoad((signal) => api.get('/me/keys', { signal }), 'keys')
  const [name, setName] = useState('')
  const [made, setMade] = useState(/** @type {NewKey | null} */ (null))
  const [revoked, setRevoked] = useState(/** @type {KeyView | null} */ (null))
  const [create, isBusy, createError] = useAction(async () => {
    setMade(await api.post('/me/keys', { name: name.trim() }))
    setName('')
    reload()
  })
  const revoke = async () => {
    await api.delete(`/me/keys/${revoked?.id}`)
    if (made?.id === revoked?.id) setMade(null)
    setRevoked(null)
    reload()
  }
  return html`<${Section} name="keys">
    <p class="muted">${t('settings.keys-text')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${made && html`<${Secret} label=${t('settings.key-made', { name: made.name })} value=${made.key} onDone=${() => setMade(null)} />`}
    ${
      data &&
      data.keys.length > 0 &&
      html`<div class="table-box" tabindex="0" role="group" aria-label=${t('settings.keys')}><table>
      <thead><tr><th scope="col">${t('settings.key-name')}</th><th scope="col">${t('settings.key-created')}</th><th scope="col">${t('settings.key-used')}</th><td></td></tr></thead>
      <tbody>${data.keys.map(
        (key) => html`<tr key=${key.id}><th scope="row">${key.name}</th><td>${date(key.created_at)}</td>
        <td>${key.last_used_at ? dateTime(key.last_used_at) : t('settings.never')}</td>
        <td class="number"><${Button} size="small" variant="danger" aria-label=${t('settings.revoke-key', { name: key.name })} onClick=${() => setRevoked(key)}>${t('settings.revoke')}<//></td></tr>`,
      )}</tbody>
    </table></div>`
    }
    <${Form} onSubmit=${create}>
      <${TextField} label=${t('settings.key-new')} hint=${t('settings.key-hint')} required maxlength=${api.config.limits.key_name} value=${name} onInput=${setName} />
      <${ErrorNote} error=${createError} />
      <${Button} type="submit" busy=${isBusy}>${t('settings.key-create')}<//>
    <//>
    ${
      revoked &&
      html`<${ConfirmDialog} title=${t('settings.revoke-key', { name: revoked.name })} confirm=${t('settings.revoke')} danger onConfirm=${revoke} onClose=${() => setRevoked(null)}>
      <p>${t('settings.revoke-text')}</p><//>`
    }
  <//>`
}

/** @param {{me: Me, setMe: (me: Me) => void}} props */
function Webhook({ me, setMe }) {
  const hook = me.webhook
  const [url, setUrl] = useState(hook?.url ?? '')
  const [secret, setSecret] = useState(/** @type {string | null} */ (null))
  const [isRemoving, setRemoving] = useState(false)
  const [save, isBusy, error] = useAction(async () => {
    const made = await api.put('/me/webhook', { url: url.trim() })
    setSecret(made.secret)
    setMe({ ...me, webhook: { url: made.url, is_active: made.is_active, failures: 0 } })
  })
  const remove = async () => {
    await api.delete('/me/webhook')
    setMe({ ...me, webhook: undefined })
    setUrl('')
    setSecret(null)
    setRemoving(false)
  }
  return html`<${Section} name="webhook">
    <p class="muted">${t('settings.webhook-text')}</p>
    ${
      hook &&
      html`<p class="row"><span class="chip ${hook.is_active ? 'good' : 'bad'}">${t(hook.is_active ? 'settings.webhook-on' : 'settings.webhook-off')}</span>
      ${hook.failures > 0 && html`<span class="small">${t('settings.webhook-failures', { count: hook.failures })}</span>`}</p>`
    }
    ${secret && html`<${Secret} label=${t('settings.webhook-secret')} value=${secret} onDone=${() => setSecret(null)} />`}
    <${Form} onSubmit=${save}>
      <${TextField} label=${t('settings.webhook-url')} type="url" pattern="https://.*" placeholder="https://" required value=${url} onInput=${setUrl} />
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} type="submit" busy=${isBusy}>${t(hook ? 'settings.webhook-change' : 'settings.webhook-set')}<//>
        ${hook && html`<${Button} variant="danger" onClick=${() => setRemoving(true)}>${t('settings.webhook-remove')}<//>`}</div>
    <//>
    ${
      isRemoving &&
      html`<${ConfirmDialog} title=${t('settings.webhook-remove')} confirm=${t('settings.webhook-remove')} danger onConfirm=${remove} onClose=${() => setRemoving(false)}>
      <p>${t('settings.webhook-remove-text')}</p><//>`
    }
  <//>`
}

/* ---- leaving ---- */

function Export() {
  const { data, error, set, reload } = useLoad((signal) => api.get('/me/export', { signal }), 'export')
  usePoll(async () => set(await api.get('/me/export')), data?.status === 'preparing')
  const [start, isBusy, startError] = useAction(async () => set(await api.post('/me/export')))
  const isPreparing = data?.status === 'preparing'
  return html`<${Section} name="export">
    <p class="muted">${t('settings.export-text')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} /><${ErrorNote} error=${startError} />
    <div role="status">
      ${isPreparing && html`<${Spinner} label=${t('settings.export-preparing')} />`}
      ${data?.status === 'failed' && html`<${Note} kind="bad">${t('settings.export-failed')}<//>`}
      ${
        data?.status === 'ready' &&
        html`<p class="row"><${Button} variant="primary" href=${data.url} download>${t('settings.export-download')}<//>
        ${data.made_at && html`<span class="small muted">${t('settings.export-made', { when: dateTime(data.made_at) })}</span>`}</p>`
      }
    </div>
    ${data && !isPreparing && html`<${Button} busy=${isBusy} onClick=${start}>${t(data.status === 'ready' ? 'settings.export-again' : 'settings.export-start')}<//>`}
  <//>`
}

/** @param {{me: Me}} props */
function Erase({ me }) {
  const [isOpen, setOpen] = useState(false)
  const [typed, setTyped] = useState('')
  const erase = async () => {
    await api.delete('/me')
    setOpen(false)
    forget()
    toast(t('settings.erased'))
  }
  const isSame = typed.trim().toLowerCase() === me.email?.toLowerCase()
  return html`<${Section} name="erase">
    <p>${t('settings.erase-text')}</p>
    <${Button} variant="danger" onClick=${() => setOpen(true)}>${t('settings.erase-button')}<//>
    ${
      isOpen &&
      html`<${ConfirmDialog} title=${t('settings.erase')} confirm=${t('settings.erase-button')} danger disabled=${!isSame} onConfirm=${erase} onClose=${() => setOpen(false)}>
      <p>${t('settings.erase-text')}</p>
      <${TextField} label=${t('settings.erase-type', { email: me.email })} autocomplete="off" value=${typed} onInput=${setTyped} />
    <//>`
    }
  <//>`
}
