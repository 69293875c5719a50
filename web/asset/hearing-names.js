/** What hears, and what is heard, as people know it. */

import { hasText, languageName, t } from '../i18n.js'

/** @import { SoundTrackView } from '../types.d.ts' */

/**
 * What hears, as people know it.
 * @param {string} name
 */
export const engineName = (name) => (hasText(`asset.engine.${name}`) ? t(`asset.engine.${name}`) : name)

/**
 * A track of sound as a person may know it: "Track 2 · French · Director".
 * @param {SoundTrackView} track
 */
export function trackName({ number, language, title }) {
  return [t('asset.track.number', { number }), language && languageName(language), title].filter(Boolean).join(' · ')
}
