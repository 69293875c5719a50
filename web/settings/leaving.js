/** A copy of everything, and the end of the account. */

import { api } from '../api.js'
import { forget } from '../auth.js'
import { dateTime, t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  ErrorNote,
  Note,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { Section } from './section.js'

/** @import { Me } from '../types.d.ts' */

export function Export() {
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
export function Erase({ me }) {
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
