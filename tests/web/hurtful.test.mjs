import assert from 'node:assert/strict'
import { test } from 'node:test'

import { Hurtful, placesOf } from '../../web/asset/model/hurtful.js'
import { fromApi, setText, splitAt } from '../../web/asset/model/lines.js'

const lines = (/** @type {string[]} */ ...texts) =>
  fromApi({
    lines: texts.map((text, number) => {
      const start = number * 10
      /** @type {[number, number, string, number, string][]} */
      const words = text.split(' ').map((one, i) => [start + i, start + i + 1, one, 0.9, ' '])
      return /** @type {any} */ ({ start, end: start + words.length, words })
    }),
  })
const SAID = lines('Good morning all', 'You are an idiot really', 'Bye now')
const INSULT = { text: 'You are an idiot really', start: 10, end: 15, label: 'insult', confidence: 0.8 }
const RUDE = { text: 'idiot', start: 13, end: 14, label: 'profanity', confidence: 0.9 }

test('what lies within a place and in its words is a reason more for it', () => {
  const [place, ...others] = placesOf([RUDE, INSULT])
  assert.equal(others.length, 0)
  assert.deepEqual(
    place.kinds.map(({ kind }) => kind),
    ['profanity', 'insult'],
  )
  assert.equal(placesOf([INSULT, { ...RUDE, text: 'fool' }]).length, 2)
  assert.equal(placesOf([INSULT, { ...INSULT, start: 30, end: 35 }]).length, 2)
  assert.equal(placesOf([1, 1, 2].map((page) => ({ text: 'idiot', page, label: 'insult' }))).length, 2)
})

test('words are marked by their time', () => {
  const hurtful = new Hurtful(placesOf([INSULT]))
  assert.deepEqual(hurtful.in(SAID[0]), [])
  const [{ first, last, words }] = hurtful.in(SAID[1])
  assert.deepEqual([first, last, words.size], [0, 4, 5])
  assert.deepEqual(
    hurtful.shown(SAID).map(({ line }) => line),
    [1],
  )
})

test('marks stay with the words that are left, in whichever line, and go with those that were changed', () => {
  const hurtful = new Hurtful(placesOf([INSULT]))
  const more = setText(SAID, 1, 'Well, you are an IDIOT, really')
  assert.deepEqual([...hurtful.in(more[1])[0].words], [1, 2, 3, 4, 5])
  const parted = splitAt(SAID, 1, 11)
  assert.equal(parted.length, 4)
  assert.deepEqual([hurtful.in(parted[1])[0].words.size, hurtful.in(parted[2])[0].words.size], [3, 2])
  assert.equal(hurtful.shown(parted).length, 1)
  assert.deepEqual(hurtful.in(setText(SAID, 1, 'Something else was said here')[1]), [])
  assert.deepEqual(new Hurtful(placesOf([RUDE])).in(setText(SAID, 1, 'You are an angel really')[1]), [])
})

test('letters of a script without spaces are marked too', () => {
  const chinese = fromApi({
    lines: [
      /** @type {any} */ ({
        start: 0,
        end: 4,
        words: [...'你是白痴'].map((one, i) => [i, i + 1, one, 0.9, '']),
      }),
    ],
  })
  const hurtful = new Hurtful(placesOf([{ text: '白痴', start: 2, end: 4, label: 'insult', confidence: 0.7 }]))
  assert.deepEqual([...hurtful.in(chinese[0])[0].words], [2, 3])
})
