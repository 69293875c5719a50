/** A recording with all that was made of it, for its owner. */

import { Details } from '../asset/details.js'
import { Header } from '../asset/header.js'
import { advice, isInVain } from '../asset/model/hearing.js'
import { isOwner, mayEdit } from '../asset/model/rights.js'
import { isTranscribed, Reader, useDocument, Work } from '../asset/reader.js'
import { ownSource, readingSource } from '../asset/source.js'
import { language, t } from '../i18n.js'
import { later, withParts } from '../ui/later.js'
import {
  Button,
  EmptyState,
  ErrorNote,
  errorText,
  isFinished,
  isRefused,
  Note,
  PageTitle,
  Spinner,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useMemo, useRef, useState } from '../vendor/preact.js'

/**
 * @import { Stretch } from '../asset/model/quotes.js'
 * @import { Asset, Children } from '../types.d.ts'
 */

const HearingAdvice = later(() => withParts(import('../asset/hear-again.js'), ['again']), 'HearingAdvice')
const PaperReader = later(() => import('../asset/paper/reader.js'), 'PaperReader')
const PictureReader = later(() => import('../asset/seen/picture.js'), 'PictureReader')
const SharedHeader = later(() => withParts(import('../asset/role.js'), ['people']), 'SharedHeader')
const versions = () => withParts(import('../asset/versions.js'), ['again', 'editions'])
const Carried = later(versions, 'Carried')
const EarlierVersion = later(versions, 'EarlierVersion')

/**
 * @param {{id: string, at?: number, page?: number, version?: number, stretch?: Stretch}} props `at`: seconds to begin at;
 *   `page`: of a document; `version`: an earlier one, to be read; `stretch`: words to show and play
 */
export function AssetPage({ id, at, page, version, stretch }) {
  const source = useMemo(() => ownSource(id), [id])
  const {
    data: asset,
    error,
    reload,
    set,
  } = useLoad(/** @type {(signal: AbortSignal) => Promise<Asset>} */ (source.asset), `${id} ${language()}`)
  const isOpen = asset !== undefined && !isFinished(asset)
  usePoll(async () => set(await source.asset()), isOpen)
  const isMine = !asset || isOwner(asset)
  const canEdit = !asset || mayEdit(asset)
  const reading = useMemo(() => (canEdit ? source : readingSource(source)), [source, canEdit])
  const transcript = useDocument(reading, isTranscribed(asset), asset?.version)
  transcript.doc.onSaved = set
  const [soughtAt, seek] = useState(/** @type {number | undefined} */ (undefined))
  // The same place asked for again is another: by less than anybody hears.
  const seekTo = (/** @type {number} */ seconds) => seek((was) => (was === seconds ? seconds + 0.001 : seconds))

  const advised = useRef(false)
  advised.current ||= asset !== undefined && advice(asset, language()) !== null // its dialog may still be open later

  if (error?.status === 404) return html`<${NotFound} />`
  if (!asset)
    return error
      ? html`<${PageTitle} title=${t('asset.page')} /><${ErrorNote} error=${error} onRetry=${reload} />`
      : html`<${Spinner} />`
  const hasResults =
    !asset.is_withheld &&
    (asset.renditions.length > 0 ||
      ['image', 'document'].includes(asset.kind ?? '') ||
      Object.values(asset.branches).some((branch) => branch.status === 'done'))
  const own = { source, asset, onAsset: set }
  const instead = (isOpen && !asset.is_withheld) || isInVain(asset) ? asset.again?.after : undefined
  const earlier = version !== undefined && version !== asset.version ? version : instead
  const inVain = isInVain(asset) && earlier === instead
  const details = html`<${Details} source=${source} asset=${asset} onAsset=${set} />`
  const whole = (/** @type {Children} */ below) =>
    hasResults &&
    html`<${Whole} source=${reading} asset=${asset} transcript=${transcript} at=${soughtAt ?? at} page=${page} stretch=${stretch}>${below}<//>`
  return html`<article class="asset">
    <${isMine ? Header : SharedHeader} source=${source} asset=${asset} doc=${transcript.doc} onAsset=${set} />
    <${Trouble} asset=${asset} />
    ${isMine && earlier === undefined && advised.current && html`<${HearingAdvice} ...${own} />`}
    ${isMine && earlier === undefined && hasResults && asset.again && html`<${Carried} source=${source} asset=${asset} doc=${transcript.doc} onSeek=${seekTo} />`}
    ${isOpen && html`<${Work} asset=${asset} />`}
    ${isOpen && asset.is_withheld && html`<p class="small muted">${t('asset.withheld')}</p>`}
    ${earlier !== undefined && html`<${EarlierVersion} key=${earlier} id=${id} version=${earlier} ...${own} at=${at}>${inVain && whole(null)}<//>`}
    ${earlier === undefined && whole(details)}
    ${inVain && details}
    ${!hasResults && !inVain && !isOpen && Object.keys(asset.branches).length > 0 && details}
    <p class="visually-hidden" role="status">${isOpen ? t('asset.work.title') : ''}</p>
  </article>`
}

/**
 * What there is to hear, to look at or to read, by what the asset is.
 * @param {Parameters<typeof Reader>[0] & {page?: number}} props
 */
export function Whole({ source, asset, transcript, at, page, stretch, children }) {
  if (asset.kind === 'image') return html`<${PictureReader} source=${source} asset=${asset}>${children}<//>`
  if (asset.kind === 'document')
    return html`<${PaperReader} source=${source} asset=${asset} page=${page}>${children}<//>`
  return html`<${Reader} source=${source} asset=${asset} transcript=${transcript} at=${at} stretch=${stretch}>${children}<//>`
}

/**
 * What went wrong with the whole, and what to do.
 * @param {{asset: Asset}} props
 */
function Trouble({ asset }) {
  if (!['failed', 'rejected', 'expired', 'held'].includes(asset.status)) return null
  const isCancelled = asset.error?.code === 'cancelled'
  const isHeld = asset.status === 'held'
  const why = isHeld ? asset.moderation?.reason : asset.error
  const next = isRefused(asset) ? 'content' : asset.status
  return html`<${Note} kind=${isCancelled || isHeld ? 'warn' : 'bad'}>
    <div>
      <p><strong>${isCancelled ? t('asset.trouble.cancelled') : t(`asset.trouble.${asset.status}`)}</strong></p>
      ${why && !isCancelled && html`<p>${errorText(why)}</p>`}
      <p class="muted">${t(`asset.trouble.${next}-do`)}</p>
    </div>
    ${['rejected', 'expired'].includes(asset.status) && html`<${Button} size="small" href="#/upload">${t('asset.trouble.upload')}<//>`}
  <//>`
}

const NotFound = () =>
  html`<${PageTitle} title=${t('asset.page')} /><${EmptyState} title=${t('asset.not-found')} action=${html`<${Button} href="#/">${t('asset.to-library')}<//>`}>${t('asset.not-found-text')}<//>`
