import assert from 'node:assert/strict'
import { test } from 'node:test'

const page = new EventTarget()
Object.assign(globalThis, { window: page })
const { openDocument } = await import('../../web/asset/document.js')
const { whole } = await import('../../web/asset/model/confirmed.js')

/** A service that keeps what it is given; `says` is what it answers to the next save in its place. */
function service() {
  /** @type {any[]} */
  const saved = []
  const words = ['So', 'be', 'it'].map((text, i) => [i, i + 1, text, 0.9, i ? ' ' : ''])
  const found = {
    saved,
    left: 0,
    edition: 0,
    refusal: /** @type {object | null} */ (null),
    lines: [/** @type {any} */ ({ start: 0, end: 3, words })],
  }
  const source = {
    key: `recording ${Math.random()}`,
    isOwn: true,
    lines: async () => ({ edition: found.edition, editions: found.edition, lines: found.lines }),
    save: async (/** @type {any} */ correction) => {
      if (found.refusal) throw found.refusal
      saved.push(correction)
      found.edition += 1
      return { edition: found.edition }
    },
    left: async () => {
      found.left += 1
    },
  }
  return { found, source: /** @type {any} */ (source) }
}

test('what is confirmed is saved with the text, and taken back by undo', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  assert.equal(doc.confirm([whole(doc.lines[0])]), true)
  await doc.autosave.flush()
  assert.deepEqual(found.saved[0].lines, [{ text: 'So be it' }])
  assert.deepEqual([found.saved[0].edition, found.saved[0].confirmed.length, found.saved[0].unconfirmed], [0, 1, []])
  doc.undo()
  await doc.autosave.flush()
  assert.deepEqual([found.saved[1].edition, found.saved[1].confirmed, found.saved[1].unconfirmed.length], [1, [], 1])
  assert.equal(doc.confirm([]), null)
  assert.equal(doc.takeBack(doc.lines[0].id, 0), false, 'no rule wrote that')
  doc.release()
})

test('what is replaced in many lines is taken back in one step', async () => {
  const { found, source } = service()
  found.lines.push({ ...found.lines[0], start: 3, end: 6 })
  const doc = openDocument(source)
  await doc.load()
  const before = doc.lines
  const [first, second] = before.map(({ id }) => id)
  const changes = [
    { id: first, text: 'So be them' },
    { id: second, text: 'So be them' },
  ]
  assert.equal(doc.replaceAll(changes), 2)
  assert.deepEqual(
    doc.lines.map(({ text }) => text),
    ['So be them', 'So be them'],
  )
  assert.equal(doc.replaceAll(changes), 0, 'they stand there already')
  assert.deepEqual(doc.undo(), { id: first })
  assert.equal(doc.lines, before)
  assert.equal(doc.history.canUndo, false)
  doc.release()
})

test('the service is told once that somebody is done, and only if something was corrected', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  page.dispatchEvent(new Event('pagehide'))
  assert.equal(found.left, 0)
  doc.confirm([whole(doc.lines[0])])
  await doc.autosave.flush()
  page.dispatchEvent(new Event('pagehide'))
  page.dispatchEvent(new Event('pagehide'))
  assert.equal(found.left, 1, 'the page may come back, and go again')
  doc.type(doc.lines[0].id, 'So be it then', 3)
  doc.release()
  await doc.autosave.flush()
  assert.deepEqual([found.saved.length, found.left], [2, 2], 'what was not saved is saved first')
  page.dispatchEvent(new Event('pagehide'))
  assert.equal(found.left, 2)
})

test('who keeps their own text in a conflict tells what is confirmed from what the others saved', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.confirm([{ id: doc.lines[0].id, first: 0, last: 0 }])
  found.edition = 1
  found.lines = [{ ...found.lines[0], confirmed: [2] }]
  found.refusal = { status: 409, code: 'edited-meanwhile' }
  await doc.autosave.flush()
  assert.equal(doc.autosave.state, 'conflict')
  found.refusal = null
  await doc.keepMine()
  const [{ edition, confirmed, unconfirmed }] = found.saved
  assert.deepEqual([edition, confirmed.length, unconfirmed.length], [1, 1, 1])
  assert.ok(confirmed[0].end < 1 && unconfirmed[0].start > 2)
  doc.release()
})
