import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fromApi } from '../../web/asset/model/lines.js'
import { isSameTint, linkTo, spansIn, stretchOf, taken, tintsOf } from '../../web/asset/model/quotes.js'

/** Lines of words that take a second each; each line begins ten seconds after the one before. */
const lines = (/** @type {[string, string?][]} */ said) =>
  fromApi({
    lines: said.map(([text, speaker], number) => {
      const start = number * 10
      const words = text.split(' ').map((one, i) => [start + i, start + i + 1, one, 0.4, i ? ' ' : ''])
      return /** @type {any} */ ({ start, end: start + words.length, speaker, words })
    }),
  })
const SAID = lines([
  ['Good morning all', 'Ada'],
  ['You have seen it', 'Ada'],
  ['Bye now', 'Bob'],
])
const of = (/** @type {[number, number, number][]} */ ...places) =>
  places.map(([line, first, last]) => ({ id: SAID[line].id, first, last }))

test('words are taken with their times, and with who says them if it is one', () => {
  assert.deepEqual(taken(SAID, of([0, 1, 2])), { start: 1, end: 3, text: 'morning all', speaker: 'Ada' })
  assert.deepEqual(taken(SAID, of([0, 2, 2], [1, 0, 1])), { start: 2, end: 12, text: 'all You have', speaker: 'Ada' })
  assert.equal(taken(SAID, of([1, 3, 3], [2, 0, 1]))?.speaker, null)
  assert.equal(taken(SAID, []), null)
  assert.equal(taken(SAID, [{ id: -1, first: 0, last: 1 }]), null)
  const cjk = lines([['你好'], ['世界']])
  const all = cjk.map(({ id, words }) => ({ id, first: 0, last: words.length - 1 }))
  assert.equal(taken(cjk, all)?.text, '你好世界')
})

test('what was taken is found again by its times', () => {
  const spans = of([0, 1, 2], [1, 0, 2])
  const words = taken(SAID, spans)
  assert.ok(words)
  assert.deepEqual(spansIn(SAID, words), spans)
  assert.deepEqual(spansIn(SAID, { start: 3, end: 9 }), [])
})

test('a link leads to the same words, and an address that is no stretch leads nowhere', () => {
  const words = taken(SAID, of([1, 1, 2]))
  assert.ok(words)
  const address = linkTo('https://x.example/#/asset/1', { ...words, start: 11.0049, end: 12.9951 })
  assert.equal(address, 'https://x.example/#/asset/1?from=11&to=13')
  const stretch = stretchOf(new URLSearchParams(address.split('?')[1]))
  assert.ok(stretch)
  assert.deepEqual(spansIn(SAID, stretch), of([1, 1, 2]))
  for (const wrong of [
    '',
    'from=1',
    'from=2&to=1',
    'from=&to=2',
    'from=-1&to=2',
    'from=x&to=2',
    'from=1&to=1e9',
    'from=1&to=NaN',
  ])
    assert.equal(stretchOf(new URLSearchParams(wrong)), undefined)
})

test('marked words are shown, but for what is resolved or gone', () => {
  const mark = (/** @type {object} */ more) => /** @type {any} */ ({ kind: 'quote', start: 1, end: 3, ...more })
  const tints = tintsOf(SAID, [
    mark({}),
    mark({ kind: 'highlight', colour: 'pink', start: 2, end: 11 }),
    mark({ is_gone: true }),
    mark({ resolved_at: 5 }),
  ])
  assert.deepEqual(tints.get(SAID[0].id), [
    { first: 1, last: 2, kind: 'quote', colour: undefined },
    { first: 2, last: 2, kind: 'highlight', colour: 'pink' },
  ])
  assert.deepEqual(tints.get(SAID[1].id), [{ first: 0, last: 0, kind: 'highlight', colour: 'pink' }])
  assert.equal(tints.has(SAID[2].id), false)
  assert.ok(isSameTint(undefined, []))
  assert.ok(!isSameTint(tints.get(SAID[0].id), tints.get(SAID[1].id)))
})
