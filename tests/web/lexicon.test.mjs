import assert from 'node:assert/strict'
import { test } from 'node:test'

import { byLanguage, languagesOf, spellingsIn } from '../../web/lexicon.js'

/** @returns {any} */
const entry = (/** @type {string} */ text, /** @type {string[]} */ heard_as = [], language = 'en') => ({
  id: text,
  text,
  heard_as,
  language,
})
const compare = (/** @type {string} */ a, /** @type {string} */ b) => a.localeCompare(b, 'en')
const ALL = [entry('Zürich', ['sue rick']), entry('Anna Kowalczyk', ['and a coral chick']), entry('Mairie', [], 'fr')]
const texts = (/** @type {string} */ wanted) =>
  byLanguage(ALL, wanted, compare).map(([code, some]) => [code, ...some.map(({ text }) => text)])

test('entries stand by language, in order', () => {
  assert.deepEqual(texts(''), [
    ['en', 'Anna Kowalczyk', 'Zürich'],
    ['fr', 'Mairie'],
  ])
})

test('an entry is found by what it is, and by what it is misheard as', () => {
  assert.deepEqual(texts('zurich'), [['en', 'Zürich']])
  assert.deepEqual(texts('coral  CHICK'), [['en', 'Anna Kowalczyk']])
  assert.deepEqual(texts('nobody'), [])
})

test('spellings are taken apart at commas of every script', () => {
  assert.deepEqual(spellingsIn(' sue rick, surik、スー ，'), ['sue rick', 'surik', 'スー'])
})

test('a language is offered once, and one that is not offered any more stays with its entries', () => {
  assert.deepEqual(languagesOf(['en-US', 'en-GB', 'ja-JP'], ALL), ['en', 'ja', 'fr'])
})
