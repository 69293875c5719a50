/** What is to be seen just now, as the film goes on. */

import { useEffect, useMemo, useRef, useState } from '../../vendor/preact.js'
import { Moments } from './model/seen.js'

/**
 * @import { Playback } from '../playback.js'
 * @import { Cue } from './model/seen.js'
 */

/**
 * The cues with a box that are there just now; none unless they are wanted.
 * @param {Playback} playback
 * @param {Cue[]} cues
 * @param {boolean} isWanted
 */
export function useBoxes(playback, cues, isWanted) {
  const boxed = useMemo(() => (isWanted ? cues.filter((cue) => cue.box) : []), [cues, isWanted])
  const [there, setThere] = useState(/** @type {Cue[]} */ ([]))
  useMoments(playback, boxed, setThere)
  return isWanted ? there : []
}

/**
 * Calls with the ids of the cues that are there, whenever these change; nothing is drawn anew for it.
 * @param {Playback} playback
 * @param {Cue[]} cues
 * @param {(there: Cue[]) => void} show
 */
export function useMoments(playback, cues, show) {
  const latest = useRef(show)
  latest.current = show
  useEffect(() => {
    const moments = new Moments(cues)
    let before = ''
    const look = (/** @type {number} */ time) => {
      const there = moments.at(time)
      const key = there.map((cue) => cue.id).join()
      if (key === before) return
      before = key
      latest.current(there)
    }
    look(playback.time)
    return playback.listen(look)
  }, [playback, cues])
}
