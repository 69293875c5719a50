/** The small picture of a recording: it moves when somebody points at it, and is covered where it is unsuitable. */

import { ApiError, api } from '../api.js'
import { t } from '../i18n.js'
import { Icon, kindIcon, titleOf } from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'

/** @import { AssetView } from '../types.d.ts' */

/**
 * The preview moves, so only its first frame is shown until somebody points at the card, and for good without motion.
 * @param {{asset: AssetView, href: string}} props
 */
export function Preview({ asset, href }) {
  const [isDrawn, setDrawn] = useState(false)
  const [isMoving, setMoving] = useState(false)
  const frame = useRef(/** @type {HTMLCanvasElement | null} */ (null))
  const isCovered = useUnsuitable(asset)
  const address = useRef(asset.preview) // each answer of the API has another one for the same picture
  address.current ??= asset.preview
  const mayMove = !matchMedia('(prefers-reduced-motion: reduce)').matches
  const draw = (/** @type {{target: HTMLImageElement}} */ { target }) => {
    if (!frame.current) return // the card has gone while its picture came
    frame.current.width = target.naturalWidth
    frame.current.height = target.naturalHeight
    frame.current.getContext('2d')?.drawImage(target, 0, 0)
    setDrawn(true)
  }
  // The title below is the same link: this one would only be heard and tabbed to twice.
  return html`<a class="preview ${asset.kind ?? ''} ${isCovered ? 'covered' : ''}" href=${href} tabindex="-1" aria-hidden="true"
      onPointerEnter=${() => setMoving(isDrawn && mayMove && !isCovered)} onPointerLeave=${() => setMoving(false)}>
    ${!isDrawn && html`<span class="preview-still"><${Icon} name=${kindIcon(asset.kind)} size="36" /></span>`}
    <canvas ref=${frame} hidden=${!isDrawn}></canvas>
    ${address.current && html`<img class=${isMoving ? 'moving' : ''} src=${address.current} loading="lazy" alt=${t('library.preview', { title: titleOf(asset) })} onLoad=${draw} />`}
  </a>`
}

/** Whether a preview shows something unsuitable, by asset and version. @type {Map<string, Promise<boolean>>} */
const unsuitable = new Map()

/**
 * Whether the preview of an asset stays covered: something unsuitable was found in it, or nobody knows yet.
 * @param {AssetView} asset
 */
function useUnsuitable(asset) {
  const mayBe = Boolean(asset.preview) && asset.ai_options.done?.moderation === true
  const key = `${asset.id} ${asset.version} ${asset.branches.vision?.status}`
  const [isCovered, setCovered] = useState(mayBe)
  useEffect(() => {
    setCovered(mayBe)
    if (!mayBe) return undefined
    let hasGone = false
    const asked = unsuitable.get(key) ?? askUnsuitable(asset)
    unsuitable.set(key, asked)
    asked.then((is) => hasGone || setCovered(is))
    return () => {
      hasGone = true
    }
  }, [key, mayBe])
  return isCovered
}

/** @param {AssetView} asset */
async function askUnsuitable(asset) {
  if (asset.branches.vision?.status !== 'done') return true
  try {
    return (await api.get(`/assets/${asset.id}/tracks/moderation`)).passages.length > 0
  } catch (error) {
    return !(error instanceof ApiError && error.status === 404) // where nothing could be looked for, nothing is known to be
  }
}
