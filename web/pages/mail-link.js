/**
 * What the links in mails lead to, without an account: to confirm an address, or to get no more of these mails there.
 * Only a button does it: programs that look for harm in mails open every link.
 */

import { api, query } from '../api.js'
import { isSignedIn } from '../auth.js'
import { t } from '../i18n.js'
import { Button, EmptyState, ErrorNote, PageTitle, Spinner, useAction, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/** @import { LinkView, Me } from '../types.d.ts' */

/**
 * @param {{purpose: "confirm" | "unsubscribe", token: string, me?: Me, setMe: (me: Me) => void}}
 *   props purpose: what the address says; the token decides
 */
export function MailLinkPage({ purpose, token, me, setMe }) {
  const { data, error, reload } = useLoad(
    (signal) => api.get(`/mail/link${query({ token })}`, { open: true, signal }),
    token,
  )
  const [isDone, setDone] = useState(false)
  const done = () => {
    if (me) api.get('/me').then(setMe, () => {}) // it may be about one's own address
    document.body.dataset.moved = 'yes' // the heading of what follows takes the focus: the button is gone
    setDone(true)
  }
  if (data) {
    const [Ask, Done] = {
      confirm: [Confirm, Confirmed],
      unsubscribe: [Unsubscribe, Unsubscribed],
      decline: [Decline, Declined],
    }[data.purpose]
    return html`<div class="narrow">${isDone ? html`<${Done} link=${data} />` : html`<${Ask} link=${data} token=${token} onDone=${done} />`}</div>`
  }
  const title = html`<${PageTitle} title=${t(`mail.${purpose}`)} />`
  if (error?.status === 404)
    return html`${title}<${EmptyState} title=${t('mail.ended')}>${t(`mail.ended-${purpose}`)}<//>`
  return error ? html`${title}<${ErrorNote} error=${error} onRetry=${reload} />` : html`<${Spinner} />`
}

/** @param {{link: LinkView, token: string, onDone: () => void}} props */
function Confirm({ link: { asker, address }, token, onDone }) {
  const [confirm, isBusy, error] = useAction(async () => {
    await api.post('/mail/confirm', { token }, { open: true })
    onDone()
  })
  return html`<${PageTitle} title=${t('mail.confirm')} />
    <div class="stack">
      <p>${t('mail.confirm-text', { asker, address })}</p>
      <p class="muted">${t('mail.confirm-more', { asker })}</p>
      <${ErrorNote} error=${error} />
      <${Button} variant="primary" busy=${isBusy} onClick=${confirm}>${t('mail.confirm-button')}<//>
    </div>`
}

/** @param {{link: LinkView}} props */
const Confirmed = ({ link: { asker, address } }) => html`<${PageTitle} title=${t('mail.confirmed')} />
  <p>${t('mail.confirmed-text', { asker, address })}</p>`

/** @param {{token: string, onDone: () => void}} props */
function Decline({ token, onDone }) {
  const [decline, isBusy, error] = useAction(async () => {
    await api.post(`/mail/unsubscribe${query({ token })}`, {}, { open: true })
    onDone()
  })
  return html`<${PageTitle} title=${t('mail.unsubscribe')} />
    <div class="stack">
      <p>${t('mail.decline-text')}</p>
      <${ErrorNote} error=${error} />
      <${Button} variant="primary" busy=${isBusy} onClick=${decline}>${t('mail.decline-button')}<//>
    </div>`
}

const Declined = () => html`<${PageTitle} title=${t('mail.unsubscribed')} />
  <div class="stack">
    <p>${t('mail.declined-text')}</p>
    <p>${t('mail.unsubscribed-own')}</p>
    <${Button} href="#/settings">${t(isSignedIn() ? 'nav.settings' : 'sign.in')}<//>
  </div>`

/** @param {{link: LinkView, token: string, onDone: () => void}} props */
function Unsubscribe({ link: { address }, token, onDone }) {
  const [unsubscribe, isBusy, error] = useAction(async () => {
    await api.post(`/mail/unsubscribe${query({ token })}`, {}, { open: true })
    onDone()
  })
  return html`<${PageTitle} title=${t('mail.unsubscribe')} />
    <div class="stack">
      <p>${t('mail.unsubscribe-text', { address })}</p>
      <${ErrorNote} error=${error} />
      <${Button} variant="primary" busy=${isBusy} onClick=${unsubscribe}>${t('mail.unsubscribe-button')}<//>
    </div>`
}

/** @param {{link: LinkView}} props */
const Unsubscribed = ({ link: { address } }) => html`<${PageTitle} title=${t('mail.unsubscribed')} />
  <div class="stack">
    <p>${t('mail.unsubscribed-text', { address })}</p>
    <p>${t('mail.unsubscribed-own')}</p>
    <${Button} href="#/settings?section=mail">${t(isSignedIn() ? 'nav.settings' : 'sign.in')}<//>
    <p class="muted">${t('mail.unsubscribed-other')}</p>
  </div>`
