/** What of an asset can be played. */

import { api } from '../api.js'
import { renditionName } from '../ui.js'

/** @import { Asset } from '../types.d.ts' */

/**
 * What can be played of `asset`: [preset, title, whether it has a picture]; the largest picture first.
 * @param {Asset} asset
 */
export function playable(asset) {
  const presets = new Map(api.config.presets.map((preset) => [preset.name, preset]))
  return asset.renditions
    .map((rendition) => {
      const preset = presets.get(rendition.preset)
      const kind = preset?.kind ?? (rendition.width ? 'video' : 'audio')
      return { ...rendition, kind, title: renditionName(rendition.preset) }
    })
    .filter((rendition) => rendition.kind !== 'image')
    .sort((a, b) => (b.height ?? 0) - (a.height ?? 0))
}
