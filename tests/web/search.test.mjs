import assert from 'node:assert/strict'
import { test } from 'node:test'

import { addressOf, asked, countOf, nearAndFar, piecesOf, toldOf, wantedOf } from '../../web/search/view.js'

test('an address says what is looked for, and nothing that nobody can mean', () => {
  const wanted = wantedOf(new URLSearchParams('q=a%26b "c d"&tag=x&from=2026-11-01&to=2026-13-01&language=../&x=y'))
  assert.equal(wanted.q, 'a&b "c d"')
  assert.deepEqual([wanted.tag, wanted.from, wanted.to, wanted.language], ['x', '2026-11-01', '', ''])
  assert.deepEqual(wantedOf(new URLSearchParams(addressOf(wanted).split('?')[1])), wanted)
  assert.equal(addressOf(wantedOf(new Map())), '#/search')
  assert.equal(countOf(wanted), 2)
})

test('an address says by what is looked for, where that is known', () => {
  const wanted = wantedOf(new URLSearchParams('q=trams&by=meaning'))
  assert.equal(addressOf(wanted), '#/search?q=trams&by=meaning')
  assert.equal(countOf(wanted), 0)
  assert.equal(wantedOf(new URLSearchParams('q=trams&by=magic')).by, '')
})

test('what may not be about it comes last, and never as a further passage', () => {
  const of = (/** @type {(string | undefined)[]} */ ...all) => ({ passages: all.map((closeness) => ({ closeness })) })
  const [far, close, unknown] = [of('far', 'far'), of('close', 'near', 'far'), of(undefined, undefined)]
  const sorted = nearAndFar([far, close, unknown])
  assert.deepEqual([sorted.near, sorted.far], [[close, unknown], [far]])
  assert.deepEqual(
    [far, close, unknown].map(({ passages }) => toldOf(passages).length),
    [1, 2, 2],
  )
})

test('days are asked for from their first moment to their last', () => {
  const { since, before } = asked(
    wantedOf(
      new Map([
        ['from', '2026-11-01'],
        ['to', '2026-11-01'],
      ]),
    ),
  )
  assert.equal(Number(before) - Number(since), 24 * 3600)
  assert.equal(asked(wantedOf(new Map())).since, '')
})

test('what is meant is marked by characters, whatever they are made of', () => {
  assert.deepEqual(piecesOf('😀 a tram', [[4, 8]]), [
    { text: '😀 a ', isMarked: false },
    { text: 'tram', isMarked: true },
  ])
  assert.deepEqual(
    piecesOf('夜行', [
      [0, 1],
      [1, 2],
    ]).map((piece) => piece.isMarked),
    [true, true],
  )
  assert.deepEqual(piecesOf('', []), [])
})
