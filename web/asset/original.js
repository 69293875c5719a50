/** The file that was uploaded, for its owner to have again. */

import { bytes, t } from '../i18n.js'
import { Button, download, errorText, toast, useAction } from '../ui.js'
import { html } from '../vendor/preact.js'

/**
 * @import { Asset } from '../types.d.ts'
 * @import { OwnSource } from './source.js'
 */

/** Whether there may be such a file. @param {Asset} asset */
export const hasOriginal = (asset) => asset.version > 0 && !asset.is_withheld

/** @param {{source: OwnSource, asset: Asset}} props */
export function Original({ source, asset }) {
  const [run, isBusy] = useAction(async () => {
    try {
      const { url } = await source.original()
      download(url)
    } catch (error) {
      toast(errorText(error), 'bad')
    }
  })
  return html`<h3>${t('asset.downloads.original')}</h3>
    <div class="row"><${Button} size="small" busy=${isBusy} onClick=${run}>${t('asset.downloads.original-get')}<//>
    <span class="small muted"><bdi class="file-name">${asset.file_name}</bdi>${asset.size ? ` · ${bytes(asset.size)}` : ''}</span></div>`
}
