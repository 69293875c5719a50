import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DAY_MS, isOld, pack, unpack } from '../../web/asset/model/draft.js'
import { fromApi, joinBefore, setText, splitAt } from '../../web/asset/model/lines.js'

const base = fromApi({
  lines: ['So be it', 'it is so', 'and so on'].map((text, at) => ({
    start: 3 * at,
    end: 3 * at + 3,
    words: text.split(' ').map((word, i) => [3 * at + i, 3 * at + i + 1, word, 0.9, i ? ' ' : '']),
  })),
})

/** @param {unknown} value as IndexedDB gives it back */
const stored = (value) => structuredClone(value)

test('of a draft only what differs from what it began from is kept, and all of it comes back', () => {
  const changed = setText(splitAt(base, 0, 3), 3, 'and so forth')
  const packed = pack(changed, base)
  assert.deepEqual(packed, [changed[0], changed[1], [1, 1], changed[3]])
  const found = unpack(
    /** @type {any} */ (stored(base)),
    [stored(packed), pack(base, base), pack(joinBefore(base, 1).lines, base)].map((one) => /** @type {any} */ (one)),
  )
  const texts = found.texts.map((lines) => lines.map(({ text }) => text))
  assert.deepEqual(texts, [
    ['So', 'be it', 'it is so', 'and so forth'],
    ['So be it', 'it is so', 'and so on'],
    ['So be it it is so', 'and so on'],
  ])
  assert.equal(found.texts[0][2], found.base[1], 'what stands is the same')
  assert.equal(found.texts[0][0].id, found.base[0].id)
  const ids = found.base.map(({ id }) => id)
  assert.ok(!base.some(({ id }) => ids.includes(id)), 'nobody else has these ids')
})

test('a draft is kept for thirty days', () => {
  assert.equal(isOld(0, 30 * DAY_MS), false)
  assert.equal(isOld(0, 30 * DAY_MS + 1), true)
})
