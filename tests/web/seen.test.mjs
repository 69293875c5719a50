import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  coveredOf,
  cuesOf,
  isCovered,
  isShot,
  laneOf,
  Moments,
  sightsOf,
  stretchAt,
} from '../../web/asset/seen/model/seen.js'

const cues = (/** @type {[text: string, start?: number, end?: number][]} */ ...told) =>
  cuesOf([{ name: 'labels', passages: told.map(([text, start, end]) => ({ text, start, end })) }])

test('cues of all tracks are in the order of time, with ids of their own', () => {
  const found = cuesOf([
    { name: 'labels', passages: [{ text: 'Tree', start: 4, end: 5 }] },
    { name: 'segments', passages: [{ text: 'Shot 1', label: 'SHOT', start: 0, end: 9 }] },
  ])
  assert.deepEqual(
    found.map(({ id, text, detection }) => [id, text, detection]),
    [
      [0, 'Shot 1', 'segments'],
      [1, 'Tree', 'labels'],
    ],
  )
  assert.deepEqual(found.map(isShot), [true, false])
})

test('what is seen most often comes first', () => {
  const sights = sightsOf(cues(['Tree', 1, 2], ['Bus', 2, 3], ['Bus', 5, 6]))
  assert.deepEqual(
    sights.map(({ text, cues: { length } }) => [text, length]),
    [
      ['Bus', 2],
      ['Tree', 1],
    ],
  )
})

test('what is there at a moment is found as by looking at all', () => {
  let state = 7
  const random = () => {
    state = (state * 48271) % 2147483647
    return state / 2147483647
  }
  const all = cues(
    ...Array.from({ length: 300 }, () => {
      const start = random() * 100
      return /** @type {[string, number, number]} */ (['x', start, start + random() ** 4 * 60])
    }),
  )
  const moments = new Moments(all)
  for (let time = -1; time < 170; time += 0.37) {
    const expected = all.filter(({ start = 0, end = 0 }) => start <= time && time < Math.max(end, start + 0.1))
    assert.deepEqual(
      moments.at(time).map((cue) => cue.id),
      expected.map((cue) => cue.id),
    )
  }
})

test('unsuitable stretches that touch are one, begin early, and are covered until they are shown', () => {
  const seen = cuesOf([
    {
      name: 'moderation',
      passages: [
        { text: 'Violence', start: 10, end: 12 },
        { text: 'Weapons', start: 12.2, end: 14 },
        { text: 'Violence', start: 30, end: 30 },
      ],
    },
    { name: 'labels', passages: [{ text: 'Tree', start: 20, end: 21 }] },
  ])
  const stretches = coveredOf(seen)
  assert.equal(stretches.length, 2)
  assert.deepEqual(stretches[0].names, ['Violence', 'Weapons'])
  assert.equal(stretchAt(stretches, 9.8), 0)
  assert.equal(stretchAt(stretches, 14.1), 0)
  assert.equal(stretchAt(stretches, 20.5), -1)
  assert.equal(stretchAt(stretches, 30.05), 1)
  assert.equal(isCovered(stretches, new Set(), 0, 10), true)
  assert.equal(isCovered(stretches, new Set([0]), 0, 10), false)
})

test('a lane draws what is close together once', () => {
  assert.equal(laneOf(cues(['a', 0, 1], ['b', 0.2, 0.4], ['c', 5, 5]), 10, 10), 'M0 0H1V1H0zM5 0H6V1H5z')
  assert.equal(laneOf(cues(['a', 0, 1]), 0, 10), '')
  const many = cues(
    ...Array.from({ length: 20000 }, (_, i) => /** @type {[string, number, number]} */ (['x', i, i + 1])),
  )
  assert.ok(laneOf(many, 20000, 400).length < 20_000)
})
