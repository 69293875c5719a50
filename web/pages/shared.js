/** A recording as somebody shares it by a link: to watch and to read, without an account. */

import { Facts } from '../asset/header.js'
import { isTranscribed, useDocument } from '../asset/reader.js'
import { sharedSource } from '../asset/source.js'
import { dateTime, t } from '../i18n.js'
import { EmptyState, ErrorNote, PageTitle, Spinner, titleOf, useLoad } from '../ui.js'
import { html, useMemo } from '../vendor/preact.js'
import { Whole } from './asset.js'

/** @param {{token: string, stretch?: import('../asset/model/quotes.js').Stretch}} props `stretch`: words to show and play */
export function SharedPage({ token, stretch }) {
  const source = useMemo(() => sharedSource(token), [token])
  const { data, error, reload } = useLoad((signal) => source.shared(signal), token)
  const asset = data?.asset
  const transcript = useDocument(source, isTranscribed(asset), asset?.version)

  if (error?.status === 404) {
    return html`<${PageTitle} title=${t('asset.page')} /><${EmptyState} title=${t('asset.shared.ended')}>${t('asset.shared.ended-text')}<//>`
  }
  if (!asset)
    return error
      ? html`<${PageTitle} title=${t('asset.page')} /><${ErrorNote} error=${error} onRetry=${reload} />`
      : html`<${Spinner} />`
  return html`<article class="asset shared">
    <header class="asset-head">
      <${PageTitle} title=${titleOf(asset)} />
      <${Facts} asset=${asset} />
      <p class="small muted">${t('asset.shared.until', { until: dateTime(data.expires_at) })}</p>
    </header>
    <${Whole} source=${source} asset=${asset} transcript=${transcript} stretch=${stretch} />
  </article>`
}
