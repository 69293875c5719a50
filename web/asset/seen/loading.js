/** What was seen in a film or a picture, loaded from its tracks. */

import { useLoad } from '../../ui.js'
import { useMemo } from '../../vendor/preact.js'
import { cuesOf, DETECTIONS } from './model/seen.js'

/**
 * @import { Asset } from '../../types.d.ts'
 * @import { Source } from '../source.js'
 * @import { Cue } from './model/seen.js'
 * @typedef {ReturnType<typeof useSeen>} Seen
 */

/** @type {Cue[]} */
const NO_CUES = []
const NOTHING = { cues: NO_CUES, names: /** @type {string[]} */ ([]) }

/**
 * @param {Source} source
 * @param {Asset} asset
 */
export function useSeen(source, asset) {
  const status = asset.branches.vision?.status
  const isLookedAt = status === 'done' || status === 'open'
  const run = [source.key, asset.version, asset.status, status].join()
  const { data, error, isLoading, reload } = useLoad(
    async (signal) => (isLookedAt ? load(source, signal) : NOTHING),
    run,
  )
  const cues = data?.cues ?? NO_CUES
  const perDetection = useMemo(
    () =>
      DETECTIONS.map((name) => ({ name, cues: cues.filter((cue) => cue.detection === name) })).filter(
        (one) => one.cues.length > 0,
      ),
    [cues],
  )
  /** What was looked for and is nowhere: its track is there, and empty. */
  const unseen = useMemo(
    () => DETECTIONS.filter((name) => data?.names.includes(name) && !cues.some((cue) => cue.detection === name)),
    [data, cues],
  )
  /** Until it is known whether something unsuitable is seen, all may be. */
  const isTold = data !== undefined && !isLoading && (status === 'done' || data.names.includes('moderation'))
  const isUnknown = isLookedAt && !isTold && asset.ai_options?.done?.moderation === true
  return { cues, perDetection, unseen, isUnknown, error, reload }
}

/**
 * @param {Source} source
 * @param {AbortSignal} signal
 */
async function load(source, signal) {
  const { tracks } = await source.tracks(signal)
  const names = tracks.map(({ name }) => name).filter((name) => DETECTIONS.includes(name))
  return { names, cues: cuesOf(await Promise.all(names.map((name) => source.track(name, signal)))) }
}
