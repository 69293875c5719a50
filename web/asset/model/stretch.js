/** The playing of exactly some words, whatever the machine is busy with. Pure but for the time. */

/** @import { Stretch } from './quotes.js' */

/**
 * As much of a `Playback` as this needs.
 * @typedef {{media: {readyState: number, playbackRate: number, pause: () => void} | null,
 *   listen: (listener: (seconds: number) => void) => () => void, seek: (seconds: number) => void, play: () => void}} Played
 */

const EARLY = 0.02 // seconds before the end of the last word at which is stopped: the next frame may be late
const SLACK = 0.5 // seconds that playing differs at most from what the clock says, unless somebody goes elsewhere

/**
 * Plays some words, and stops at the end of the last. Whoever goes elsewhere meanwhile is left alone; how late the time
 * is told, on a busy machine or in a tab that is out of sight, makes no difference.
 * @param {Played} playback
 * @param {Stretch} stretch
 * @param {() => number} [now] milliseconds
 * @returns {() => void} lets go of it
 */
export function playStretch(playback, { start, end }, now = () => performance.now()) {
  /** The place that was told last, and when; null until the start is reached: other media may still be loading. */
  let last = /** @type {{time: number, at: number} | null} */ (null)
  const stop = playback.listen((time) => {
    const { media } = playback
    if (!media?.readyState || (!last && Math.abs(time - start) > SLACK)) return
    last ??= { time, at: now() }
    const reached = last.time + ((now() - last.at) / 1000) * media.playbackRate
    if (time < last.time - SLACK || time > reached + SLACK) stop()
    else if (time >= end - EARLY) {
      stop()
      media.pause()
      if (time > end) playback.seek(end)
    }
    last = { time, at: now() }
  })
  playback.seek(start)
  playback.play()
  return stop
}
