import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { oneLine, tagsIn } from '../../web/names.js'

/** Held to the same table as the API's names. */
const cases = JSON.parse(readFileSync(new URL('../data/names.json', import.meta.url), 'utf8'))

test('a name is kept in the form in which the API keeps it', () => {
  for (const [typed, kept] of cases) assert.equal(oneLine(typed), kept)
})

test('tags are what stands between commas, but for what nobody sees', () => {
  assert.deepEqual(tagsIn(' a, b b ,、\u200b，c,a'), ['a', 'b b', 'c'])
})
