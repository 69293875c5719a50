import assert from 'node:assert/strict'
import { test } from 'node:test'

import { compare } from '../../web/asset/model/compare.js'
import { fromApi } from '../../web/asset/model/lines.js'

/** Lines as "speaker: words", a word a second. @param {string[]} texts */
function lines(...texts) {
  let at = 0
  return fromApi({
    lines: texts.map((text) => {
      const [speaker, said] = text.split(': ')
      const start = at
      const words = said.split(' ').map((word, i) => {
        at += 1
        return /** @type {[number, number, string, number, string]} */ ([at - 1, at, word, 1, i ? ' ' : ''])
      })
      return { start, end: at, speaker, words }
    }),
  })
}

const MARKS = { same: ['', ''], out: ['[-', '-]'], in: ['[+', '+]'] }

/** @param {string[]} before @param {string[]} after */
function told(before, after) {
  const { rows, differences } = compare(lines(...before), lines(...after))
  return {
    rows: rows.map(
      ({ speaker, was, pieces }) =>
        `${was === undefined ? '' : `${was}→`}${speaker}: ${pieces.map(({ kind, text }) => MARKS[kind].join(text)).join('')}`,
    ),
    count: differences.length,
    differences,
  }
}

test('two that are the same have no difference', () => {
  const { rows, count } = told(['A: so it is', 'B: yes'], ['A: so it is', 'B: yes'])
  assert.deepEqual(rows, ['A: so it is', 'B: yes'])
  assert.equal(count, 0)
})

test('changed, added and left out words stand where they are said, and can be heard there', () => {
  const { rows, differences } = told(
    ['A: the knight bus is late', 'B: yes'],
    ['A: the night bus is very late', 'B: yes'],
  )
  assert.deepEqual(rows, ['A: the[- knight-][+ night+] bus is[+ very+] late', 'B: yes'])
  assert.deepEqual(differences, [
    { row: 0, start: 1, end: 2 },
    { row: 0, start: 4, end: 5 },
  ])
  assert.deepEqual(told(['A: the very late bus'], ['A: the bus']).rows, ['A: the[- very late-] bus'])
})

test('capitals and marks are differences too', () => {
  assert.deepEqual(told(['A: buses run'], ['A: Buses run.']).rows, ['A: [-buses run-][+ Buses run.+]'])
})

test('another speaker is a difference, once a line', () => {
  const { rows, count } = told(['A: so it is', 'B: yes'], ['Ada: so it is', 'B: yes'])
  assert.deepEqual(rows, ['A→Ada: so it is', 'B: yes'])
  assert.equal(count, 1)
  assert.equal(told(['A: so it is'], ['Ada: so it was']).count, 2)
})

test('lines that are cut or joined say the same, and only who speaks differs', () => {
  assert.equal(told(['A: so it is and was'], ['A: so it is', 'A: and was']).count, 0)
  assert.equal(told(['A: so it is', 'A: and was'], ['A: so it is and was']).count, 0)
  const { rows, count } = told(['A: so it is yes indeed'], ['A: so it is', 'B: yes indeed'])
  assert.deepEqual(rows, ['A: so it is', 'A→B: yes indeed'])
  assert.equal(count, 1)
})

test('whole lines that are new, or gone, stand by themselves', () => {
  assert.deepEqual(told(['A: one', 'B: two words', 'A: three'], ['A: one', 'A: three']).rows, [
    'A: one',
    'B: [-two words-]',
    'A: three',
  ])
  const { rows, count } = told(['A: one', 'A: three'], ['A: one', 'B: two', 'C: and a half', 'A: three'])
  assert.deepEqual(rows, ['A: one', 'B: [+two+]', 'C: [+and a half+]', 'A: three'])
  assert.equal(count, 2)
  assert.deepEqual(told(['A: one', 'B: two', 'A: well three'], ['A: one', 'A: three']).rows, [
    'A: one',
    'B: [-two-]',
    'A: [-well-] three',
  ])
  assert.deepEqual(told(['A: one', 'B: two'], ['A: one', 'B: deux']).rows, ['A: one', 'B: [-two-][+ deux+]'])
})

test('a text that was emptied, or written first, is one difference a line', () => {
  const empty = fromApi({ lines: [] })
  const gone = compare(lines('A: one', 'B: two'), empty)
  assert.deepEqual(
    gone.rows.map(({ pieces }) => pieces.map(({ kind, text }) => kind + text).join()),
    ['outone', 'outtwo'],
  )
  assert.equal(compare(empty, lines('A: one')).differences.length, 1)
  assert.deepEqual(compare(empty, empty), { rows: [], differences: [] })
})

test('no word is lost: both texts can be read from it, whatever was changed', () => {
  let seed = 7
  const random = (/** @type {number} */ most) => {
    seed = (seed * 1103515245 + 12345) % 2 ** 31
    return seed % most
  }
  const some = () =>
    Array.from(
      { length: 1 + random(6) },
      () => `${'ABC'[random(3)]}: ${Array.from({ length: 1 + random(6) }, () => 'uvwxyz'[random(6)]).join(' ')}`,
    )
  for (let round = 0; round < 300; round += 1) {
    const [before, after] = [some(), some()]
    const { rows, differences } = compare(lines(...before), lines(...after))
    const read = (/** @type {string} */ without) =>
      rows
        .map(({ pieces }) =>
          pieces
            .filter(({ kind }) => kind !== without)
            .map(({ text }) => text)
            .join(''),
        )
        .join(' ')
        .split(' ')
        .filter(Boolean)
    const words = (/** @type {string[]} */ texts) => texts.flatMap((text) => text.split(': ')[1].split(' '))
    assert.deepEqual(read('in'), words(before))
    assert.deepEqual(read('out'), words(after))
    assert.ok(differences.every(({ row, start, end }) => rows[row] && start <= end))
    const named = rows.flatMap(({ pieces, change }) => [change, ...pieces.map(({ difference }) => difference)])
    assert.deepEqual(
      [...new Set(named.filter((one) => one !== null))].sort((a, b) => a - b),
      [...differences.keys()],
    )
  }
})

test('three hours of talk, of which every tenth word was corrected, take two seconds of a processor at most', () => {
  const spoken = Array.from(
    { length: 2700 },
    (_, at) =>
      `${at % 2 ? 'A' : 'B'}: ${Array.from({ length: 10 }, (__, word) => `word${(at * 7 + word * 13) % 400}`).join(' ')}`,
  )
  const corrected = spoken.map((text, at) => text.replace(/word\d+$/, `right${at % 50}`))
  const [before, after] = [lines(...spoken), lines(...corrected)]
  const began = process.cpuUsage()
  assert.equal(compare(before, after).differences.length, 2700)
  const { user, system } = process.cpuUsage(began)
  assert.ok(user + system < 2_000_000, `${user + system} µs`)
})
