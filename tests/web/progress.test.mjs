import assert from 'node:assert/strict'
import { test } from 'node:test'

import { secondsLeft } from '../../web/progress.js'

test('what is left takes as long as what was done, by how much each is', () => {
  assert.equal(secondsLeft(0.25, 1000, 1010), 30)
  assert.equal(secondsLeft(0.5, 1000, 1010), 10)
  assert.equal(secondsLeft(0.999, 1000, 1010), 1, 'never nothing while it goes on')
})

test('nothing is said before it can be told, nor of what has ended', () => {
  for (const progress of [null, undefined, 0, 0.039, 1, 1.2, Number.NaN])
    assert.equal(secondsLeft(progress, 1000, 1010), null)
  for (const startedAt of [null, undefined, 0]) assert.equal(secondsLeft(0.5, startedAt, 1010), null)
})
