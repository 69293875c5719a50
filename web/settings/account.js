/** How one signs in: the address and the password. */

import { api } from '../api.js'
import { changeAddress, changePassword, sendAddressCode, verifyAddress } from '../auth.js'
import { t } from '../i18n.js'
import { Code, NewPassword } from '../pages/sign.js'
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

export function Password() {
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
