/** Boxes over a picture: drawn, never written into it. */

import { html } from '../../vendor/preact.js'
import { nameOf } from './names.js'

/** @import { Cue } from './model/seen.js' */

/** On the longer side of the drawing; letters and corners are measured by it. */
const SIDE = 1000

/**
 * The drawing lies over a picture of this shape, and is fitted into its place as the picture is (`object-fit: contain`).
 * @param {{cues: Cue[], width?: number, height?: number, lit?: number, onPick?: (cue: Cue) => void}} props
 *   `lit`: the id of the cue that is pointed at
 */
export function Boxes({ cues, width = 16, height = 9, lit }) {
  const scale = SIDE / Math.max(width, height)
  const [across, down] = [width * scale, height * scale]
  return html`<svg class="boxes" viewBox="0 0 ${across} ${down}" preserveAspectRatio="xMidYMid meet" aria-hidden="true">
    ${cues.map(({ box, id, ...cue }) => {
      if (!box) return null
      const [x, y] = [box.left * across, box.top * down]
      const below = y < 34
      return html`<g key=${id} class="box of-${cue.detection} ${lit === id ? 'lit' : ''}">
        <rect x=${x} y=${y} width=${box.width * across} height=${box.height * down} rx="4" />
        ${cue.detection !== 'screentext' && html`<text x=${x + 2} y=${below ? y + box.height * down + 26 : y - 8}>${short(nameOf(cue))}</text>`}
      </g>`
    })}
  </svg>`
}

/** @param {string} text */
const short = (text) => ([...text].length > 40 ? `${[...text].slice(0, 39).join('')}…` : text)
