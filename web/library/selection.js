/** Which recordings are selected. Pure. */

/**
 * `anchor` is the one that was last selected or left out by itself: a range goes from there.
 * @typedef {{ids: ReadonlySet<string>, anchor: string | null}} Selection
 */

/** @type {Selection} */
export const NOTHING = { ids: new Set(), anchor: null }

/**
 * With one more, or one less.
 * @param {Selection} selection
 * @param {string} id
 * @returns {Selection}
 */
export function toggled(selection, id) {
  const ids = new Set(selection.ids)
  if (!ids.delete(id)) ids.add(id)
  return { ids, anchor: id }
}

/**
 * With all from the anchor to `id`, as they are shown; with `id` alone where there is no anchor among them.
 * @param {Selection} selection
 * @param {string} id
 * @param {string[]} shown
 * @returns {Selection}
 */
export function upTo(selection, id, shown) {
  const [from, to] = [shown.indexOf(selection.anchor ?? ''), shown.indexOf(id)]
  if (from < 0 || to < 0) return toggled(selection, id)
  const range = shown.slice(Math.min(from, to), Math.max(from, to) + 1)
  return { ids: new Set([...selection.ids, ...range]), anchor: selection.anchor }
}

/**
 * With all of these besides.
 * @param {Selection} selection
 * @param {string[]} more
 * @returns {Selection}
 */
export const withAll = (selection, more) => ({ ids: new Set([...selection.ids, ...more]), anchor: selection.anchor })

/**
 * Without these.
 * @param {Selection} selection
 * @param {Iterable<string>} gone
 * @returns {Selection}
 */
export function without(selection, gone) {
  const ids = new Set(selection.ids)
  for (const id of gone) ids.delete(id)
  return { ids, anchor: selection.anchor !== null && ids.has(selection.anchor) ? selection.anchor : null }
}
