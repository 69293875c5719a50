import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  asHeard,
  between,
  confirm,
  isConfirmed,
  measured,
  shareOf,
  verdicts,
  whole,
} from '../../web/asset/model/confirmed.js'
import { adopt, fromApi, isSame, setText, splitAt, withText } from '../../web/asset/model/lines.js'
import { isUnsure } from '../../web/asset/model/words.js'

/** Lines of words that take a second each; `marks` by the number of the line. */
const lines = (/** @type {string[]} */ texts, /** @type {Record<number, object>} */ marks = {}) =>
  fromApi({
    lines: texts.map((text, number) => {
      const start = number * 10
      const words = text.split(' ').map((one, i) => [start + i, start + i + 1, one, 0.4, i ? ' ' : ''])
      return /** @type {any} */ ({ start, end: start + words.length, words, ...marks[number] })
    }),
  })
const SAID = lines(['Good morning all', 'You have seen Kowalczyk, really', 'Bye now'], { 0: { confirmed: [0] } })
const told = (/** @type {any[]} */ stretches) =>
  stretches.map(({ start, end }) => [Math.round(start * 10) / 10, Math.round(end * 10) / 10])

test('words are confirmed and not, and what stays as it was is the same object', () => {
  const right = confirm(SAID, [whole(SAID[1])], true)
  assert.equal(isConfirmed(right, [whole(right[1])]), true)
  assert.equal(right[0], SAID[0])
  assert.equal(confirm(right, [whole(right[1])], true), right)
  assert.deepEqual(confirm(right, [whole(right[1])], false)[1], SAID[1])
  assert.equal(isConfirmed(SAID, []), false)
  assert.equal(shareOf(measured(right)), 6 / 10)
  assert.equal(shareOf(measured([])), null)
  assert.equal(isSame(right, SAID), false)
  assert.deepEqual([isUnsure(SAID[1].words[0]), isUnsure(right[1].words[0])], [true, false])
})

test('a selection goes over lines in either direction', () => {
  const spans = between(SAID, { line: 2, word: 0 }, { line: 0, word: 1 })
  assert.deepEqual(
    spans.map(({ first, last }) => [first, last]),
    [
      [1, 2],
      [0, 4],
      [0, 0],
    ],
  )
})

test('the service is told in stretches what it does not know, and nothing twice', () => {
  assert.deepEqual(verdicts(SAID, SAID), { confirmed: [], unconfirmed: [] })
  const right = confirm(SAID, [whole(SAID[0]), { id: SAID[1].id, first: 0, last: 1 }, whole(SAID[2])], true)
  assert.deepEqual(told(verdicts(right, SAID).confirmed), [
    [1.5, 11.5],
    [20.5, 21.5],
  ])
  assert.deepEqual(told(verdicts(SAID, right).unconfirmed), [[1.5, 21.5]], 'as far as nothing between stays confirmed')
})

test('a stretch never reaches over a word of somebody else who speaks at once', () => {
  const both = fromApi({
    lines: [0, 0.25].map(
      (late) =>
        /** @type {any} */ ({
          start: late,
          end: 3,
          words: [0, 1, 2].map((at) => [at + late, at + late + 1, 'so', 0.9, ' ']),
        }),
    ),
  })
  const { confirmed } = verdicts(confirm(both, [whole(both[0])], true), both)
  assert.deepEqual(told(confirmed), [
    [0.5, 0.5],
    [1.5, 1.5],
    [2.5, 2.5],
  ])
})

test('who writes a word stands behind it; taken back by undo it is told', () => {
  const typed = setText(SAID, 2, 'Bye then')
  assert.deepEqual(
    typed[2].words.map(({ confirmed }) => confirmed),
    [false, true],
  )
  assert.deepEqual(verdicts(typed, SAID), { confirmed: [], unconfirmed: [] })
  assert.deepEqual(told(verdicts(SAID, typed).unconfirmed), [[21.5, 21.5]])
  assert.deepEqual(
    splitAt(SAID, 2, 1)[3].words.map(({ confirmed }) => confirmed),
    [true, false],
  )
})

test('what a rule wrote is marked until it is changed, and can be as it was heard', () => {
  const [, learnt] = lines(['a', 'You have seen Kowalczyk, really'], { 1: { heard: { 3: 'coral chick' } } })
  assert.equal(learnt.words[3].heard, 'coral chick')
  assert.equal(asHeard(learnt, 2), null)
  assert.equal(asHeard(learnt, 3), 'You have seen coral chick, really')
  const back = withText(learnt, asHeard(learnt, 3) ?? '')
  assert.deepEqual(
    back.words.map(({ heard, confirmed }) => heard ?? confirmed),
    [false, false, false, true, true, false],
  )
  assert.equal(withText(learnt, 'You have seen Kowalczyk! really').words[3].heard, undefined)
  assert.equal(withText(learnt, 'We have seen Kowalczyk, really').words[3].heard, 'coral chick')
})

test('what the service says is confirmed is taken over with its times', () => {
  const answered = lines(['Good morning all', 'You have seen Kowalczyk, really', 'Bye now'], { 2: { confirmed: [1] } })
  const now = adopt(SAID, SAID, answered)
  assert.deepEqual(
    now?.[2].words.map(({ confirmed }) => confirmed),
    [false, true],
  )
})
