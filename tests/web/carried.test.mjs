/** Places where confirmed words were heard differently: which are open, and what is written there. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { openPlaces, spansAt, takenWords, withOldWords } from '../../web/asset/model/carried.js'

/**
 * @import { Line, Word } from '../../web/asset/model/lines.js'
 * @param {number} start
 * @param {string} text
 * @returns {Word}
 */
const word = (start, text, confirmed = false) => ({
  start,
  end: start + 0.4,
  text,
  confidence: 0.9,
  space: ' ',
  confirmed,
})
/**
 * @param {number} id
 * @param {Word[]} words
 * @returns {Line}
 */
const line = (id, ...words) => ({
  id,
  speaker: null,
  start: words[0]?.start ?? 0,
  end: words.at(-1)?.end ?? 0,
  text: words.map(({ text, space }, at) => (at ? space : '') + text).join(''),
  words,
})
/** @type {(start: number, end: number, was: string, now: string) => import('../../web/types.d.ts').DifferenceView} */
const place = (start, end, was, now) => ({ start, end, was, now, words: was.split(' ').length })

const LINES = [
  line(1, word(0, 'The'), word(0.5, 'Mary'), word(1, 'garter,'), word(1.5, 'is')),
  line(2, word(3, 'old.')),
]

test('the words at a place are those whose middle is in it', () => {
  assert.deepEqual(spansAt(LINES, place(0.5, 1.4, 'Marais quarter', 'Mary garter,')), [{ id: 1, first: 1, last: 2 }])
  assert.deepEqual(spansAt(LINES, place(2, 2.5, 'very', '')), [])
})

test('a place is open until somebody stands behind all that is said there', () => {
  const here = place(0.5, 1.4, 'Marais quarter', 'Mary garter,')
  assert.deepEqual(openPlaces(LINES, [here]), [here])
  const half = [line(1, word(0.5, 'Mary', true), word(1, 'garter,'))]
  assert.deepEqual(openPlaces(half, [here]), [here])
  const whole = [line(1, word(0.5, 'Mary', true), word(1, 'garter,', true))]
  assert.deepEqual(openPlaces(whole, [here]), [])
})

test('where nothing is said any more a place is open until something is written there', () => {
  const here = place(2, 2.4, 'very', '')
  assert.deepEqual(openPlaces(LINES, [here]), [here])
  const written = [LINES[0], line(2, word(2, 'very', true), word(3, 'old.'))]
  assert.deepEqual(openPlaces(written, [here]), [])
})

test('the old words take the place of the new ones, and the mark behind these stays', () => {
  assert.deepEqual(withOldWords(LINES, place(0.5, 1.4, 'Marais quarter', 'Mary garter,')), {
    id: 1,
    text: 'The Marais quarter, is',
  })
  assert.deepEqual(withOldWords(LINES, place(3, 3.4, 'ancient!', 'old.')), { id: 2, text: 'ancient!' })
})

test('old words that were not heard at all stand behind what is said before them', () => {
  assert.deepEqual(withOldWords(LINES, place(2, 2.4, 'very', '')), { id: 1, text: 'The Mary garter, is very' })
  assert.deepEqual(withOldWords([], place(2, 2.4, 'very', '')), null)
})

test('where words stand without spaces, none come with the old ones', () => {
  const words = [word(0, '我们'), word(0.5, '走路')].map((one) => ({ ...one, space: '' }))
  assert.deepEqual(withOldWords([line(1, ...words)], place(1.2, 1.4, '回家', '')), { id: 1, text: '我们走路回家' })
})

test('a place that two lines share is left to whoever writes', () => {
  assert.equal(withOldWords(LINES, place(1.5, 3.4, 'is ancient', 'is old.')), null)
})

test('what was taken at places counts as it stands there now, and nothing else does', () => {
  const places = [place(0.5, 1.4, 'Marais quarter', 'Mary garter,'), place(3, 3.4, 'new', 'old.')]
  assert.equal(takenWords(LINES, places), 0)
  const taken = [line(1, word(0, 'The'), word(0.5, 'Marais'), word(1, 'quarter,')), LINES[1]]
  assert.equal(takenWords(taken, places), 2)
  assert.equal(takenWords([taken[0], line(2, word(3, 'renewed.'))], places), 2, 'a part of a word is not the word')
  assert.equal(takenWords(taken, [place(2, 2.4, 'very', '')]), 0)
  assert.equal(takenWords([line(1, word(0, '東京'))], [place(0, 0.4, '東京', '京都')]), 1)
})
