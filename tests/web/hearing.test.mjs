/** How a recording could be heard again, and when that is proposed. */

import assert from 'node:assert/strict'
import { test } from 'node:test'

import { advice, canHearAgain, chosenBefore, wanted } from '../../web/asset/model/hearing.js'

/** @import { Asset, HearingView } from '../../web/types.d.ts' */

/** @type {HearingView} */
const HEARING = {
  words: 3,
  heard: { language: 'fr', speakers: 2, channels: 'together', track: 1, transcriber: 'whisper', lexicon: true },
  transcribers: [
    { name: 'whisper', is_usual: true, hears_channels: false, uses_lexicon: true },
    { name: 'other', is_usual: false, hears_channels: true, uses_lexicon: false },
  ],
}
/** @param {object} changes */
const asset = (changes = {}) =>
  /** @type {Asset} */ (
    /** @type {unknown} */ ({
      status: 'completed',
      kind: 'video',
      is_withheld: false,
      sound_tracks: [{ number: 1, is_heard: true, title: '' }],
      language: 'fr',
      clarity: 'clear',
      branches: { speech: { status: 'done' } },
      ...changes,
    })
  )

test('the form begins with how it was heard, or in a language that is proposed', () => {
  assert.equal(chosenBefore(HEARING.heard).language, 'fr')
  assert.equal(chosenBefore(HEARING.heard, 'en').language, 'en')
  assert.deepEqual(chosenBefore({ channels: 'together', transcriber: 'whisper', lexicon: false }), {
    language: '',
    speakers: '',
    channels: 'together',
    track: '',
    transcriber: 'whisper',
    lexicon: false,
  })
})

test('all that can be chosen is said, and what is to be found out as null', () => {
  const choice = { ...chosenBefore(HEARING.heard), language: '', speakers: '' }
  assert.deepEqual(wanted(choice, HEARING), {
    language: null,
    speakers: null,
    channels: 'together',
    track: 1,
    transcriber: null,
    lexicon: true,
  })
})

test('channels are heard apart only by what can', () => {
  const choice = { ...chosenBefore(HEARING.heard), channels: 'separate' }
  assert.equal(wanted(choice, HEARING).channels, 'together')
  assert.equal(wanted({ ...choice, transcriber: 'other' }, HEARING).channels, 'separate')
  assert.equal(wanted({ ...choice, transcriber: 'other' }, HEARING).transcriber, 'other')
})

test('only what has sound, has ended and is given out can be heard again', () => {
  assert.equal(canHearAgain(asset()), true)
  for (const changes of [
    { status: 'processing' },
    { status: 'rejected' },
    { kind: 'image' },
    { is_withheld: true },
    { sound_tracks: [] },
  ])
    assert.equal(canHearAgain(asset(changes)), false, JSON.stringify(changes))
})

test('it is proposed where it was heard poorly or with doubt, failed, or nothing was heard; and never else', () => {
  assert.equal(advice(asset(), 'fr'), null)
  assert.deepEqual(advice(asset({ clarity: 'poor' }), 'en'), { reason: 'poor', language: 'en' })
  assert.deepEqual(advice(asset({ clarity: 'fair', language: 'fr-FR' }), 'fr'), { reason: 'fair', language: null })
  assert.equal(advice(asset({ branches: { speech: { status: 'failed' } } }), 'en')?.reason, 'failed')
  assert.equal(advice(asset({ language: undefined, clarity: undefined }), 'en')?.reason, 'empty')
  assert.equal(advice(asset({ branches: { speech: { status: 'skipped' } }, clarity: undefined }), 'en'), null)
  assert.equal(advice(asset({ clarity: 'poor', status: 'processing' }), 'en'), null)
})
