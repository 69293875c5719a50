/** What hides a picture that may be unsuitable, until somebody asks to see it. */

import { t } from '../../i18n.js'
import { Button } from '../../ui.js'
import { html, useEffect, useMemo, useState } from '../../vendor/preact.js'
import { coveredOf, stretchAt } from './model/seen.js'

/**
 * @import { Playback } from '../playback.js'
 * @import { Seen } from './loading.js'
 * @import { Stretch } from './model/seen.js'
 * @typedef {{stretches: Stretch[], shown: Set<number>, at: number, isUnknown: boolean, show: () => void}} Covering
 */

/**
 * What of a film is covered: `at` is the stretch that hides the picture just now, -1 if none does.
 * @param {Seen} seen
 * @param {Playback} playback
 * @returns {Covering}
 */
export function useCovering(seen, playback) {
  const stretches = useMemo(() => coveredOf(seen.cues), [seen.cues])
  const [shown, setShown] = useState(/** @type {Set<number>} */ (new Set()))
  const [at, setAt] = useState(-1)
  const [isUnheeded, setUnheeded] = useState(false)
  useEffect(() => setShown(new Set()), [stretches])
  useEffect(() => {
    const look = (/** @type {number} */ time) => {
      const found = stretchAt(stretches, time)
      setAt(found >= 0 && !shown.has(found) ? found : -1)
    }
    look(playback.time)
    return playback.listen(look)
  }, [stretches, shown, playback])
  const isUnknown = seen.isUnknown && !isUnheeded
  const show = () => {
    if (at >= 0) setShown(new Set([...shown, at]))
    else setUnheeded(true) // before it is known whether it may be unsuitable
  }
  return { stretches, shown, at, isUnknown, show }
}

/**
 * The words over a covered picture, and the button that shows it.
 * @param {{names: string[], onShow?: () => void}} props
 */
export const Cover = ({ names, onShow }) => html`<div class="cover">
  <p>${t('asset.seen.covered')}${names.length > 0 && html` <strong dir="auto">${names.slice(0, 4).join(', ')}</strong>`}</p>
  ${onShow && html`<${Button} size="small" onClick=${onShow}>${t('asset.seen.show')}<//>`}
</div>`
