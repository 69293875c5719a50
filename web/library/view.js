/** What the library shows, as its address says it: which recordings, in what order. Pure. */

/**
 * Empty: it does not matter. `from` and `to` are days ("2026-11-29"), both included.
 * @typedef {{folder: string, sort: string, status: string, kind: string, tag: string, language: string, text: string,
 *   from: string, to: string}} View
 * @typedef {keyof View} Part
 */

export const SORTS = ['newest', 'oldest', 'title', 'longest', 'changed']
export const STATUSES = [
  'completed',
  'processing',
  'queued',
  'awaiting-upload',
  'held',
  'failed',
  'rejected',
  'expired',
]
export const KINDS = ['video', 'audio', 'image', 'document']
export const NO_FOLDER = 'none'

/** @type {View} */
export const EVERYTHING = {
  folder: '',
  sort: 'newest',
  status: '',
  kind: '',
  tag: '',
  language: '',
  text: '',
  from: '',
  to: '',
}

const PARTS = /** @type {Part[]} */ (Object.keys(EVERYTHING))
/** Those that choose among the recordings of a folder. @type {Part[]} */
export const CHOOSING = ['status', 'kind', 'tag', 'language', 'text', 'from', 'to']

/** Whether a day is one of the calendar's. @param {string} day */
export const isDay = (day) => /^\d{4}-\d\d-\d\d$/.test(day) && !Number.isNaN(Date.parse(`${day}T00:00:00Z`))

/** @type {Partial<Record<Part, (value: string) => boolean>>} */
const CHECKS = {
  folder: (value) => value === NO_FOLDER || /^[0-9a-f]{16}$/.test(value),
  sort: (value) => SORTS.includes(value),
  status: (value) => STATUSES.includes(value),
  kind: (value) => KINDS.includes(value),
  language: (value) => /^[A-Za-z]{2,3}(-[A-Za-z0-9]{2,8})*$/.test(value),
  from: isDay,
  to: isDay,
}

/**
 * What an address asks for. What nobody can mean is left out.
 * @param {URLSearchParams} query
 * @returns {View}
 */
export function viewOf(query) {
  const view = { ...EVERYTHING }
  for (const part of PARTS) {
    const value = query.get(part)?.trim().slice(0, 100)
    if (value && (CHECKS[part]?.(value) ?? true)) view[part] = value
  }
  return view
}

/** The address of a view. @param {View} view */
export function addressOf(view) {
  const query = new URLSearchParams()
  for (const part of PARTS) if (view[part] && view[part] !== EVERYTHING[part]) query.set(part, view[part])
  return query.size ? `#/?${query}` : '#/'
}

/** Whether it shows less than all that is in its folder. @param {View} view */
export const isChosen = (view) => CHOOSING.some((part) => view[part] !== '')

/**
 * Midnight at the beginning of a day here, in seconds since 1970; `more` days later.
 * @param {string} day
 * @param {number} [more]
 */
export function midnight(day, more = 0) {
  const [year, month, date] = day.split('-').map(Number)
  return new Date(year, month - 1, date + more).getTime() / 1000
}

/** What the API is asked for a view, but for the order. @param {View} view */
export const asked = ({ folder, status, kind, tag, language, text, from, to }) => ({
  folder,
  status,
  kind,
  tag,
  language,
  text,
  since: from && Math.max(0, midnight(from)),
  before: to && Math.max(0, midnight(to, 1)),
})

/**
 * A view as it is saved under a name.
 * @param {View} view
 * @param {string} name
 */
export const toSave = ({ from, to, ...view }, name) => {
  const all = { ...view, first_day: from, last_day: to }
  return { name, ...Object.fromEntries(Object.entries(all).filter(([, value]) => value)) }
}

/**
 * The view that was saved.
 * @param {Partial<Record<string, unknown>>} saved
 * @returns {View}
 */
export function viewOfSaved(saved) {
  const query = new URLSearchParams()
  for (const part of PARTS) if (typeof saved[part] === 'string') query.set(part, /** @type {string} */ (saved[part]))
  if (typeof saved.first_day === 'string') query.set('from', saved.first_day)
  if (typeof saved.last_day === 'string') query.set('to', saved.last_day)
  return viewOf(query)
}

/** Whether two show the same. @param {View} one @param {View} other */
export const isSame = (one, other) => PARTS.every((part) => one[part] === other[part])
