import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asStored, moved, noted, placeAt, playedOf } from '../../web/boards/model.js'

test('an entry is moved, and nothing where it cannot go', () => {
  const all = ['a', 'b', 'c', 'd']
  assert.deepEqual(moved(all, 0, 2), ['b', 'c', 'a', 'd'])
  assert.deepEqual(moved(all, 3, 0), ['d', 'a', 'b', 'c'])
  assert.deepEqual(moved(all, 1, 9), ['a', 'c', 'd', 'b'])
  assert.equal(moved(all, 0, -1), all)
  assert.equal(moved(all, 9, 1), all)
  assert.equal(moved(all, 2, 2), all)
})

test('what is dropped comes after all whose middle is above', () => {
  const boxes = [
    { top: 0, bottom: 10 },
    { top: 10, bottom: 30 },
    { top: 30, bottom: 40 },
  ]
  assert.equal(placeAt(boxes, 0, -5), 0)
  assert.equal(placeAt(boxes, 0, 15), 0)
  assert.equal(placeAt(boxes, 0, 25), 1)
  assert.equal(placeAt(boxes, 0, 99), 2)
  assert.equal(placeAt(boxes, 2, 7), 1)
  assert.equal(moved(['a', 'b', 'c'], 2, placeAt(boxes, 2, 1))[0], 'c')
})

test('a note is changed or taken away, and goes to the API without the words', () => {
  const all = [
    { id: '1', asset: 'a', mark: 'm', note: 'x' },
    { id: '2', note: 'y' },
  ]
  assert.equal(noted(all, 0, 'z')[0].note, 'z')
  assert.equal('note' in noted(all, 0, null)[0], false)
  assert.equal(noted(all, 0, 'z')[1], all[1])
  assert.deepEqual(JSON.parse(JSON.stringify(asStored(all.map((one) => ({ ...one, quote: {} }))))), [
    { id: '1', asset: 'a', mark: 'm', note: 'x' },
    { id: '2', note: 'y' },
  ])
})

test('a film is played, or else sound', () => {
  const presets = [
    { name: 'web', kind: 'video' },
    { name: 'audio', kind: 'audio' },
    { name: 'gif', kind: 'image' },
  ]
  assert.equal(playedOf(['gif', 'audio', 'web'], presets), 'web')
  assert.equal(playedOf(['gif', 'audio'], presets), 'audio')
  assert.equal(playedOf(['gif'], presets), undefined)
})
