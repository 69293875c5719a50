import assert from 'node:assert/strict'
import { test } from 'node:test'

import { isBiometric, kindOf, missingIn, pricesOf, toSend, worksAs } from '../../web/wishes.js'

const defaults = { minConfidence: 80, label: false, text: true, textROI: Array(9).fill(false), facematch: false }

test('only what differs from what is done by itself is sent', () => {
  assert.equal(toSend({ ...defaults }, defaults), undefined)
  assert.deepEqual(toSend({ ...defaults, label: true, text: false }, defaults), { label: true, text: false })
  assert.deepEqual(toSend({ ...defaults, faceCollectionId: 'staff' }, defaults), undefined)
  assert.deepEqual(toSend({ ...defaults, facematch: true, faceCollectionId: 'staff' }, defaults), {
    facematch: true,
    faceCollectionId: 'staff',
  })
  const corner = [true, ...Array(8).fill(false)]
  assert.deepEqual(toSend({ ...defaults, textROI: corner }, defaults), { textROI: corner })
  assert.deepEqual(toSend({ ...defaults, text: false, textROI: corner }, defaults), { text: false })
})

test('what needs a name is not sent without', () => {
  assert.deepEqual(missingIn({ facematch: true, customlabel: true, customLabelModels: [], customentity: true }), [
    'faceCollectionId',
    'customLabelModels',
    'customEntityRecognizer',
  ])
  assert.deepEqual(missingIn({ facematch: true, faceCollectionId: 'staff' }), [])
  assert.deepEqual([{ face: true }, { celeb: false, label: true }].map(isBiometric), [true, false])
})

test('prices are those of how it is looked for', () => {
  /** @type {{per: 'minute' | 'picture' | 'frame', usd: number}[]} */
  const prices = [
    { per: 'minute', usd: 0.1 },
    { per: 'picture', usd: 0.001 },
    { per: 'frame', usd: 0.001 },
  ]
  assert.deepEqual(
    [false, true].map((isFrames) => pricesOf(prices, isFrames).map(({ per }) => per)),
    [
      ['minute', 'picture'],
      ['picture', 'frame'],
    ],
  )
  assert.deepEqual(pricesOf(prices.slice(0, 1), true), prices.slice(0, 1)) // shots have no stills
})

test('the kind of a file is that of its name, and a picture that is to be read is a document', () => {
  assert.deepEqual(['mp4', 'jpg', 'pdf', 'tiff', ''].map(kindOf), [null, 'image', 'document', 'document', null])
  assert.equal(worksAs({ kind: 'image', ending: 'png' }, { textract: true }), 'document')
  assert.equal(worksAs({ kind: 'image', ending: 'gif' }, { textract: true }), 'image')
  assert.equal(worksAs({ ending: 'mp4' }, { textract: true }), undefined)
})
