/** The part of the upload page that has a file fetched from its address. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { Button, Checkbox, ErrorNote, Form, TextField, toast, useAction } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/**
 * @import { NewImport } from '../types.d.ts'
 * @import { Transfer } from './transfer.js'
 */

/**
 * Whoever asks affirms each time that they may: what they affirmed of one file says nothing of the next.
 * @param {{transfer: Transfer, choices: Omit<NewImport, 'url' | 'wording'>, isReady: boolean, onStarted: () => void}} props
 *   isReady: whether what is chosen can be done
 */
export function FromAddress({ transfer, choices, isReady, onStarted }) {
  const [url, setUrl] = useState('')
  const [mayUse, setMayUse] = useState(false)
  const [start, isStarting, error] = useAction(async () => {
    const asset = await api.post('/imports', { ...choices, url: url.trim(), wording: api.config.import_wording })
    transfer.tell(asset)
    setUrl('')
    setMayUse(false)
    onStarted()
    toast(t('fetch.started'))
  })
  return html`<section class="panel stack recorder" aria-labelledby="from-address">
    <h2 id="from-address">${t('fetch.title')}</h2>
    <p class="small muted">${t('fetch.text')}</p>
    <${Form} onSubmit=${start}>
      <${TextField} label=${t('fetch.url')} hint=${t('fetch.url-hint')} type="url" dir="ltr" required maxlength="2000" pattern="[Hh][Tt][Tt][Pp][Ss]?://.+" autocomplete="off" value=${url} onInput=${setUrl} />
      <${Checkbox} label=${t('fetch.agree')} checked=${mayUse} onChange=${setMayUse} />
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} type="submit" busy=${isStarting} disabled=${!isReady || !mayUse || !url.trim()}>${t('fetch.start')}<//></div>
    <//>
  </section>`
}
