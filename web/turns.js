/** Things that take their time: so many of them at once, and when one can be tried again. */

/**
 * Does something with each of `items`, `most` at a time. The first failure ends it: what was not begun is left undone.
 * @template Item
 * @param {number} most
 * @param {Iterable<Item>} items
 * @param {(item: Item) => Promise<unknown>} act
 */
export async function atMost(most, items, act) {
  const waiting = items[Symbol.iterator]()
  let hasFailed = false
  const work = async () => {
    for (let next = waiting.next(); !next.done && !hasFailed; next = waiting.next()) {
      try {
        await act(next.value)
      } catch (error) {
        hasFailed = true
        throw error
      }
    }
  }
  const all = await Promise.allSettled(Array.from({ length: most }, work))
  for (const one of all) if (one.status === 'rejected') throw one.reason
}

/**
 * After a pause, and once the browser has a network again.
 * @param {number} pause in milliseconds
 */
export async function connected(pause) {
  await new Promise((resolve) => setTimeout(resolve, pause))
  if (!navigator.onLine) await new Promise((resolve) => window.addEventListener('online', resolve, { once: true }))
}
