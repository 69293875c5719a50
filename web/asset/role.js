/** The head of the page for people with whom a recording is shared: what they may do, and the way out. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { RoleBadge } from '../library/whose.js'
import { later, withParts } from '../ui/later.js'
import { Button, ConfirmDialog, errorText, Icon, toast } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { Facts, Heading, Title } from './header.js'
import { mayEdit } from './model/rights.js'

/**
 * @import { Asset } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

const DownloadsDialog = later(() => import('./dialogs.js'), 'DownloadsDialog')
const EditionsDialog = later(() => withParts(import('./editions.js'), ['editions']), 'EditionsDialog')

/** @param {{source: OwnSource, asset: Asset, doc: TranscriptDocument, onAsset: (asset: Asset) => void}} props */
export function SharedHeader({ source, asset, doc, onAsset }) {
  const [dialog, setDialog] = useState(/** @type {string | null} */ (null))
  const close = () => setDialog(null)
  const { isRefused, error } = doc.autosave // what one may do has been changed since
  const canEdit = mayEdit(asset) && !isRefused
  const hasSome =
    asset.renditions.length > 0 || Object.values(asset.branches).some((branch) => branch.status === 'done')
  return html`<header class="asset-head">
    ${canEdit ? html`<${Title} source=${source} asset=${asset} onAsset=${onAsset} />` : html`<${Heading} asset=${asset} />`}
    <div class="row asset-actions">
      ${hasSome && html`<${Button} size="small" onClick=${() => setDialog('downloads')}><${Icon} name="download" size="16" />${t('asset.downloads.button')}<//>`}
      ${canEdit && doc.isLoaded && html`<${Button} size="small" onClick=${() => setDialog('editions')}>${t('asset.editions.button', { count: doc.editions + 1 })}<//>`}
      ${!(isRefused && error?.status === 404) && html`<${Button} size="small" onClick=${() => setDialog('leave')}>${t('people.leave')}<//>`}
    </div>
    ${!isRefused && html`<p class="row"><${RoleBadge} role=${asset.role} /></p>`}
    <${Facts} asset=${asset} />
    ${dialog === 'downloads' && html`<${DownloadsDialog} source=${source} asset=${asset} edition=${mayEdit(asset) ? doc.old?.edition : undefined} onClose=${close} />`}
    ${dialog === 'editions' && html`<${EditionsDialog} source=${source} doc=${doc} onClose=${close} />`}
    ${dialog === 'leave' && html`<${LeaveDialog} id=${asset.id} onLeft=${() => (location.hash = '#/with-me')} onClose=${close} />`}
  </header>`
}

/**
 * Asks whether somebody wants to have nothing to do any more with what is shared with them.
 * @param {{id: string, onLeft: () => void, onClose: () => void}} props
 */
export function LeaveDialog({ id, onLeft, onClose }) {
  const leave = async () => {
    try {
      await api.delete(`/me/shared/${encodeURIComponent(id)}`)
      toast(t('people.left'))
      onLeft()
    } catch (failure) {
      toast(errorText(failure), 'bad')
      onClose()
    }
  }
  return html`<${ConfirmDialog} title=${t('people.leave-title')} confirm=${t('people.leave')} danger onConfirm=${leave} onClose=${onClose}><p>${t('people.leave-text')}</p><//>`
}
