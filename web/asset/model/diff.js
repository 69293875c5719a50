/** What differs between two lists, such as the words of two editions. Pure. */

import { diffArrays } from '../../vendor/diff.js'

/**
 * A stretch of both lists, each as [from, to): the same in both, or else one stands in the place of the other. Either may
 * be empty: something was added, or left out.
 * @typedef {{isSame: boolean, some: [from: number, to: number], other: [from: number, to: number]}} Stretch
 */

const MOST_EDITS = 4000 // what differs more is not told apart further: comparing takes as many times its length

/**
 * `some` and `other` in stretches, from begin to end of both; two that follow one another are never of the same kind.
 * @template Item
 * @param {readonly Item[]} some
 * @param {readonly Item[]} other
 * @param {(item: Item) => string} keyOf what makes two the same
 * @returns {Stretch[]}
 */
export function stretches(some, other, keyOf) {
  const from = some.map(keyOf)
  const to = other.map(keyOf)
  let head = 0
  while (head < from.length && head < to.length && from[head] === to[head]) head += 1
  let tail = 0
  const rest = Math.min(from.length, to.length) - head
  while (tail < rest && from[from.length - 1 - tail] === to[to.length - 1 - tail]) tail += 1
  const middle = [from.slice(head, from.length - tail), to.slice(head, to.length - tail)]
  const found = diffArrays(middle[0], middle[1], { maxEditLength: MOST_EDITS })
  /** @type {Stretch[]} */
  const all = []
  let here = 0
  let there = 0
  const add = (/** @type {boolean} */ isSame, /** @type {number} */ left, /** @type {number} */ right) => {
    if (!left && !right) return
    const last = all.at(-1)
    if (last?.isSame === isSame) {
      last.some[1] += left
      last.other[1] += right
    } else all.push({ isSame, some: [here, here + left], other: [there, there + right] })
    here += left
    there += right
  }
  add(true, head, head)
  if (found === undefined) add(false, middle[0].length, middle[1].length)
  for (const { added, removed, count } of found ?? []) {
    if (added) add(false, 0, count)
    else if (removed) add(false, count, 0)
    else add(true, count, count)
  }
  add(true, tail, tail)
  return all
}

/**
 * The longest row of `pairs` (ascending by their first) that ascends by their second too.
 * @param {[number, number][]} pairs
 */
export function ascending(pairs) {
  if (pairs.every(([, place], i) => i === 0 || pairs[i - 1][1] < place)) return pairs
  /** @type {number[]} for each length, the pair that such a row ends with at the lowest place */
  const ends = []
  const before = pairs.map(([, place], i) => {
    let low = 0
    let high = ends.length
    while (low < high) {
      const middle = (low + high) >> 1
      if (pairs[ends[middle]][1] < place) low = middle + 1
      else high = middle
    }
    ends[low] = i
    return low ? ends[low - 1] : -1
  })
  /** @type {[number, number][]} */
  const row = []
  for (let i = ends.at(-1) ?? -1; i >= 0; i = before[i]) row.push(pairs[i])
  return row.reverse()
}
