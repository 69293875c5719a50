import assert from 'node:assert/strict'
import { test } from 'node:test'

import { act, refusals, toUndo } from '../../web/library/bulk.js'
import { NOTHING, toggled, upTo, withAll, without } from '../../web/library/selection.js'
import { choices, inOrder, insideOf, pathOf } from '../../web/library/tree.js'
import {
  addressOf,
  asked,
  EVERYTHING,
  isChosen,
  isSame,
  midnight,
  toSave,
  viewOf,
  viewOfSaved,
} from '../../web/library/view.js'

const FOLDER = '0123456789abcdef'
const shown = ['a', 'b', 'c', 'd']

/** @param {import('../../web/library/selection.js').Selection} selection */
const ids = (selection) => [...selection.ids].sort()

test('an address says what is shown, and nothing that nobody can mean', () => {
  const view = { ...EVERYTHING, folder: FOLDER, sort: 'title', text: 'a&b=c #?', from: '2026-11-01' }
  assert.deepEqual(viewOf(new URLSearchParams(addressOf(view).split('?')[1])), view)
  assert.equal(addressOf(EVERYTHING), '#/')
  assert.deepEqual(viewOf(new URLSearchParams('sort=up&status=lost&folder=../x&from=2026-13-99&kind=x')), EVERYTHING)
  assert.equal(isChosen({ ...EVERYTHING, folder: FOLDER }), false)
  assert.equal(isChosen(view), true)
})

test('days are asked for as they are here, the last one whole', () => {
  const { since, before } = asked({ ...EVERYTHING, from: '2026-11-01', to: '2026-11-01' })
  assert.equal(Number(before) - Number(since), 24 * 3600)
  assert.equal(since, midnight('2026-11-01'))
  assert.equal(asked(EVERYTHING).since, '')
})

test('what is saved is found again', () => {
  const view = { ...EVERYTHING, tag: 'press', to: '2026-11-30', sort: 'longest' }
  const saved = toSave(view, 'Press')
  assert.deepEqual(saved, { name: 'Press', sort: 'longest', tag: 'press', last_day: '2026-11-30' })
  assert.ok(isSame(viewOfSaved(saved), view))
})

test('a range goes from what was last chosen, whichever way', () => {
  const from = toggled(NOTHING, 'c')
  assert.deepEqual(ids(upTo(from, 'a', shown)), ['a', 'b', 'c'])
  assert.deepEqual(ids(upTo(upTo(from, 'd', shown), 'b', shown)), ['b', 'c', 'd'])
  assert.deepEqual(ids(upTo(NOTHING, 'b', shown)), ['b'])
  assert.deepEqual(ids(toggled(toggled(NOTHING, 'a'), 'a')), [])
  assert.deepEqual(ids(without(withAll(from, shown), ['c', 'd'])), ['a', 'b'])
  assert.equal(without(from, ['c']).anchor, null)
})

test('folders stand below those that they are in', () => {
  const folders = [
    { id: 'm', name: 'May', parent: 'c', count: 1 },
    { id: 'c', name: 'Council', count: 2 },
    { id: 'p', name: 'Press', count: 0 },
  ]
  assert.deepEqual(
    inOrder(folders).map(({ id, depth }) => [id, depth]),
    [
      ['c', 0],
      ['m', 1],
      ['p', 0],
    ],
  )
  assert.deepEqual(pathOf(folders, 'm'), ['Council', 'May'])
  assert.deepEqual(pathOf(folders, 'gone'), [])
  assert.deepEqual(insideOf(folders, 'c'), ['c', 'm'])
  assert.deepEqual(choices(folders)[1], ['m', 'Council / May'])
})

test('several are done part after part, once more where there was no time, and told of where there was no answer', async () => {
  const all = Array.from({ length: 60 }, (_, i) => `id${i}`)
  /** @type {number[]} */
  const progress = []
  let calls = 0
  const results = await act(
    all,
    { action: 'delete' },
    async ({ ids }) => {
      calls += 1
      if (calls === 4) throw { code: 'offline', message: 'gone' }
      const late = calls === 1 ? 'id3' : ''
      return {
        results: ids.map((id) =>
          id === late ? { id, is_done: false, error: { code: 'out-of-time', message: '' } } : { id, is_done: true },
        ),
      }
    },
    (done) => progress.push(done),
  )
  assert.equal(results.length, 60)
  assert.equal(results.filter((one) => one.is_done).length, 50)
  assert.deepEqual(progress, [25, 50])
  assert.deepEqual(
    refusals(results, 'delete').map(({ error, ids }) => [error.code, ids.length]),
    [['offline', 10]],
  )
})

test('what was moved or tagged is taken back to where each was, and what had changed nothing is left', () => {
  const moved = [
    { id: 'a', is_done: true, before: { folder: 'x', tags: [] }, asset: { tags: [] } },
    { id: 'b', is_done: true, before: { tags: [] }, asset: { tags: [] } },
    { id: 'c', is_done: true, before: { folder: 'y', tags: [] }, asset: { tags: [] } },
    { id: 'd', is_done: false, error: { code: 'not-found', message: '' } },
    { id: 'e', is_done: true, before: { folder: 'x', tags: [] }, asset: { tags: [] } },
  ]
  assert.deepEqual(toUndo(moved, { action: 'move', folder: 'y' }), [
    { ids: ['a', 'e'], action: 'move', folder: 'x' },
    { ids: ['b'], action: 'move', folder: null },
  ])
  const tagged = [
    { id: 'a', is_done: true, before: { tags: ['x'] }, asset: { tags: ['x', 'y'] } },
    { id: 'b', is_done: true, before: { tags: ['y'] }, asset: { tags: ['y'] } },
  ]
  assert.deepEqual(toUndo(tagged, { action: 'tag', tags: ['y'] }), [{ ids: ['a'], action: 'untag', tags: ['y'] }])
  assert.deepEqual(toUndo(tagged, { action: 'delete' }), [])
  assert.deepEqual(refusals(moved, 'delete'), [], 'what is not there any more is deleted')
})
