import assert from 'node:assert/strict'
import { test } from 'node:test'

const page = new EventTarget()
Object.assign(globalThis, { window: page })
const { openDocument } = await import('../../web/asset/document.js')
const { whole } = await import('../../web/asset/model/confirmed.js')
const { unsavedText } = await import('../../web/asset/model/lines.js')

/** A service that keeps what it is given; `refusal` is what it answers to each save in its place. */
function service() {
  /** @type {any[]} */
  const saved = []
  const words = ['So', 'be', 'it'].map((text, i) => [i, i + 1, text, 0.9, i ? ' ' : ''])
  const found = {
    saved,
    left: 0,
    edition: 0,
    refusal: /** @type {object | null} */ (null),
    refusals: 0, // of what does not stand on what others have saved
    lines: [/** @type {any} */ ({ start: 0, end: 3, words })],
  }
  const source = {
    key: `recording ${Math.random()}`,
    isOwn: true,
    lines: async () => ({ edition: found.edition, editions: found.edition, lines: found.lines }),
    save: async (/** @type {any} */ correction) => {
      if (found.refusal) throw found.refusal
      if (found.refusals > 0) {
        found.refusals -= 1
        throw { status: 409, code: 'edited-meanwhile' }
      }
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

/** @param {any} found what somebody else saves there: other words, of which these are confirmed @param {string[]} texts */
function savedByOthers(found, texts, confirmed = [0]) {
  const words = texts.map((text, i) => [i, i + 1, text, 0.9, i ? ' ' : ''])
  found.lines = [{ start: 0, end: 3, words, confirmed }]
  found.edition += 1
  found.refusals = 1
}

test('what others have saved meanwhile is taken in, and saved with what was changed here; undo takes back only the latter', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.confirm([{ id: doc.lines[0].id, first: 0, last: 0 }])
  doc.type(doc.lines[0].id, 'So be them', 3)
  const { id } = doc.lines[0]
  savedByOthers(found, ['Thus', 'be', 'it'])
  await doc.autosave.flush()
  assert.deepEqual([doc.autosave.state, found.saved.length], ['saved', 1])
  const [{ edition, lines }] = found.saved
  assert.deepEqual([edition, lines], [1, [{ text: 'Thus be them' }]])
  assert.deepEqual([doc.lines[0].id, doc.safety.news?.kind], [id, 'merged'], 'the caret stays in its line')
  doc.undo()
  assert.equal(doc.lines[0].text, 'Thus be it')
  doc.redo()
  assert.equal(doc.lines[0].text, 'Thus be them')
  doc.release()
})

test('what is confirmed here is told from what the others saved', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.confirm([{ id: doc.lines[0].id, first: 0, last: 0 }])
  savedByOthers(found, ['So', 'be', 'it'], [2])
  await doc.autosave.flush()
  const [{ edition, confirmed, unconfirmed }] = found.saved
  assert.deepEqual([edition, confirmed.length, unconfirmed], [1, 1, []])
  assert.ok(confirmed[0].end < 1)
  assert.deepEqual(
    doc.lines[0].words.map((word) => word.confirmed),
    [true, false, true],
  )
  doc.release()
})

test('where both have changed the same words nothing is saved until somebody has decided', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.type(doc.lines[0].id, 'So be them', 3)
  savedByOthers(found, ['So', 'be', 'us'])
  await doc.autosave.flush()
  assert.deepEqual([doc.autosave.state, found.saved.length, doc.lines[0].text], ['conflict', 0, 'So be them'])
  doc.type(doc.lines[0].id, 'so be them', 3)
  await doc.autosave.flush()
  assert.equal(found.saved.length, 0)
  assert.deepEqual(
    doc.safety.merged?.places.map(({ mine, theirs }) => [mine, theirs]),
    [['them', 'us']],
  )
  await doc.safety.decide(['theirs'])
  assert.deepEqual(
    [doc.autosave.state, found.saved[0].edition, found.saved[0].lines],
    ['saved', 1, [{ text: 'so be us' }]],
  )
  doc.undo()
  assert.equal(doc.lines[0].text, 'so be them')
  await doc.autosave.flush()
  assert.deepEqual(found.saved[1].lines, [{ text: 'so be them' }])
  doc.release()
})

test('who decides for all that the others wrote has nothing to save', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.type(doc.lines[0].id, 'So be them', 3)
  savedByOthers(found, ['So', 'be', 'us'])
  await doc.autosave.flush()
  await doc.safety.decide('theirs')
  assert.deepEqual([doc.autosave.state, found.saved.length, doc.edition], ['saved', 0, 1])
  assert.equal(doc.safety.merged, null)
  doc.release()
})

test('a save whose answer was lost is no conflict with oneself', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.type(doc.lines[0].id, 'So be them', 3)
  found.refusal = { status: 0, code: 'offline' }
  await doc.autosave.flush()
  assert.equal(doc.autosave.state, 'failed')
  found.refusal = null
  savedByOthers(found, ['So', 'be', 'them'], [2]) // it had arrived
  doc.type(doc.lines[0].id, 'So be them all', 3)
  await doc.autosave.flush()
  assert.deepEqual(
    [doc.autosave.state, found.saved[0].edition, found.saved[0].lines],
    ['saved', 1, [{ text: 'So be them all' }]],
  )
  doc.release()
})

test('who cannot fetch what others have saved tries again', async () => {
  const { found, source } = service()
  const doc = openDocument(source)
  await doc.load()
  doc.type(doc.lines[0].id, 'So be them', 3)
  savedByOthers(found, ['Thus', 'be', 'it'])
  const { lines } = source
  source.lines = async () => {
    throw Object.assign(new Error(), { status: 0, code: 'offline' })
  }
  await doc.autosave.flush()
  assert.equal(doc.autosave.state, 'failed')
  source.lines = lines
  found.refusals = 1
  await doc.autosave.flush()
  assert.deepEqual([doc.autosave.state, found.saved[0].lines], ['saved', [{ text: 'Thus be them' }]])
  doc.release()
})

test('what is refused for good holds nobody back, and what is not saved of it can be taken elsewhere', async () => {
  for (const [status, isRefused] of [
    [404, true],
    [403, true],
    [409, false],
    [0, false],
  ]) {
    const { found, source } = service()
    const doc = openDocument(source)
    await doc.load()
    doc.type(doc.lines[0].id, 'So be it then', 13)
    found.refusal = { status, code: 'not-found' }
    await doc.autosave.flush()
    assert.equal(doc.autosave.isRefused, isRefused, String(status))
    assert.equal(unsavedText(doc.lines, doc.saved), 'So be it then')
    assert.equal(openDocument(source), doc, 'while it is shown it is kept')
    doc.autosave.timers.clear(doc.autosave.timer)
    if (!isRefused) continue
    doc.release()
    assert.notEqual(openDocument(source), doc)
  }
})
