/** Signing in, signing up, and a new password for a forgotten one. */

import { api } from '../api.js'
import {
  answerChallenge,
  confirmSignUp,
  forgotPassword,
  opaque,
  resendCode,
  resetPassword,
  signIn,
  signUp,
} from '../auth.js'
import { t } from '../i18n.js'
import { Button, ErrorNote, Form, Note, PageTitle, TextField, toast, useAction } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/** @import { Challenge as Asked } from '../auth.js' */

/**
 * @param {{step: "sign-in"|"sign-up"|"reset", next: string}} props next: the place to go to once signed in
 */
export function SignPage({ step, next }) {
  const Step = { 'sign-in': SignIn, 'sign-up': SignUp, reset: Reset }[step]
  return html`<div class="narrow"><${Step} next=${next} /></div>`
}

/**
 * @param {string} path
 * @param {string} next
 */
const link = (path, next) => `#/${path}?next=${encodeURIComponent(next)}`

/** @param {string} next */
function enter(next) {
  window.dispatchEvent(new Event('signed-in'))
  location.hash = `#${next.startsWith('/') ? next : '/'}`
}

/* ---- fields ---- */

/** @param {{value: string, onInput: (value: string) => void}} props */
const Email = ({
  value,
  onInput,
}) => html`<${TextField} label=${t('sign.email')} type="email" autocomplete="username" required
  value=${value} onInput=${onInput} />`

/**
 * A code of six digits, with anything between them: `auth.js` sends the digits only.
 * @param {{value: string, onInput: (value: string) => void, hint?: string}} props
 */
export const Code = (
  props,
) => html`<${TextField} label=${t('sign.code')} inputmode="numeric" autocomplete="one-time-code"
  pattern="([^0-9０-９]*[0-9０-９]){6}[^0-9０-９]*" required ...${props} />`

/**
 * A password to be chosen: says what it must have, and what is still missing.
 * @param {{value: string, onInput: (value: string) => void, label?: string}} props
 */
export function NewPassword({ value, onInput, label = t('sign.new-password') }) {
  const isEnough = opaque(value).length >= 12 && /\p{Lu}/u.test(value) && /\p{Ll}/u.test(value) && /\d/.test(value)
  return html`<${TextField} label=${label} hint=${t('sign.password-rule')} problem=${value && !isEnough ? t('sign.password-weak') : undefined}
    type="password" autocomplete="new-password" minlength="12" required value=${value} onInput=${onInput} />`
}

/* ---- steps ---- */

/** @param {{next: string}} props */
function SignIn({ next }) {
  const [email, setEmail] = useState('')
  const [password, setPassword] = useState('')
  const [challenge, setChallenge] = useState(/** @type {Asked | null} */ (null))
  const [submit, isBusy, error] = useAction(async () => {
    const more = await signIn(email, password)
    if (more) setChallenge(more)
    else enter(next)
  })
  if (challenge) return html`<${Challenge} challenge=${challenge} onDone=${() => enter(next)} onMore=${setChallenge} />`
  return html`<${PageTitle} title=${t('sign.in')} />
    <${Form} onSubmit=${submit}>
      ${next !== '/' && !error && html`<${Note}>${t('sign.first')}<//>`}
      <${ErrorNote} error=${error} />
      ${
        error?.code === 'UserNotConfirmedException' &&
        html`<${Button} href=${`${link('sign-up', next)}&confirm=1`}
        onClick=${() => remember(email)}>${t('sign.enter-code')}<//>`
      }
      <${Email} value=${email} onInput=${setEmail} />
      <${TextField} label=${t('sign.password')} type="password" autocomplete="current-password" required value=${password} onInput=${setPassword} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('sign.in')}<//>
    <//>
    <hr />
    <ul class="stack">
      <li><a href=${link('reset', next)}>${t('sign.forgot')}</a></li>
      <li>${api.config.sign_up === 'open' ? html`<a href=${link('sign-up', next)}>${t('sign.up-link')}</a>` : html`<span class="muted">${t('sign.invitation')}</span>`}</li>
    </ul>`
}

/**
 * What Cognito asks for after the password: a new one of somebody invited, or the code of an authenticator app.
 * @param {{challenge: Asked, onDone: () => void, onMore: (more: Asked) => void}} props
 */
function Challenge({ challenge, onDone, onMore }) {
  const [answer, setAnswer] = useState('')
  const [submit, isBusy, error] = useAction(async () => {
    const more = await answerChallenge(challenge, answer)
    if (!more) return onDone()
    setAnswer('')
    return onMore(more)
  })
  const isPassword = challenge.name === 'NEW_PASSWORD_REQUIRED'
  return html`<${PageTitle} key=${challenge.name} title=${t(isPassword ? 'sign.choose-password' : 'sign.second-step')} />
    <${Form} onSubmit=${submit}>
      <${ErrorNote} error=${error} />
      ${
        isPassword
          ? html`<${NewPassword} value=${answer} onInput=${setAnswer} />`
          : html`<${Code} value=${answer} onInput=${setAnswer} hint=${t('sign.authenticator')} />`
      }
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('sign.continue')}<//>
    <//>`
}

// An address that was typed on one page is not asked for again on the next one.
let remembered = ''
const remember = (/** @type {string} */ email) => {
  remembered = email
}

/** @param {{next: string}} props */
function SignUp({ next }) {
  const [email, setEmail] = useState(remembered)
  const [password, setPassword] = useState('')
  const [code, setCode] = useState('')
  const [isConfirming, setConfirming] = useState(location.hash.includes('confirm=1'))
  const [create, isCreating, createError] = useAction(async () => {
    await signUp(email, password)
    setConfirming(true)
  })
  const [confirm, isChecking, confirmError] = useAction(async () => {
    await confirmSignUp(email, code)
    const more = password ? await signIn(email, password) : true
    if (more) location.hash = link('sign-in', next)
    else enter(next)
    toast(t('sign.confirmed'))
  })
  const [resend, isResending, resendError] = useAction(async () => {
    await resendCode(email)
    toast(t('sign.code-sent'))
  })
  if (api.config.sign_up !== 'open' && !isConfirming)
    return html`<${PageTitle} title=${t('sign.up')} />
    <div class="stack"><p>${t('sign.invitation')}</p><${Button} href=${link('sign-in', next)}>${t('sign.in')}<//></div>`
  if (isConfirming)
    return html`<${PageTitle} key="confirm" title=${t('sign.confirm')} />
    <${Form} onSubmit=${confirm}>
      <p>${t('sign.confirm-text')}</p>
      <${ErrorNote} error=${confirmError ?? resendError} />
      <${Email} value=${email} onInput=${setEmail} />
      <${Code} value=${code} onInput=${setCode} />
      <div class="row">
        <${Button} type="submit" variant="primary" busy=${isChecking}>${t('sign.confirm')}<//>
        <${Button} variant="quiet" busy=${isResending} onClick=${resend}>${t('sign.resend')}<//>
      </div>
    <//>`
  return html`<${PageTitle} title=${t('sign.up')} />
    <${Form} onSubmit=${create}>
      <${ErrorNote} error=${createError} />
      <${Email} value=${email} onInput=${setEmail} />
      <${NewPassword} value=${password} onInput=${setPassword} label=${t('sign.password')} />
      <${Button} type="submit" variant="primary" busy=${isCreating}>${t('sign.up')}<//>
    <//>
    <hr /><p>${t('sign.have')} <a href=${link('sign-in', next)}>${t('sign.in')}</a></p>`
}

/** @param {{next: string}} props */
function Reset({ next }) {
  const [email, setEmail] = useState('')
  const [code, setCode] = useState('')
  const [password, setPassword] = useState('')
  const [isSent, setSent] = useState(false)
  const [send, isSending, sendError] = useAction(async () => {
    await forgotPassword(email)
    setSent(true)
  })
  const [reset, isBusy, error] = useAction(async () => {
    await resetPassword(email, code, password)
    toast(t('sign.password-changed'))
    const more = await signIn(email, password)
    if (more) location.hash = link('sign-in', next)
    else enter(next)
  })
  if (!isSent)
    return html`<${PageTitle} title=${t('sign.reset')} />
    <${Form} onSubmit=${send}>
      <p>${t('sign.reset-text')}</p>
      <${ErrorNote} error=${sendError} />
      <${Email} value=${email} onInput=${setEmail} />
      <div class="row"><${Button} type="submit" variant="primary" busy=${isSending}>${t('sign.send-code')}<//>
        <${Button} variant="quiet" href=${link('sign-in', next)}>${t('ui.cancel')}<//></div>
    <//>`
  return html`<${PageTitle} key="sent" title=${t('sign.choose-password')} />
    <${Form} onSubmit=${reset}>
      <p>${t('sign.reset-sent')}</p>
      <${ErrorNote} error=${error ?? sendError} />
      <${Code} value=${code} onInput=${setCode} />
      <${NewPassword} value=${password} onInput=${setPassword} />
      <div class="row"><${Button} type="submit" variant="primary" busy=${isBusy}>${t('sign.change-password')}<//>
        <${Button} variant="quiet" busy=${isSending} onClick=${send}>${t('sign.resend')}<//></div>
    <//>`
}
