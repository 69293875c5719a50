/** Time zones that people find by a city, a country, a zone's name or its distance from UTC. Pure but for Intl. */

import { fold } from './folding.js'

/**
 * @typedef {{id: string, city: string, place: string, offset: string, minutes: number, folded: string}} Zone
 *   id: as IANA writes it, "Asia/Tokyo"; place: the country, or else the part of the world; offset: "UTC+9" now; folded:
 *   all that it is found by
 */

/** Those that are no places, which Intl does not list everywhere. */
const PLACELESS = ['UTC']

/**
 * "UTC+5:30" of 330 minutes.
 * @param {number} minutes east of UTC
 */
export function offsetText(minutes) {
  if (minutes === 0) return 'UTC'
  const [hours, rest] = [Math.floor(Math.abs(minutes) / 60), Math.abs(minutes) % 60]
  return `UTC${minutes < 0 ? '−' : '+'}${hours}${rest ? `:${String(rest).padStart(2, '0')}` : ''}`
}

/**
 * How far a zone is from UTC at a moment, in minutes east of it.
 * @param {string} id
 * @param {Date} at
 */
export function offsetOf(id, at) {
  const parts = new Intl.DateTimeFormat('en', { timeZone: id, timeZoneName: 'longOffset' }).formatToParts(at)
  const said = parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
  const [, sign, hours, minutes] = /([+-])(\d{2}):(\d{2})/.exec(said) ?? [null, '+', '0', '0']
  return (Number(hours) * 60 + Number(minutes)) * (sign === '-' ? -1 : 1)
}

/** @type {Map<string, Map<string, string>>} */
const countriesIn = new Map()

/**
 * The country of each zone, where Intl knows which zones a country has.
 * @param {string} locale
 * @returns {Map<string, string>}
 */
function countries(locale) {
  const known = countriesIn.get(locale)
  if (known) return known
  const names = new Intl.DisplayNames(locale, { type: 'region', fallback: 'none' })
  const found = new Map()
  const letters = [...'ABCDEFGHIJKLMNOPQRSTUVWXYZ']
  for (const region of letters.flatMap((one) => letters.map((other) => one + other))) {
    const name = names.of(region)
    if (!name) continue
    const place = /** @type {Intl.Locale & {getTimeZones?: () => string[], timeZones?: string[]}} */ (
      new Intl.Locale('und', { region })
    )
    for (const id of place.getTimeZones?.() ?? place.timeZones ?? []) if (!found.has(id)) found.set(id, name)
  }
  countriesIn.set(locale, found)
  return found
}

/** What cities are called now, where browsers still name a zone by an older name. @type {Record<string, string>} */
const RENAMED = {
  'Africa/Asmera': 'Asmara',
  'America/Godthab': 'Nuuk',
  'Asia/Calcutta': 'Kolkata',
  'Asia/Katmandu': 'Kathmandu',
  'Asia/Rangoon': 'Yangon',
  'Asia/Saigon': 'Ho Chi Minh City',
  'Europe/Kiev': 'Kyiv',
}

/** @param {string} id */
const cityOf = (id) => RENAMED[id] ?? (id.split('/').at(-1) ?? id).replaceAll('_', ' ')

/**
 * What a zone is called in a language: "Japan Time", "heure : New York".
 * @param {string} id
 * @param {string} locale
 * @param {Date} at
 */
function nameOf(id, locale, at) {
  const parts = new Intl.DateTimeFormat(locale, { timeZone: id, timeZoneName: 'shortGeneric' }).formatToParts(at)
  return parts.find(({ type }) => type === 'timeZoneName')?.value ?? ''
}

/**
 * All zones, from west to east.
 * @param {string} locale
 * @param {Date} at when the distances from UTC are told
 * @param {string[]} [more] ids that are to be among them
 * @param {string[]} [known] those that there are
 * @returns {Zone[]}
 */
export function zonesIn(locale, at, more = [], known = [...PLACELESS, ...Intl.supportedValuesOf('timeZone')]) {
  const isLatin = /^(en|fr)/.test(locale) // else cities are not found as they are written here
  const [places, inEnglish] = [locale, 'en'].map(countries)
  const ids = [...new Set([...more, ...known])].filter(isZone)
  return ids
    .map((id) => {
      const minutes = offsetOf(id, at)
      const isPlace = id.includes('/')
      const city = cityOf(id)
      const place = places.get(id) ?? (isPlace ? id.split('/')[0].replaceAll('_', ' ') : '')
      const offset = offsetText(minutes)
      const plain = offset.replace('−', '-')
      const words = [
        city,
        place,
        inEnglish.get(id) ?? '',
        id.replaceAll('_', ' '),
        isLatin ? '' : nameOf(id, locale, at),
        plain,
      ]
      return { id, city, place, offset, minutes, folded: fold(words.join(' ')) }
    })
    .sort((a, b) => a.minutes - b.minutes || a.city.localeCompare(b.city, locale))
}

/** @param {string} id */
export function isZone(id) {
  try {
    return Boolean(new Intl.DateTimeFormat('en', { timeZone: id }))
  } catch {
    return false
  }
}

/**
 * How a zone is written: "Tokyo, Japan (UTC+9)".
 * @param {Zone} zone
 */
export const zoneText = ({ city, place, offset }) =>
  [city === offset ? city : [city, place].filter(Boolean).join(', '), city === offset ? '' : `(${offset})`]
    .filter(Boolean)
    .join(' ')

/**
 * The zones in which every word of a text stands, those whose city begins with it first. "+9", "utc+9" and "gmt +9" mean
 * that distance and no longer one.
 * @param {Zone[]} zones
 * @param {string} text
 * @returns {Zone[]}
 */
export function zonesFor(zones, text) {
  const asked = /^\s*(?:utc|gmt)?\s*([+\-−–])\s*(\d{1,2})(?::?([0-5]\d))?\s*$/i.exec(text)
  if (asked) {
    const minutes = (Number(asked[2]) * 60 + Number(asked[3] ?? 0)) * (asked[1] === '+' ? 1 : -1)
    return zones.filter((zone) => zone.minutes === minutes)
  }
  const wanted = fold(text)
  const words = wanted.split(' ').filter(Boolean)
  const found = zones.filter(({ folded }) => words.every((word) => folded.includes(word)))
  /** @param {Zone} zone */
  const begins = ({ city }) => (wanted !== '' && fold(city).startsWith(wanted) ? 0 : 1)
  return found.sort((a, b) => begins(a) - begins(b)) // stable: else from west to east
}
