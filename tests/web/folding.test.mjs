import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { finder, fold, foldInPlace } from '../../web/folding.js'

/** Held to the same table as the API's folding. */
const cases = JSON.parse(readFileSync(new URL('../data/folding.json', import.meta.url), 'utf8'))
const isFound = (/** @type {[text: string, wanted: string]} */ [text, wanted]) =>
  finder(wanted)(foldInPlace(text)).length > 0

test('what was typed is found however the text was', () => {
  assert.deepEqual(
    cases.found.filter((/** @type {[string, string]} */ one) => !isFound(one)),
    [],
  )
})

test('another word is not found, and nothing finds nothing', () => {
  assert.deepEqual(cases.missed.filter(isFound), [])
  assert.deepEqual(
    cases.nothing.filter((/** @type {string} */ wanted) => isFound(['any text', wanted])),
    [],
  )
})

test('a text looks the same in place as by itself, and each place is one of the text', () => {
  for (const text of cases.found.flat()) {
    const { folded, places } = foldInPlace(text)
    assert.equal(folded, fold(text))
    if (places) assert.equal(places.length, folded.length + 1)
    for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) assert.equal(fold(text.normalize(form)), fold(text))
  }
})

test('what is found is marked whole, with its marks', () => {
  const found = (/** @type {string} */ text, /** @type {string} */ wanted) =>
    finder(wanted)(foldInPlace(text)).map(([from, to]) => text.slice(from, to))
  assert.deepEqual(found('un cafe\u0301 noir', 'café'), ['cafe\u0301'])
  assert.deepEqual(found(' \u1110\u1166\u1109\u1173\u1110\u1173 ', '스'), ['\u1109\u1173'])
  assert.deepEqual(found('夜行バス', '夜行\u3000バス'), ['夜行バス'])
  assert.deepEqual(found('İstanbul, ISTANBUL', 'istanbul'), ['İstanbul', 'ISTANBUL'])
})
