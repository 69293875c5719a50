/** What detections and what they find are called. */

import { hasText, t } from '../../i18n.js'

/** @import { Cue } from './model/seen.js' */

/** @param {string} detection */
export const detectionName = (detection) => t(`seen.${detection}`)

/**
 * What was seen, in words: engines name shots, marks and faces in English.
 * @param {Pick<Cue, 'detection' | 'text' | 'label'>} cue
 */
export function nameOf({ detection, text }) {
  if (detection === 'faces') return t('asset.seen.face')
  const key = `asset.seen.mark.${text}`
  return detection === 'segments' && hasText(key) ? t(key) : text
}
