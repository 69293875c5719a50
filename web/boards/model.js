/** What is done with the entries of a board. Pure. */

/**
 * @typedef {{id: string, asset?: string, mark?: string, note?: string}} Stored
 */

/**
 * The entries with the one at `from` in the place `to`.
 * @template Entry
 * @param {Entry[]} entries
 * @param {number} from
 * @param {number} to
 * @returns {Entry[]} the same list where nothing moves
 */
export function moved(entries, from, to) {
  const place = Math.min(Math.max(to, 0), entries.length - 1)
  const one = entries[from]
  if (one === undefined || place === from) return entries
  const others = entries.filter((_, at) => at !== from)
  return [...others.slice(0, place), one, ...others.slice(place)]
}

/**
 * In which place something comes that is dropped at `y`: after all whose middle lies above, itself left out.
 * @param {{top: number, bottom: number}[]} boxes of the entries, in order
 * @param {number} from the place of what is dropped
 * @param {number} y
 */
export const placeAt = (boxes, from, y) =>
  boxes.filter(({ top, bottom }, at) => at !== from && (top + bottom) / 2 < y).length

/**
 * The entries with another note at one of them; null: with none.
 * @template {Stored} Entry
 * @param {Entry[]} entries
 * @param {number} at
 * @param {string | null} note
 * @returns {Entry[]}
 */
export function noted(entries, at, note) {
  return entries.map((one, place) => {
    if (place !== at) return one
    const { note: _, ...rest } = one
    return /** @type {Entry} */ (note ? { ...rest, note } : rest)
  })
}

/**
 * The entries as the API takes them.
 * @param {Stored[]} entries
 * @returns {Stored[]}
 */
export const asStored = (entries) => entries.map(({ id, asset, mark, note }) => ({ id, asset, mark, note }))

/**
 * Of the renditions of a recording that which is played: a film, the first there is, or else sound.
 * @param {string[]} renditions names of presets
 * @param {{name: string, kind: string}[]} presets
 * @returns {string | undefined}
 */
export function playedOf(renditions, presets) {
  const kinds = new Map(presets.map(({ name, kind }) => [name, kind]))
  const of = (/** @type {string} */ kind) => renditions.find((name) => kinds.get(name) === kind)
  return of('video') ?? of('audio')
}
