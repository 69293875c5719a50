/** What was not seen: detections that found nothing, and those that could not look. */

import { t } from '../../i18n.js'
import { html } from '../../vendor/preact.js'
import { notesOf } from './model/seen.js'
import { detectionName } from './names.js'

/** @import { Asset } from '../../types.d.ts' */

/**
 * Whether there is something to say of it.
 * @param {string[]} unseen
 * @param {Asset} asset
 */
export const hasUnseen = (unseen, asset) => unseen.length > 0 || notesOf(asset.notes).length > 0

/** @param {{unseen: string[], asset: Asset}} props `unseen`: the detections that found nothing */
export function Unseen({ unseen, asset }) {
  if (!hasUnseen(unseen, asset)) return null
  return html`<ul class="notes small muted">
    ${unseen.map((name) => html`<li key=${name}>${t('asset.seen.none', { what: detectionName(name) })}</li>`)}
    ${notesOf(asset.notes).map((note) => html`<li key=${note.message}>${note.message}</li>`)}
  </ul>`
}
