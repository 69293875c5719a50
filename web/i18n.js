/**
 * Texts, plural forms, dates and numbers in the chosen language.
 *
 * A catalogue is a flat JSON object: key → text with {names}, or key → {one, other, …} by Intl.PluralRules of `count`.
 */

import { remember, remembered } from './remembering.js'

/**
 * @typedef {keyof typeof LANGUAGES} Language
 * @typedef {string | Record<string, string>} Entry a text, or one for each plural form
 * @typedef {Record<string, string | number | null | undefined>} Params what stands for the {names} in a text
 */

/** The languages of the pages, with their names in themselves. */
export const LANGUAGES = { en: 'English', fr: 'Français', ko: '한국어', ja: '日本語', zh: '简体中文' }

const NAME = 'language' // as what it is remembered
/** What a tag stands for in `lang` attributes and for Intl. */
const LOCALES = { en: 'en', fr: 'fr', ko: 'ko', ja: 'ja', zh: 'zh-Hans' }

/** Spaces at which French breaks no line: inside quotation marks, and before signs that stand apart. */
const FRENCH_SPACES = /(?<=«) | (?=[»:;?!])/g

const catalogues = new Set(['']) // name prefixes: '' is {lang}.json, 'asset-' is asset-{lang}.json
/** @type {Record<string, Entry>} */
let texts = {}
/** @type {Language} */
let current = 'en'
let turns = 0 // how often a language was asked for: the last one counts, whichever comes first

export const language = () => current

/** @returns {string} the BCP 47 tag for Intl */
export const locale = () => LOCALES[current]

/**
 * Whether the pages speak it.
 * @param {string | null} tag
 * @returns {tag is Language}
 */
export const isLanguage = (tag) => tag !== null && Object.hasOwn(LANGUAGES, tag)

function chosenLanguage() {
  const tag = remembered(NAME, null)
  return isLanguage(tag) ? tag : null
}

/** @returns {boolean} whether somebody chose a language in this browser */
export const isLanguageChosen = () => chosenLanguage() !== null

/** @returns {Language} the language that was chosen here, or else the first of the browser's that there is */
export function preferredLanguage() {
  const wanted = navigator.languages.map((tag) => tag.slice(0, 2).toLowerCase())
  return chosenLanguage() ?? wanted.find(isLanguage) ?? 'en'
}

/**
 * Switches to a language: loads its catalogues first, so that no text is missing in between.
 * @param {Language} tag
 * @param {boolean} isChosen whether to remember it: somebody asked for it
 */
export async function setLanguage(tag, isChosen = false) {
  const turn = ++turns
  /** @type {Map<string, Record<string, Entry>>} */
  const loaded = new Map()
  const missing = () => [...catalogues].filter((name) => !loaded.has(name)) // others are added meanwhile
  while (missing().length > 0) {
    await Promise.all(missing().map(async (name) => loaded.set(name, await load(name, tag))))
  }
  if (turn !== turns) return
  texts = Object.assign({}, ...loaded.values())
  current = tag
  document.documentElement.lang = locale()
  if (isChosen) remember(NAME, tag)
  window.dispatchEvent(new Event('language'))
}

/**
 * Adds the texts of i18n/{name}-{language}.json, now and for every language chosen later.
 * @param {string} name
 */
export async function addCatalogue(name) {
  const prefix = `${name}-`
  if (catalogues.has(prefix)) return
  for (let tag; tag !== current; ) {
    tag = current
    const more = await load(prefix, tag)
    if (tag !== current) continue // another language was chosen meanwhile
    catalogues.add(prefix)
    texts = { ...texts, ...more }
  }
}

/**
 * @param {string} prefix
 * @param {Language} tag
 * @returns {Promise<Record<string, Entry>>}
 */
async function load(prefix, tag) {
  const answer = await fetch(new URL(`i18n/${prefix}${tag}.json`, import.meta.url))
  if (!answer.ok) throw new Error(`i18n/${prefix}${tag}.json: ${answer.status}`)
  const texts = await answer.text()
  return JSON.parse(tag === 'fr' ? texts.replace(FRENCH_SPACES, '\u00a0') : texts)
}

/**
 * Whether there is a text under this key.
 * @param {string} key
 */
export const hasText = (key) => key in texts

/**
 * The text of a key, with the {names} in it filled in. Numbers are written in the language's way.
 * @param {string} key
 * @param {Params} [params] `count` chooses the plural form
 */
export function t(key, params = {}) {
  const entry = texts[key]
  if (entry === undefined) return key
  const text = typeof entry === 'string' ? entry : (entry[pluralForm(params.count)] ?? entry.other ?? key)
  return text.replace(/\{(\w+)\}/g, (whole, name) => (name in params ? written(params[name]) : whole))
}

/** @param {string | number | null} [count] */
const pluralForm = (count) => new Intl.PluralRules(locale()).select(Number(count ?? 0))
/** @param {string | number | null | undefined} value */
const written = (value) => (typeof value === 'number' ? number(value) : String(value))

/**
 * A number, with Intl.NumberFormat's options.
 * @param {number} value
 * @param {Intl.NumberFormatOptions} [options]
 */
export const number = (value, options) => new Intl.NumberFormat(locale(), options).format(value)

/**
 * A share from 0 to 1 as a percentage.
 * @param {number} share
 */
export const percent = (share) => number(share, { style: 'percent', maximumFractionDigits: 0 })

/**
 * The same, never rounded up: what is nearly all is not all.
 * @param {number} share
 */
export const floorPercent = (share) => percent(Math.floor(share * 100 + 1e-9) / 100)

/**
 * US dollars; small sums keep up to four decimals, since a minute of speech costs fractions of a cent.
 * @param {number} usd
 */
export const money = (usd) =>
  number(usd, { style: 'currency', currency: 'USD', maximumFractionDigits: usd !== 0 && Math.abs(usd) < 0.1 ? 4 : 2 })

/**
 * A size in bytes, as people know it: in kilobytes at least, in the largest unit that leaves a number of at least 1.
 * @param {number} size
 */
export function bytes(size) {
  const units = ['kilobyte', 'megabyte', 'gigabyte', 'terabyte']
  const power = size < 1 ? 1 : Math.min(units.length, Math.max(1, Math.floor(Math.log10(size) / 3)))
  const value = size / 1000 ** power
  // A file that holds something is never said to be of nothing.
  const shown = size > 0 ? Math.max(0.1, value) : 0
  const digits = power > 1 || value < 1 ? 1 : 0
  return number(shown, { style: 'unit', unit: units[power - 1], maximumFractionDigits: digits })
}

/**
 * Seconds in words, for example "1 hr 5 min"; under a minute in seconds.
 * @param {number} seconds
 */
export function duration(seconds) {
  const unit = (/** @type {number} */ value, /** @type {string} */ name) =>
    number(value, { style: 'unit', unit: name, unitDisplay: 'short' })
  if (seconds < 60) return unit(Math.round(seconds), 'second')
  const minutes = Math.round(seconds / 60)
  const [h, m] = [Math.floor(minutes / 60), minutes % 60]
  return [h && unit(h, 'hour'), m && unit(m, 'minute')].filter(Boolean).join(' ')
}

/**
 * A day, from seconds since 1970.
 * @param {number} epoch
 */
export const date = (epoch) => new Intl.DateTimeFormat(locale(), { dateStyle: 'medium' }).format(epoch * 1000)

/**
 * A day and a time, from seconds since 1970.
 * @param {number} epoch
 */
export const dateTime = (epoch) =>
  new Intl.DateTimeFormat(locale(), { dateStyle: 'medium', timeStyle: 'short' }).format(epoch * 1000)

/**
 * A month from "2026-11".
 * @param {string} text
 * @param {Intl.DateTimeFormatOptions} [options]
 */
export const month = (text, options = { month: 'long', year: 'numeric' }) =>
  new Intl.DateTimeFormat(locale(), { ...options, timeZone: 'UTC' }).format(new Date(`${text}-01T00:00:00Z`))

/**
 * The name of a language such as "fr-FR", in the language of the pages.
 * @param {string} tag
 */
export function languageName(tag) {
  const name = new Intl.DisplayNames(locale(), { type: 'language', languageDisplay: 'standard' }).of(tag) ?? tag
  return name.charAt(0).toLocaleUpperCase(locale()) + name.slice(1)
}
