/** A recording in the browser: how loud it is, what a device is called, what the file is called. Pure. */

/** Loudness in decibels (0: as loud as can be), below which there is nothing but the noise of a machine. */
const SILENT = -65
const QUIET = -45
const LOUD = -3
/** Loudness that a meter shows as nothing. */
const FLOOR = -70

/** How long what was heard counts, in seconds: between two words nobody is told that nothing arrives. */
const REMEMBERED = 4

/** @typedef {'waiting' | 'heard' | 'quiet' | 'silent' | 'loud'} Heard */

/**
 * How loud a stretch of sound is.
 * @param {ArrayLike<number>} samples each from -1 to 1
 * @returns {{decibels: number, peak: number}} the mean loudness, and the loudest sample, both in dB of the loudest there is
 */
export function loudness(samples) {
  let sum = 0
  let most = 0
  for (let i = 0; i < samples.length; i += 1) {
    sum += samples[i] ** 2
    most = Math.max(most, Math.abs(samples[i]))
  }
  const inDecibels = (/** @type {number} */ amplitude) => (amplitude > 0 ? 20 * Math.log10(amplitude) : -Infinity)
  return { decibels: inDecibels(Math.sqrt(sum / Math.max(1, samples.length))), peak: inDecibels(most) }
}

/**
 * What a meter shows of a loudness: 0 to 1.
 * @param {number} decibels
 */
export const shown = (decibels) => Math.min(1, Math.max(0, (decibels - FLOOR) / -FLOOR))

/** Tells from one measurement to the next what is to be said about the sound. */
export class Listener {
  /** @type {{at: number, decibels: number, peak: number}[]} */
  #latest = []
  #since = 0

  /**
   * @param {{decibels: number, peak: number}} loud
   * @param {number} at when, in seconds of any clock
   * @returns {Heard}
   */
  hear(loud, at) {
    this.#since ||= at
    this.#latest = [...this.#latest.filter((one) => one.at > at - REMEMBERED), { at, ...loud }]
    const most = Math.max(...this.#latest.map(({ decibels }) => decibels))
    const clipped = this.#latest.filter(({ peak }) => peak >= LOUD).length
    if (clipped > 2) return 'loud'
    if (most >= QUIET) return 'heard'
    if (at - this.#since < REMEMBERED) return 'waiting'
    return most >= SILENT ? 'quiet' : 'silent'
  }
}

/**
 * The devices of a kind, as one may choose among them: those without a name get a number.
 * @param {{kind: string, deviceId: string, label: string}[]} devices
 * @param {'audioinput' | 'videoinput'} kind
 * @param {(n: number) => string} numbered what the nth without a name is called
 * @returns {[id: string, name: string][]}
 */
export const choicesOf = (devices, kind, numbered) =>
  devices
    .filter((device) => device.kind === kind)
    // Windows and Chromium put the model's number behind a name: "Microphone (1234:5678)".
    .map(({ deviceId, label }, i) => [
      deviceId,
      label.replace(/\s*\([0-9a-f]{4}:[0-9a-f]{4}\)$/i, '') || numbered(i + 1),
    ])

/** @type {Record<string, string>} the endings of what browsers record */
const ENDINGS = {
  'audio/webm': 'webm',
  'video/webm': 'webm',
  'audio/mp4': 'm4a',
  'video/mp4': 'mp4',
  'audio/ogg': 'ogg',
  'video/x-matroska': 'mkv',
}

/**
 * What a recording's name ends in.
 * @param {string} type its content type, with or without codecs
 */
export const endingFor = (type) => ENDINGS[type.split(';')[0].trim().toLowerCase()] ?? 'webm'

/**
 * Why nothing can be recorded, in the words of `record.{…}`.
 * @param {unknown} error of getUserMedia
 * @param {boolean} withCamera
 */
export function whyNot(error, withCamera) {
  switch (/** @type {{name?: string} | undefined} */ (error)?.name) {
    case 'NotAllowedError':
    case 'SecurityError':
      return 'denied'
    case 'NotFoundError':
    case 'OverconstrainedError':
      return withCamera ? 'missing-film' : 'missing'
    case 'TypeError':
      return 'unable'
    default:
      return 'busy'
  }
}
