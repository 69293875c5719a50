/** Every link with which somebody without an account can see something of one's own. */

import { api } from '../api.js'
import { Share } from '../asset/share.js'
import { t } from '../i18n.js'
import { ErrorNote, Spinner, useLoad } from '../ui.js'
import { html } from '../vendor/preact.js'
import { Section } from './section.js'

/** @import { ShareChanges, ShareOfAccount } from '../types.d.ts' */

export function Links() {
  const { data, error, reload, isLoading } = useLoad((signal) => api.get('/me/shares', { signal }), 'links')
  return html`<${Section} name="links">
    <p class="muted">${t('settings.links-text')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${data && data.shares.length === 0 && html`<p>${t('settings.links-none')}</p>`}
    ${data && data.shares.length > 0 && html`<ul class="links">${data.shares.map((share) => html`<${Link} key=${share.id} share=${share} onChanged=${reload} />`)}</ul>`}
  <//>`
}

/** @param {{share: ShareOfAccount, onChanged: () => void}} props */
function Link({ share, onChanged }) {
  /** @type {`/assets/${string}`} */
  const path = `/assets/${share.asset_id}`
  return html`<${Share} share=${share} onChanged=${onChanged}
    change=${(/** @type {ShareChanges} */ changes) => api.patch(`${path}/shares/${share.id}`, changes)} end=${() => api.delete(`${path}/shares/${share.id}`)}>
    <div><a href="#/asset/${share.asset_id}"><bdi>${share.title}</bdi></a></div><//>`
}
