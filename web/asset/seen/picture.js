/** A picture with what was seen in it: boxes, and a list. */

import { number, percent, t } from '../../i18n.js'
import { Button, Checkbox, ErrorNote, errorText, isFinished, Note, Spinner, titleOf, useId, useLoad } from '../../ui.js'
import { html, useMemo, useState } from '../../vendor/preact.js'
import { Tracks } from '../passages.js'
import { Playback } from '../playback.js'
import { shows } from '../source.js'
import { Boxes } from './boxes.js'
import { Cover } from './cover.js'
import { useSeen } from './loading.js'
import { sightsOf } from './model/seen.js'
import { detectionName, nameOf } from './names.js'
import { hasUnseen, Unseen } from './unseen.js'

/**
 * @import { Asset, Children } from '../../types.d.ts'
 * @import { Source } from '../source.js'
 * @import { Cue } from './model/seen.js'
 */

const FIRST = 24
const MORE = 120
/** Renditions of a picture, the best one first; else what was uploaded is shown. */
const SHOWN = ['picture', 'thumbnail']

/** @param {{source: Source, asset: Asset, children?: Children}} props `children` stand below what was seen */
export function PictureReader({ source, asset, children }) {
  const seen = useSeen(source, asset)
  const [playback] = useState(() => new Playback())
  const [hasBoxes, setBoxes] = useState(true)
  const [isShown, setShown] = useState(false)
  const [lit, setLit] = useState(/** @type {number | undefined} */ (undefined))
  const unsuitable = seen.cues.filter((cue) => cue.detection === 'moderation')
  const names = [...new Set(unsuitable.map((cue) => cue.text))]
  const isCovered = !isShown && (seen.isUnknown || unsuitable.length > 0)
  const boxed = seen.cues.filter((cue) => cue.box)
  const vision = asset.branches.vision
  const hasPicture = shows(source, 'media')
  return html`<div class="reader picture-reader">
    <div class="watch">
      ${
        hasPicture &&
        html`<${Picture} source=${source} asset=${asset} isCovered=${isCovered}>
        ${!isCovered && (hasBoxes || lit !== undefined) && html`<${Boxes} cues=${hasBoxes ? boxed : boxed.filter((cue) => cue.id === lit)} lit=${lit} width=${asset.width} height=${asset.height} />`}
        ${isCovered && html`<${Cover} names=${names} onShow=${() => setShown(true)} />`}
      <//>`
      }
      ${hasPicture && boxed.length > 0 && html`<${Checkbox} label=${t('asset.seen.boxes')} checked=${hasBoxes} onChange=${setBoxes} />`}
    </div>
    <div class="findings">
      <${ErrorNote} error=${seen.error} onRetry=${seen.reload} />
      ${seen.perDetection.map(({ name, cues }) => html`<${Seen} key=${name} name=${name} cues=${cues} setLit=${setLit} />`)}
      ${shows(source, 'analysis') && seen.cues.length === 0 && !seen.isUnknown && !seen.error && html`<${NothingSeen} vision=${vision} unseen=${seen.unseen} asset=${asset} />`}
      ${seen.cues.length > 0 && html`<${Unseen} unseen=${seen.unseen} asset=${asset} />`}
      <${Tracks} source=${source} asset=${asset} playback=${playback} />
      ${children}
    </div>
  </div>`
}

/** @param {{vision?: Asset['branches'][string], unseen: string[], asset: Asset}} props */
function NothingSeen({ vision, unseen, asset }) {
  if (vision?.status === 'open' && !isFinished(asset))
    return html`<p class="loading"><span class="spinner" aria-hidden="true"></span>${t('asset.seen.coming')}</p>`
  const why = vision?.error ? errorText(vision.error) : t(vision ? 'asset.seen.nothing' : 'asset.seen.not-looked')
  // Each by its name says more than that there is nothing, which is not so where something could not be looked for.
  const isTold = vision?.status === 'done' && hasUnseen(unseen, asset)
  return html`<section class="block"><h2>${t('asset.seen.title')}</h2>${!isTold && html`<p class="muted">${why}</p>`}<${Unseen} unseen=${unseen} asset=${asset} /></section>`
}

/** @param {{source: Source, asset: Asset, isCovered: boolean, children?: Children}} props */
function Picture({ source, asset, isCovered, children }) {
  const preset = SHOWN.find((name) => asset.renditions.some((one) => one.preset === name)) ?? 'upload'
  const { data, error, reload } = useLoad(() => source.media(preset), `${source.key} ${asset.version} ${preset}`)
  const [isBroken, setBroken] = useState(false)
  const address = useMemo(() => data?.url, [preset, Boolean(data)])
  if (error?.status === 404 || isBroken) return html`<${Note}><span>${t('asset.picture.none')}</span><//>`
  if (error) return html`<${ErrorNote} error=${error} onRetry=${reload} />`
  if (!address) return html`<${Spinner} />`
  return html`<div class="picture whole ${isCovered ? 'covered' : ''}">
    <img src=${address} alt=${t('asset.picture.label', { title: titleOf(asset) })} width=${asset.width} height=${asset.height} onError=${() => setBroken(true)} />
    ${children}
  </div>`
}

/** @param {{name: string, cues: Cue[], setLit: (id: number | undefined) => void}} props */
function Seen({ name, cues, setLit }) {
  const sights = useMemo(() => sightsOf(cues), [cues])
  const [most, setMost] = useState(FIRST)
  const id = useId('seen')
  return html`<section class="block" aria-labelledby=${id}>
    <h2 id=${id}>${detectionName(name)}</h2>
    <ul class="sights">${sights.slice(0, most).map((sight, i) => {
      const first = sight.cues.find((cue) => cue.box)
      const point = {
        onPointerEnter: () => setLit(first?.id),
        onPointerLeave: () => setLit(undefined),
        onFocus: () => setLit(first?.id),
        onBlur: () => setLit(undefined),
      }
      const words = html`<span class="key of-${name}" aria-hidden="true"></span><span dir="auto">${nameOf(sight.cues[0])}</span>
        ${sight.cues.length > 1 && html`<span class="small muted numbers">× ${number(sight.cues.length)}</span>`}
        ${sight.confidence !== undefined && html`<span class="small muted numbers">${percent(sight.confidence)}</span>`}`
      return html`<li key=${i}>${first ? html`<button type="button" class="sight-row" ...${point} onClick=${() => setLit(first.id)}>${words}</button>` : html`<span class="sight-row">${words}</span>`}</li>`
    })}</ul>
    ${sights.length > most && html`<${Button} size="small" variant="quiet" onClick=${() => setMost(most + MORE)}>${t('asset.seen.more', { count: Math.min(MORE, sights.length - most) })}<//>`}
  </section>`
}
