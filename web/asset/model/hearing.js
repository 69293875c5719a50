/** How a recording was heard, how it could be heard again, and when to propose it. Pure. */

/**
 * @import { AsHeardView, Asset, HearAgain, HearingView } from '../../types.d.ts'
 * @typedef {{language: string, speakers: string, channels: string, track: string, transcriber: string,
 *   lexicon: boolean}} Choice what stands in the fields of a form: '' where it is to be found out
 */

/**
 * The form to begin with: how it was heard.
 * @param {AsHeardView} heard
 * @param {string} [language] that it is to be heard in, if that is known
 * @returns {Choice}
 */
export function chosenBefore(heard, language) {
  return {
    language: language ?? heard.language ?? '',
    speakers: heard.speakers === undefined ? '' : String(heard.speakers),
    channels: heard.channels,
    track: heard.track === undefined ? '' : String(heard.track),
    transcriber: heard.transcriber,
    lexicon: heard.lexicon,
  }
}

/**
 * What the service is to be told: of what can be chosen all, since what is left out stays as it was.
 * @param {Choice} choice
 * @param {HearingView} hearing
 * @returns {HearAgain}
 */
export function wanted(choice, hearing) {
  const engine = hearing.transcribers.find(({ name }) => name === choice.transcriber)
  return {
    language: choice.language || null,
    speakers: choice.speakers ? Number(choice.speakers) : null,
    channels: choice.channels === 'separate' && engine?.hears_channels ? 'separate' : 'together',
    track: choice.track ? Number(choice.track) : null,
    transcriber: engine && !engine.is_usual ? engine.name : null,
    lexicon: choice.lexicon,
  }
}

/**
 * Whether a recording can be heard again.
 * @param {Asset} asset
 */
export const canHearAgain = (asset) =>
  ['completed', 'failed'].includes(asset.status) &&
  !asset.is_withheld &&
  ['video', 'audio'].includes(asset.kind ?? '') &&
  asset.sound_tracks.length > 0

/** @param {string | undefined} tag */
const bare = (tag) => tag?.split('-')[0].toLowerCase()

/**
 * Why to propose that a recording is heard again; null where there is no reason. `language` is one that it may be in:
 * that of the pages, where it was heard in another.
 * @param {Asset} asset
 * @param {string} pages the language of the pages
 * @returns {{reason: 'failed' | 'empty' | 'poor' | 'fair', language: string | null} | null}
 */
export function advice(asset, pages) {
  if (!canHearAgain(asset)) return null
  const language = asset.language && bare(asset.language) !== bare(pages) ? pages : null
  const speech = asset.branches.speech?.status
  if (speech === 'failed') return { reason: 'failed', language: null }
  if (speech !== 'done') return null
  if (asset.clarity === 'poor' || asset.clarity === 'fair') return { reason: asset.clarity, language }
  return asset.language === undefined && asset.clarity === undefined ? { reason: 'empty', language: null } : null
}

/**
 * Whether hearing it again came to no transcript, though one was wanted: the one before is read then.
 * @param {Asset} asset
 */
export function isInVain(asset) {
  const { status, error } = asset.branches.speech ?? {}
  const isTold = asset.again && ['completed', 'failed', 'rejected'].includes(asset.status) && !asset.is_withheld
  return Boolean(isTold) && status !== 'done' && error?.code !== 'no-transcript-wanted'
}
