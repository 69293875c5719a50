/** Where the asset page gets its data: from the owner's routes, or from those of a link that was shared. */

import { ApiError, api, query } from '../api.js'

/**
 * @import { Again, CaptionFile, CaptionsTaken, Changes, ClipWanted, HearAgain, HowToHear, MarkChanges, MarkWanted, Part,
 *   ShareChanges, ShareWanted, TranscriptCorrection, TranslationWanted, VoiceWanted } from '../types.d.ts'
 * @typedef {ReturnType<typeof ownSource>} OwnSource
 * @typedef {ReturnType<typeof readingSource>} ReadingSource
 * @typedef {ReturnType<typeof sharedSource>} SharedSource
 * @typedef {ReturnType<typeof versionSource>} VersionSource
 * @typedef {OwnSource | ReadingSource | SharedSource | VersionSource} Source
 * @typedef {AbortSignal | undefined} Signal
 */

/**
 * Everything an owner may read and do. All methods reject with ApiError.
 * @param {string} id
 */
export function ownSource(id) {
  /** @type {`/assets/${string}`} */
  const path = `/assets/${encodeURIComponent(id)}`
  return {
    key: id,
    isOwn: /** @type {const} */ (true),
    asset: (/** @type {Signal} */ signal = undefined) => api.get(path, { signal }),
    lines: (/** @type {number | undefined} */ edition = undefined, /** @type {Signal} */ signal = undefined) =>
      api.get(`${path}/lines${query({ edition })}`, { signal }),
    analysis: (/** @type {Signal} */ signal) => api.get(`${path}/analysis`, { signal }),
    tracks: (/** @type {Signal} */ signal) => api.get(`${path}/tracks`, { signal }),
    track: (/** @type {string} */ name, /** @type {Signal} */ signal) =>
      api.get(`${path}/tracks/${encodeURIComponent(name)}`, { signal }),
    media: (/** @type {string} */ preset) => api.get(`${path}/media/${encodeURIComponent(preset)}`),
    original: () => api.get(`${path}/original`),
    transcript: (
      /** @type {string} */ format,
      /** @type {number | undefined} */ edition = undefined,
      /** @type {true | undefined} */ confirmed = undefined,
    ) => api.blob(`${path}/transcript.${format}${query({ edition, confirmed: confirmed && 'true' })}`),
    editions: (/** @type {Signal} */ signal) => api.get(`${path}/editions`, { signal }),
    previewCaptions: (/** @type {CaptionFile} */ file) => api.post(`${path}/captions/preview`, file),
    takeInCaptions: (/** @type {CaptionsTaken} */ file) => api.post(`${path}/captions`, file),
    translations: (/** @type {Signal} */ signal = undefined) => api.get(`${path}/translations`, { signal }),
    translate: (/** @type {TranslationWanted} */ wanted) => api.post(`${path}/translations`, wanted),
    translation: (/** @type {string} */ language, /** @type {'vtt' | 'srt' | 'txt'} */ format) =>
      api.blob(`${path}/translations/${encodeURIComponent(language)}${query({ format })}`),
    nameEdition: (/** @type {number} */ edition, /** @type {string} */ name) =>
      api.patch(`${path}/editions/${edition}`, { name }),
    save: (/** @type {TranscriptCorrection} */ correction) => api.put(`${path}/transcript`, correction),
    left: () => api.post(`${path}/transcript/left`, {}, { keepalive: true }),
    change: (/** @type {Changes} */ changes) => api.patch(path, changes),
    remove: () => api.delete(path),
    retry: (/** @type {Again} */ wanted) => api.post(`${path}/retry`, wanted),
    hearing: (/** @type {Signal} */ signal) => api.get(`${path}/hear`, { signal }),
    hear: (/** @type {HearAgain} */ wanted) => api.post(`${path}/hear`, wanted),
    hearingCost: (/** @type {HowToHear} */ wanted, /** @type {Signal} */ signal) =>
      api.post(`${path}/hear/estimate`, wanted, { signal }),
    versions: (/** @type {Signal} */ signal) => api.get(`${path}/versions`, { signal }),
    use: (/** @type {number} */ version) => api.post(`${path}/versions/${version}/use`),
    carried: (/** @type {number} */ version, /** @type {Signal} */ signal) =>
      api.get(`${path}/versions/${version}/carried`, { signal }),
    cancel: () => api.post(`${path}/cancel`),
    voices: (/** @type {Signal} */ signal) => api.get(`${path}/voices`, { signal }),
    remember: (/** @type {VoiceWanted} */ voice) => api.post(`${path}/voices`, voice),
    files: (/** @type {Signal} */ signal) => api.get(`${path}/files`, { signal }),
    marks: (/** @type {Signal} */ signal) => api.get(`${path}/marks`, { signal }),
    makeMark: (/** @type {MarkWanted} */ wanted) => api.post(`${path}/marks`, wanted),
    changeMark: (/** @type {string} */ mark, /** @type {MarkChanges} */ changes) =>
      api.patch(`${path}/marks/${encodeURIComponent(mark)}`, changes),
    deleteMark: (/** @type {string} */ mark) => api.delete(`${path}/marks/${encodeURIComponent(mark)}`),
    makeClip: (/** @type {string} */ mark, /** @type {ClipWanted} */ wanted) =>
      api.post(`${path}/marks/${encodeURIComponent(mark)}/clips`, wanted),
    clip: (/** @type {string} */ mark, /** @type {string} */ format) =>
      api.get(`${path}/marks/${encodeURIComponent(mark)}/clips/${encodeURIComponent(format)}`),
    shares: (/** @type {Signal} */ signal) => api.get(`${path}/shares`, { signal }),
    share: (/** @type {ShareWanted} */ wanted) => api.post(`${path}/shares`, wanted),
    reshare: (/** @type {string} */ share, /** @type {ShareChanges} */ changes) =>
      api.patch(`${path}/shares/${encodeURIComponent(share)}`, changes),
    unshare: (/** @type {string} */ share) => api.delete(`${path}/shares/${encodeURIComponent(share)}`),
  }
}

/** The same for people with whom it is shared to be read: nothing is corrected. @param {OwnSource} source */
export const readingSource = (source) => ({ ...source, isOwn: /** @type {const} */ (false) })

/**
 * What an owner may read of an earlier version. Nothing of it can be changed, so it is no source of one's own.
 * @param {string} id
 * @param {number} version
 */
export function versionSource(id, version) {
  /** @type {`/assets/${string}`} */
  const path = `/assets/${encodeURIComponent(id)}`
  return {
    key: `${id} version ${version}`,
    isOwn: /** @type {const} */ (false),
    asset: (/** @type {Signal} */ signal = undefined) => api.get(`${path}${query({ version })}`, { signal }),
    lines: (/** @type {number | undefined} */ edition = undefined, /** @type {Signal} */ signal = undefined) =>
      api.get(`${path}/lines${query({ version, edition })}`, { signal }),
    analysis: (/** @type {Signal} */ signal) => api.get(`${path}/analysis${query({ version })}`, { signal }),
    tracks: (/** @type {Signal} */ signal) => api.get(`${path}/tracks${query({ version })}`, { signal }),
    track: (/** @type {string} */ name, /** @type {Signal} */ signal) =>
      api.get(`${path}/tracks/${encodeURIComponent(name)}${query({ version })}`, { signal }),
    media: (/** @type {string} */ preset) =>
      api.get(`${path}/media/${encodeURIComponent(preset)}${query({ version })}`),
    transcript: (/** @type {string} */ format, /** @type {number | undefined} */ edition = undefined) =>
      api.blob(`${path}/transcript.${format}${query({ version, edition })}`),
  }
}

/**
 * What anybody with the link may read. Who has given its password is known by a proof, which this closure keeps and
 * nothing else does: it goes with the page.
 * @param {string} token
 */
export function sharedSource(token) {
  /** @type {`/shared/${string}`} */
  const path = `/shared/${encodeURIComponent(token)}`
  /** @type {string | undefined} */
  let proof
  const open = (/** @type {Signal} */ signal = undefined) => ({ open: true, proof, signal })
  const told = {
    /** @type {Part[]} what the link shows, once that is known */
    shows: [],
    /** Called when the link asks for its password: at first, when the proof has ended, or the password is another. */
    onLocked: () => {},
  }
  /**
   * @template Answer
   * @param {Promise<Answer>} asked
   */
  const answered = async (asked) => {
    try {
      return await asked
    } catch (error) {
      if (error instanceof ApiError && error.code === 'password') {
        proof = undefined
        told.onLocked()
      }
      throw error
    }
  }
  const shared = async (/** @type {Signal} */ signal = undefined) => {
    const found = await answered(api.get(path, open(signal)))
    told.shows = found.shows
    return found
  }
  return Object.assign(told, {
    key: token,
    isOwn: /** @type {const} */ (false),
    shared,
    prove: async (/** @type {string} */ password) => {
      proof = (await api.post(`${path}/proof`, { password }, open())).proof
    },
    asset: async (/** @type {Signal} */ signal = undefined) => (await shared(signal)).asset,
    lines: (/** @type {number | undefined} */ _edition = undefined, /** @type {Signal} */ signal = undefined) =>
      answered(api.get(`${path}/lines`, open(signal))),
    analysis: (/** @type {Signal} */ signal) => answered(api.get(`${path}/analysis`, open(signal))),
    tracks: (/** @type {Signal} */ signal) => answered(api.get(`${path}/tracks`, open(signal))),
    track: (/** @type {string} */ name, /** @type {Signal} */ signal) =>
      answered(api.get(`${path}/tracks/${encodeURIComponent(name)}`, open(signal))),
    media: (/** @type {string} */ preset) => answered(api.get(`${path}/media/${encodeURIComponent(preset)}`, open())),
    transcript: (/** @type {string} */ format) => answered(api.blob(`${path}/transcript.${format}`, open())),
    files: (/** @type {Signal} */ signal) => answered(api.get(`${path}/files`, open(signal))),
  })
}

/**
 * Whether a source gives out this part of a recording: a link may show less than there is.
 * @param {Source} source
 * @param {Part} part
 */
export const shows = (source, part) => !('shows' in source) || source.shows.includes(part)
