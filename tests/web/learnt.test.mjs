import assert from 'node:assert/strict'
import { test } from 'node:test'

import { actionsFor, families, heardBy, learntByLanguage, nights, whyOf } from '../../web/learnt.js'

/** @returns {any} */
const model = (/** @type {number} */ number, /** @type {object} */ more = {}) => ({
  scope: 'everybody',
  language: 'en',
  trainer: 'training',
  number,
  state: 'refused',
  made_at: 1000 * number,
  recordings: 12,
  words: 5000,
  ...more,
})
const JUDGED = { verdict: 'not-better', recordings: 6, words: 1200, current: 0.1, candidate: 0.12, sureness: 0.3 }

test('why a model was taken or not is told by the figures that decided it', () => {
  assert.equal(whyOf(undefined), null)
  const why = whyOf(/** @type {any} */ (JUDGED))
  assert.deepEqual([why?.key, why?.current, why?.candidate], ['learning.verdict.not-better', 0.1, 0.12])
  const general = { ...JUDGED, verdict: 'worse-in-general', general_current: 0.05, general_candidate: 0.07 }
  assert.deepEqual(
    [whyOf(/** @type {any} */ (general))?.current, whyOf(/** @type {any} */ (general))?.candidate],
    [0.05, 0.07],
  )
})

test('models stand by language and trainer, the newest first', () => {
  const all = [model(1, { state: 'previous' }), model(1, { language: 'fr' }), model(2, { state: 'current' })]
  const night = /** @type {any} */ ({ language: 'ko', trainer: 'training', at: 7, outcome: 'skipped' })
  const [english, french, korean] = families(all, [night])
  assert.deepEqual([korean.models, korean.night?.at, english.night], [[], 7, undefined])
  assert.deepEqual(
    [english.language, english.models.map(({ number }) => number), english.current?.number],
    ['en', [2, 1], 2],
  )
  assert.deepEqual([french.language, french.current], ['fr', undefined])
})

test('only nights that were measured are drawn, the latest of them, in their order', () => {
  const all = Array.from({ length: 20 }, (_, i) => model(20 - i, { judged: { ...JUDGED, words: i === 0 ? 0 : 1200 } }))
  const drawn = nights([...all, model(30)])
  assert.equal(drawn.length, 12)
  assert.deepEqual([drawn[0].number, drawn.at(-1)?.number, drawn[0].candidate], [8, 19, 0.12])
})

test('what failed or was taken out of use cannot be used', () => {
  const can = Object.fromEntries(
    ['training', 'current', 'previous', 'refused', 'failed', 'retired'].map((state) => [
      state,
      actionsFor(model(1, { state })),
    ]),
  )
  assert.deepEqual(
    Object.keys(can).filter((state) => can[state].use),
    ['previous', 'refused'],
  )
  assert.deepEqual(
    Object.keys(can).filter((state) => can[state].retire),
    ['current', 'previous', 'refused'],
  )
  assert.equal(can.previous.isBack, true)
})

test('what heard a recording is told apart from what was learnt that helped', () => {
  assert.deepEqual(heardBy('whisper'), { engine: 'whisper', models: [] })
  assert.deepEqual(heardBy('whisper, account 3, hearing of everybody 12, something else').models, [
    { trainer: 'training', isForAll: false, number: 3 },
    { trainer: 'hearing', isForAll: true, number: 12 },
  ])
})

test('what was learnt stands by language, and there by what is written', () => {
  const rule = (/** @type {string} */ language, /** @type {string} */ written, heard = '') => ({
    id: written,
    language,
    heard,
    written,
    recordings: 2,
    scope: /** @type {const} */ ('account'),
  })
  const learnt = [rule('fr', 'Été'), rule('en', 'Zoe', 'so'), rule('en', 'Anna'), rule('en', 'Zoe', 'joe')]
  const found = learntByLanguage(learnt, (a, b) => a.localeCompare(b, 'en'))
  assert.deepEqual(
    found.map(([language, some]) => [language, some.map(({ written, heard }) => `${heard} ${written}`.trim())]),
    [
      ['en', ['Anna', 'joe Zoe', 'so Zoe']],
      ['fr', ['Été']],
    ],
  )
  assert.deepEqual(
    learntByLanguage([], () => 0),
    [],
  )
})
