import assert from 'node:assert/strict'
import { test } from 'node:test'

import { ticks, written } from '../../web/plot.js'

test('a scale has round numbers up to what is highest', () => {
  assert.deepEqual(ticks(0), [0])
  assert.deepEqual(ticks(7), [0, 2, 4, 6, 8])
})

test('labels that have no room for each other are written every so many, and the last always', () => {
  const months = Array.from({ length: 12 }, (_, index) => `Jan ${index + 10}`)
  assert.equal(written(months, 47).filter(Boolean).length, 12)
  const narrow = written(months, 22)
  assert.deepEqual([narrow.filter(Boolean).length, narrow.at(-1), narrow.at(-2)], [4, true, false])
  assert.deepEqual(written(['25年10月', '25年11月'], 47), [false, true])
  assert.deepEqual(written([], 1), [])
})
