/** Who may use what an administrator releases: the accounts there are, and a dialog that chooses among them. */

import { api, query } from '../api.js'
import { t } from '../i18n.js'
import { Button, Checkbox, Dialog, ErrorNote, Form, TextField, toast, useAction } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/** @import { Children, ReleaseKind, ReleaseView } from '../types.d.ts' */

/**
 * The address of each account, by its id; the id itself where there is no address.
 * @typedef {Map<string, string>} Accounts
 */

const MOST_PAGES = 40
const MANY = 12

/**
 * @param {AbortSignal} signal
 * @returns {Promise<Accounts>} as many as somebody can choose among: a thousand
 */
export async function everyAccount(signal) {
  /** @type {Accounts} */
  const found = new Map()
  /** @type {string | undefined} */
  let after
  for (let page = 0; page < MOST_PAGES; page += 1) {
    const { users, next } = await api.get(`/admin/users${query({ after })}`, { signal })
    for (const { owner, email } of users) found.set(owner, email ?? owner)
    after = next
    if (!after) break
  }
  return found
}

/**
 * What an account is called; one that was erased has no name.
 * @param {string} owner
 * @param {Accounts | undefined} accounts
 */
export const called = (owner, accounts) =>
  owner === 'erased' ? t('released.erased-account') : (accounts?.get(owner) ?? owner)

/**
 * Who has something, in words.
 * @param {ReleaseView | undefined} release
 * @param {Accounts | undefined} accounts
 */
export function whoHas(release, accounts) {
  if (release?.everybody) return t('released.everybody')
  if (!release?.accounts.length) return t('released.nobody')
  return release.accounts.map((owner) => called(owner, accounts)).join(', ')
}

/**
 * Chooses who may use something. `children`: further fields; `onSaved` gets what is released now.
 * @param {{title: string, kind: ReleaseKind, name: string, awsName?: string, release?: ReleaseView, accounts: Accounts,
 *   onClose: () => void, onSaved: (release: ReleaseView) => void, children?: Children}} props
 */
export function ReleaseDialog({ title, kind, name, awsName, release, accounts, onClose, onSaved, children }) {
  const [isForAll, setForAll] = useState(release?.everybody ?? false)
  const [chosen, setChosen] = useState(() => new Set(release?.accounts))
  const [wanted, setWanted] = useState('')
  const [save, isBusy, error] = useAction(async () => {
    const path = /** @type {const} */ (`/admin/releases/${kind}/${encodeURIComponent(name)}`)
    const body = { accounts: [...chosen], everybody: isForAll, ...(awsName ? { aws_name: awsName } : {}) }
    const saved = await api.put(path, body)
    toast(t('settings.saved'))
    onSaved(saved)
  })
  const choose = (/** @type {string} */ owner) => (/** @type {boolean} */ isChosen) => {
    const now = new Set(chosen)
    if (isChosen) now.add(owner)
    else now.delete(owner)
    setChosen(now)
  }
  const shown = [...accounts].filter(([, email]) => email.toLowerCase().includes(wanted.trim().toLowerCase()))
  return html`<${Dialog} title=${title} onClose=${onClose}>
    <${Form} onSubmit=${save}>
      ${children}
      <${Checkbox} label=${t('released.for-everybody')} checked=${isForAll} onChange=${setForAll} />
      ${
        !isForAll &&
        html`<fieldset class="choices"><legend>${t('released.accounts')}</legend>
          ${accounts.size > MANY && html`<${TextField} label=${t('released.find-account')} value=${wanted} onInput=${setWanted} />`}
          <ul class="choice-list" tabindex="0" aria-label=${t('released.accounts')}>${shown.map(
            ([owner, email]) =>
              html`<li key=${owner}><${Checkbox} label=${html`<bdi class="anywhere">${email}</bdi>`} checked=${chosen.has(owner)} onChange=${choose(owner)} /></li>`,
          )}</ul>
        </fieldset>`
      }
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} onClick=${onClose}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${isBusy}>${t('ui.save')}<//></div>
    <//>
  <//>`
}
