/** How one signs in: the address and the password. */

import { api } from '../api.js'
import { changeAddress, sendAddressCode, verifyAddress } from '../auth.js'
import { language, t } from '../i18n.js'
import { beginSignIn } from '../signing-in.js'
import { Button, ErrorNote, Form, Note, TextField, toast, useAction } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { Section } from './section.js'

/** @import { Me } from '../types.d.ts' */

/** @param {{me: Me, setMe: (me: Me) => void}} props */
export function Address({ me, setMe }) {
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
        <${TextField} label=${t('sign.code')} inputmode="numeric" autocomplete="one-time-code"
          pattern="([^0-9０-９]*[0-9０-９]){6}[^0-9０-９]*" required value=${code} onInput=${setCode} />
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

/** The password is kept, and changed, where one signs in. */
export function Password() {
  const [change, isBusy, error] = useAction(() => beginSignIn('password', '/settings', language()))
  return html`<${Section} name="password">
    <p>${t('pkce.password-text')}</p>
    <${ErrorNote} error=${error} />
    <${Button} busy=${isBusy} onClick=${change}>${t('sign.choose-password')}<//>
  <//>`
}
