/** What is done with several recordings: in parts, what came of it, and how it is taken back. Pure but for what asks. */

/**
 * @typedef {'move' | 'tag' | 'untag' | 'retry' | 'cancel' | 'delete'} Action
 * @typedef {{action: Action, folder?: string | null, tags?: string[], accept_cost?: boolean}} Wish
 * @typedef {{id: string, is_done: boolean, asset?: any, before?: {folder?: string, tags: string[]},
 *   error?: {code: string, message: string}}} Result
 * @typedef {Wish & {ids: string[]}} Asked
 */

export const AT_ONCE = 25
/** Refusals that another try may mend at once: it had no time, or somebody else was at it. */
const ONCE_MORE = new Set(['out-of-time', 'busy', 'broken'])

/**
 * @param {string[]} ids
 * @param {number} [size]
 * @returns {string[][]}
 */
export const inParts = (ids, size = AT_ONCE) =>
  Array.from({ length: Math.ceil(ids.length / size) }, (_, i) => ids.slice(i * size, (i + 1) * size))

/**
 * Does what is wished with all, part after part; what had no time or no luck is asked for once more. A part that finds
 * no answer ends it: its recordings and all that follow are told of as not reached.
 * @param {string[]} ids
 * @param {Wish} wish
 * @param {(asked: Asked) => Promise<{results: Result[]}>} ask
 * @param {(done: number) => void} [onProgress] how many have an answer
 * @returns {Promise<Result[]>}
 */
export async function act(ids, wish, ask, onProgress = () => {}) {
  /** @type {Map<string, Result>} */
  const found = new Map()
  for (const part of inParts(ids)) {
    try {
      for (const result of (await ask({ ids: part, ...wish })).results) found.set(result.id, result)
      const again = part.filter((id) => ONCE_MORE.has(found.get(id)?.error?.code ?? ''))
      if (again.length) for (const result of (await ask({ ids: again, ...wish })).results) found.set(result.id, result)
    } catch (failure) {
      const { code = 'unknown', message = '' } = /** @type {{code?: string, message?: string}} */ (failure)
      for (const id of ids) if (!found.has(id)) found.set(id, { id, is_done: false, error: { code, message } })
      break
    }
    onProgress(found.size)
  }
  return ids.flatMap((id) => found.get(id) ?? [])
}

/**
 * Whether nothing is left to do about a result: it is done, or what was to be deleted is not there.
 * @param {Result} result
 * @param {Action} action
 */
export const isSettled = (result, action) =>
  result.is_done || (action === 'delete' && result.error?.code === 'not-found')

/**
 * What takes back an action: of moving and tagging. Each entry is asked for by itself.
 * @param {Result[]} results
 * @param {Wish} wish
 * @returns {Asked[]}
 */
export function toUndo(results, { action, folder = null, tags = [] }) {
  /** @type {Map<string, Asked>} */
  const found = new Map()
  const add = (/** @type {string} */ id, /** @type {Wish} */ wish) => {
    const key = JSON.stringify(wish)
    const known = found.get(key) ?? { ids: [], ...wish }
    known.ids.push(id)
    found.set(key, known)
  }
  for (const { id, before, asset } of results) {
    if (!before || !asset) continue
    if (action === 'move') {
      if ((before.folder ?? null) !== folder) add(id, { action, folder: before.folder ?? null })
    } else if (action === 'tag') {
      const added = asset.tags.filter((/** @type {string} */ tag) => !before.tags.includes(tag))
      if (added.length) add(id, { action: 'untag', tags: added })
    } else if (action === 'untag' && tags.length) {
      const taken = before.tags.filter((tag) => !asset.tags.includes(tag))
      if (taken.length) add(id, { action: 'tag', tags: taken })
    }
  }
  return [...found.values()]
}

/**
 * Refusals, by what was the matter, the most frequent first.
 * @param {Result[]} results
 * @param {Action} action
 * @returns {{error: {code: string, message: string}, ids: string[]}[]}
 */
export function refusals(results, action) {
  /** @type {Map<string, {error: {code: string, message: string}, ids: string[]}>} */
  const found = new Map()
  for (const result of results) {
    if (isSettled(result, action) || !result.error) continue
    const known = found.get(result.error.code) ?? { error: result.error, ids: [] }
    known.ids.push(result.id)
    found.set(result.error.code, known)
  }
  return [...found.values()].sort((a, b) => b.ids.length - a.ids.length)
}
