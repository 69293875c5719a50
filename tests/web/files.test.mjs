import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'

import { asAdded, endingOf, mayPass, whyRefused } from '../../web/files.js'

test('an ending is told as the API tells it', () => {
  const cases = JSON.parse(readFileSync(new URL('../data/endings.json', import.meta.url), 'utf8'))
  for (const [name, ending] of cases) assert.equal(endingOf(name), ending, JSON.stringify(name))
})

const file = (/** @type {object} */ meta = {}) => ({ id: 'talk', name: 'talk.MP4 ', meta })

test('files that agree in name, size and date are told apart where they are chosen together', () => {
  /** @type {Record<string, {meta: object, extension?: string, isGhost?: boolean}>} */
  const files = {}
  for (let count = 0; count < 3; count += 1) {
    const added = asAdded(file({ name: 'talk', asset: { id: '1' }, upload: {} }), files, () => false)
    assert.ok(added)
    files[added.id] = added
  }
  assert.deepEqual(Object.keys(files), ['talk', 'talk-2', 'talk-3'])
  assert.deepEqual(files['talk-2'].meta, { name: 'talk' }, 'what was announced for one is not used for the other')
  assert.equal(files.talk.extension, 'mp4')
})

test('a file that is there already is told as such, and one that waits for its bytes gets them', () => {
  assert.equal(
    asAdded(file(), { talk: {} }, () => true),
    false,
  )
  const ghost = asAdded(file({ asset: 1 }), { talk: { isGhost: true } }, () => false)
  assert.ok(ghost)
  assert.equal(ghost.id, 'talk')
})

test('why a file cannot be uploaded is known before it is', () => {
  const limits = { most: 100, endings: ['mp4', 'pdf'] }
  assert.equal(whyRefused({ name: 'a.MP4', size: 100 }, limits), null)
  assert.equal(whyRefused({ name: 'a.docx', size: 1 }, limits), 'kind')
  assert.equal(whyRefused({ name: 'mp4', size: 1 }, limits), 'kind')
  assert.equal(whyRefused({ name: 'a.pdf', size: 0 }, limits), 'empty')
  assert.equal(whyRefused({ name: 'a.pdf', size: 101 }, limits), 'large')
})

test('to try again is offered only for what may pass', () => {
  for (const status of [0, 500, 503, 429, 408, 401]) assert.ok(mayPass({ status }), String(status))
  for (const status of [400, 403, 413, 415]) assert.ok(!mayPass({ status }), String(status))
  assert.ok(mayPass({ status: 403, code: 'quota-in-flight' }), 'one of the others ends')
  assert.ok(!mayPass({ status: 403, code: 'quota-bytes' }))
})
