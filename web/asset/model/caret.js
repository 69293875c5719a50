/** Where a caret belongs in a text that others have changed. Pure. */

/**
 * The character of `after` at which a caret stands that stood at `at` in `before`: it stays with what is around it.
 * @param {string} before
 * @param {string} after
 * @param {number} at
 */
export function movedTo(before, after, at) {
  const most = Math.min(before.length, after.length)
  let head = 0
  while (head < most && before[head] === after[head]) head += 1
  if (at <= head) return at
  let tail = 0
  while (tail < most - head && before[before.length - 1 - tail] === after[after.length - 1 - tail]) tail += 1
  return after.length - Math.min(tail, before.length - at)
}
