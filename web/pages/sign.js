/** The way to Cognito's pages, where people sign in, make an account, or choose another password. */

import { api } from '../api.js'
import { language, t } from '../i18n.js'
import { beginSignIn, ownPlace, signInProblem } from '../signing-in.js'
import { Button, ErrorNote, Note, PageTitle, useAction } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @param {{next: string}} props next: the place to go to once signed in */
export function SignPage({ next }) {
  const place = ownPlace(next)
  const [begin, isBusy, error] = useAction((/** @type {Parameters<typeof beginSignIn>[0]} */ step) =>
    beginSignIn(step, place, language()),
  )
  const failure = error ?? signInProblem()
  return html`<div class="narrow"><${PageTitle} title=${t('sign.in')} />
    <div class="stack">
      <${ErrorNote} error=${failure} />
      ${place !== '/' && !failure && html`<${Note}>${t('sign.first')}<//>`}
      <p>${t('pkce.text')}</p>
      <${Button} variant="primary" busy=${isBusy} onClick=${() => begin('sign-in')}>${t('sign.in')}<//>
    </div>
    <hr />
    <ul class="stack">
      <li><button type="button" class="link-button" onClick=${() => begin('password')}>${t('sign.forgot')}</button></li>
      <li>${
        api.config.sign_up === 'open'
          ? html`<button type="button" class="link-button" onClick=${() => begin('sign-up')}>${t('sign.up-link')}</button>`
          : html`<span class="muted">${t('sign.invitation')}</span>`
      }</li>
    </ul>
  </div>`
}
