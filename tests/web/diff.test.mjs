import assert from 'node:assert/strict'
import { test } from 'node:test'

import { stretches } from '../../web/asset/model/diff.js'

const words = (/** @type {string} */ text) => text.split(' ').filter(Boolean)
const told = (/** @type {string} */ some, /** @type {string} */ other) => {
  const [left, right] = [words(some), words(other)]
  return stretches(left, right, (word) => word.toLowerCase()).map((one) => [
    one.isSame ? '=' : '≠',
    left.slice(...one.some).join(' '),
    right.slice(...one.other).join(' '),
  ])
}

test('what was changed, added and left out, between what stands', () => {
  assert.deepEqual(told('the quick fox jumps over', 'The slow fox leaps right over it'), [
    ['=', 'the', 'The'],
    ['≠', 'quick', 'slow'],
    ['=', 'fox', 'fox'],
    ['≠', 'jumps', 'leaps right'],
    ['=', 'over', 'over'],
    ['≠', '', 'it'],
  ])
})

test('nothing, something, and the same', () => {
  assert.deepEqual(told('', ''), [])
  assert.deepEqual(told('', 'a b'), [['≠', '', 'a b']])
  assert.deepEqual(told('a b', ''), [['≠', 'a b', '']])
  assert.deepEqual(told('a a b', 'a b'), [
    ['=', 'a', 'a'],
    ['≠', 'a', ''],
    ['=', 'b', 'b'],
  ])
})

test('stretches lie side by side, and lead from the one list to the other', () => {
  const some = Array.from({ length: 9000 }, (_, at) => `w${at % 97}`)
  const other = some.flatMap((word, at) => (at % 53 === 0 ? [] : at % 31 === 0 ? [word, 'new'] : [word]))
  const found = stretches(some, other, String)
  /** @type {string[]} */
  const built = []
  let [here, there] = [0, 0]
  for (const one of found) {
    assert.deepEqual([one.some[0], one.other[0]], [here, there])
    here = one.some[1]
    there = one.other[1]
    built.push(...(one.isSame ? some.slice(...one.some) : other.slice(...one.other)))
  }
  assert.deepEqual(built, other)
})

test('what is wholly another is told as a whole, and soon', () => {
  const some = Array.from({ length: 30_000 }, (_, at) => `a${at}`)
  const other = Array.from({ length: 30_000 }, (_, at) => `b${at}`)
  assert.deepEqual(stretches(some, other, String), [{ isSame: false, some: [0, 30_000], other: [0, 30_000] }])
})
