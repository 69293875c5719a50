/** Voices that are remembered by name, of people who agreed to it. */

import { api } from '../api.js'
import { date, t } from '../i18n.js'
import { Button, ConfirmDialog, ErrorNote, Spinner, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { Section } from './section.js'

/**
 * @import { Voices as Kept, VoiceView } from '../types.d.ts'
 * @import { Loading } from '../ui/hooks.js'
 */

export const useVoices = () => useLoad((signal) => api.get('/me/voices', { signal }), 'voices')

/** Kept from when they were allowed, they can be taken back. @param {Kept | undefined} kept */
export const hasVoices = (kept) => Boolean(api.config.voices || kept?.voices.length)

/** @param {{loading: Loading<Kept>}} props */
export function Voices({ loading: { data, error, reload, isLoading } }) {
  const [forgotten, setForgotten] = useState(/** @type {VoiceView | null} */ (null))
  const forgetVoice = async () => {
    await api.delete(`/me/voices/${forgotten?.id}`)
    setForgotten(null)
    reload()
  }
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
