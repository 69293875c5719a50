import assert from 'node:assert/strict'
import { test } from 'node:test'

import { playStretch } from '../../web/asset/model/stretch.js'

const WORDS = { start: 10, end: 12 }

/** A recording whose time somebody tells, with a clock that goes along. */
function recording() {
  /** @type {Set<(seconds: number) => void>} */
  const listeners = new Set()
  const told = {
    clock: 0,
    isPlaying: false,
    at: 0,
    media: {
      readyState: 4,
      playbackRate: 1,
      pause: () => {
        told.isPlaying = false
      },
    },
    listen: (/** @type {(seconds: number) => void} */ one) => {
      listeners.add(one)
      return () => listeners.delete(one)
    },
    seek: (/** @type {number} */ time) => {
      told.tell(time, 0)
    },
    play: () => {
      told.isPlaying = true
    },
    tell: (/** @type {number} */ time, /** @type {number} */ seconds) => {
      told.clock += seconds * 1000
      told.at = time
      for (const one of [...listeners]) one(time)
    },
    isHeard: () => listeners.size > 0,
  }
  return told
}

/** @param {(told: ReturnType<typeof recording>) => void} [how] */
const played = (how) => {
  const told = recording()
  how?.(told)
  playStretch(told, WORDS, () => told.clock)
  return told
}

test('it is stopped where the last word ends', () => {
  const told = played()
  assert.equal(told.at, 10)
  told.tell(11.9, 1.9)
  assert.ok(told.isPlaying)
  told.tell(11.99, 0.09)
  assert.ok(!told.isPlaying)
  assert.ok(!told.isHeard())
})

test('it is stopped, and set back to there, however late the time is told', () => {
  const told = played()
  told.tell(14, 4)
  assert.ok(!told.isPlaying)
  assert.equal(told.at, 12)
})

test('whoever goes elsewhere is left alone', () => {
  for (const elsewhere of [3, 60]) {
    const told = played()
    told.tell(10.5, 0.5)
    told.tell(elsewhere, 0.02)
    assert.ok(told.isPlaying)
    assert.ok(!told.isHeard())
  }
})

test('who pauses and goes on hears the words to their end', () => {
  const told = played()
  told.tell(10.5, 0.5)
  told.tell(10.5, 30)
  told.tell(12, 1.5)
  assert.ok(!told.isPlaying)
})

test('what is told of other media, before the words are reached, ends nothing', () => {
  const told = played((one) => {
    one.media.readyState = 0
  })
  told.media.readyState = 1
  told.tell(0, 0.1)
  told.tell(10, 1)
  told.tell(12, 2)
  assert.ok(!told.isPlaying)
})

test('played twice as fast it is no jump', () => {
  const told = played((one) => {
    one.media.playbackRate = 2
  })
  told.tell(11.9, 0.95)
  assert.ok(told.isHeard())
})
