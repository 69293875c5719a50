/** What programs use: API keys, and the address that is told when a recording is finished. */

import { api } from '../api.js'
import { date, dateTime, t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  CopyButton,
  ErrorNote,
  Form,
  Note,
  Spinner,
  TextField,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { Section } from './section.js'

/** @import { KeyView, Me, NewKey } from '../types.d.ts' */

/**
 * Something that is shown this once, with a way to copy it.
 * @param {{label: string, value: string, onDone: () => void}} props
 */
const Secret = ({ label, value, onDone }) => html`<${Note} kind="good" role="status"><div class="stack wide">
  <p>${label}</p>
  <p class="secret"><code>${value}</code></p>
  <div class="row"><${CopyButton} text=${value} /><${Button} size="small" variant="quiet" onClick=${onDone}>${t('settings.secret-done')}<//></div>
</div><//>`

export function Keys() {
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
export function Webhook({ me, setMe }) {
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
