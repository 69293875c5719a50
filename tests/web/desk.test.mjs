/** The desk: which words wait, what they may be instead, what is replaced where, and what is offered to the lexicon. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { choicesFor, correctedIn, isAlike } from '../../web/asset/desk/choices.js'
import { around, atOf, charactersOf, nextHeld, placeOf, writtenOver } from '../../web/asset/desk/held.js'
import { mayBeName, offerFor } from '../../web/asset/desk/offer.js'
import {
  beginsSentence,
  changeOf,
  partsOf,
  placesOf,
  redressed,
  replaceAt,
  spliced,
  writtenAt,
} from '../../web/asset/desk/replacing.js'
import { confirm, measured, shareOf, verdicts } from '../../web/asset/model/confirmed.js'
import { adopt, fromApi, setText } from '../../web/asset/model/lines.js'

/**
 * Lines of words, a second each; what ends with `~` was heard without certainty.
 * @param {string[]} texts
 * @param {Record<string, any>} [more] of the first line
 */
function lines(texts, more = {}) {
  let second = 0
  return fromApi({
    lines: texts.map((text, i) => {
      const words = text.split(' ').map((word, at) => {
        second += 1
        const isUnsure = word.includes('~')
        return [second, second + 0.9, word.replace('~', ''), isUnsure ? 0.3 : 0.95, at ? ' ' : '']
      })
      return /** @type {any} */ ({ start: words[0][0], end: second + 0.9, words, ...(i ? {} : more) })
    }),
    confirmations: more.confirmations,
  })
}

const ANY = { isWhole: false, matchCase: false, matchAccents: false }
const WHOLE = { isWhole: true, matchCase: false, matchAccents: true }
const text = (/** @type {any[]} */ some) => some.map((line) => line.text)
const found = (/** @type {any[]} */ some, /** @type {string} */ wanted, how = ANY) =>
  placesOf(some, wanted, how).map(({ line, from, to }) => some[line].text.slice(from, to))

test('of what is written in the place of a held word, all is confirmed, also what stays as it was', () => {
  const said = lines(['a dream but~ it is so'])
  const longer = writtenOver(said, 0, 8, 11, 'but then')
  assert.deepEqual(text(longer), ['a dream but then it is so'])
  assert.equal(measured(longer).held, 0)
  assert.deepEqual(verdicts(longer, said).confirmed.length, 1)
  const shorter = writtenOver(said, 0, 8, 11, '')
  assert.deepEqual([text(shorter), measured(shorter).confirmed], [['a dream it is so'], 0])
})

test('one goes from held word to held word, round the end, and edits around one do not move it', () => {
  const said = lines(['The knight~ bus', 'is late~ again'])
  const first = nextHeld(said, { line: 0, word: -1 }, 1)
  assert.deepEqual(first, { line: 0, word: 1 })
  assert.deepEqual(nextHeld(said, { line: 0, word: 1 }, 1), { line: 1, word: 1 })
  assert.deepEqual(nextHeld(said, { line: 1, word: 1 }, 1), { line: 0, word: 1 })
  const at = atOf(said, { line: 1, word: 1 })
  const longer = setText(said, 1, 'is really late again')
  assert.deepEqual(placeOf(longer, at), { line: 1, word: 2 })
  assert.equal(placeOf(longer, { id: -1, start: 0 }), null)
  assert.deepEqual(charactersOf(said[1], 1, 2), [3, 13])
  const { before, text: word, after } = around(said[1], 3, 7, 3)
  assert.deepEqual([before, word, after], ['is ', 'late', '…'])
})

test('what a word may be instead comes from the engine, the recording, the lexicon and what was learnt, each once', () => {
  const [line] = lines(['Mister covatch~, anna coral chick'], { alternatives: { 1: ['go batch', 'covatch'] } })
  const entry = (/** @type {string} */ name, /** @type {string[]} */ heard_as = []) =>
    /** @type {any} */ ({ text: name, heard_as, language: 'en' })
  const known = {
    lexicon: [
      entry('Kovács', ['Covatch']),
      entry('Kovatch'),
      entry('bus'),
      entry('Anna Kowalczyk', ['anna coral chick']),
    ],
    learnt: [/** @type {any} */ ({ heard: 'covatch', written: 'Kovács' })],
    corrected: new Map([['covatch', new Map([['Kovacs', 2]])]]),
  }
  assert.deepEqual(choicesFor(line, 1, known), [
    { text: 'go batch', origin: 'engine', count: 1 },
    { text: 'Kovacs', origin: 'here', count: 1 },
    { text: 'Kovács', origin: 'lexicon', count: 1 },
    { text: 'Kovatch', origin: 'lexicon', count: 1 },
  ])
  assert.deepEqual(choicesFor(line, 2, known), [{ text: 'Anna Kowalczyk', origin: 'lexicon', count: 3 }])
  assert.deepEqual(
    [isAlike('bus', 'fuss'), isAlike('fare', 'fair'), isAlike('kovatch', 'covatch')],
    [false, false, true],
  )
  const many = { ...known, lexicon: Array.from({ length: 30 }, (_, i) => entry(`name ${i}`, ['covatch'])) }
  assert.equal(choicesFor(line, 1, many).length, 9, 'as there are keys')
})

test('what was corrected in the recording is told word for word', () => {
  const heard = lines(['Here is covatch’s plan', 'and a bus'])
  const now = lines(['Here is Kovács’s plan', 'and a night bus'])
  assert.deepEqual([...correctedIn(heard, now)], [['covatch', new Map([['Kovács', 1]])]])
})

test('words, parts and phrases are found, with capitals and accents as asked', () => {
  const said = lines(['The café, Cafe and cafés', 'the CAFÉ is new'])
  assert.deepEqual(found(said, 'cafe'), ['café', 'Cafe', 'café', 'CAFÉ'])
  assert.deepEqual(found(said, 'cafe', { ...ANY, isWhole: true }), ['café', 'Cafe', 'CAFÉ'])
  assert.deepEqual(found(said, 'café', { ...ANY, matchAccents: true }), ['café', 'café', 'CAFÉ'])
  assert.deepEqual(found(said, 'Cafe', { ...ANY, matchCase: true }), ['Cafe'])
  assert.deepEqual(found(said, 'café', { isWhole: true, matchCase: true, matchAccents: true }), ['café'])
  assert.deepEqual(found(said, 'cafe\u0301', { ...WHOLE, matchCase: true }), ['café'], 'however an accent is typed')
  assert.deepEqual(found(said, 'CAFÉ  is', WHOLE), ['CAFÉ is'])
  assert.deepEqual(found(said, 'c.f', WHOLE), [], 'no pattern')
  assert.deepEqual(found(said, ' ', WHOLE), [])
  assert.deepEqual(found(lines(['今日は雨。']), '雨', WHOLE), ['雨'], 'where words have no spaces')
})

test('capitals at the beginning of a sentence, marks and possessives stay', () => {
  const said = lines(['Knight buses: a knight bus.', 'The knight’s bus, and KNIGHT.'])
  const all = placesOf(said, 'knight', WHOLE)
  assert.equal(all.length, 4)
  assert.deepEqual(text(replaceAt(said, all, 'knight', 'night')), [
    'Night buses: a night bus.',
    'The night’s bus, and Night.',
  ])
  assert.equal(writtenAt('knight', 'Knight', 'Night', true), 'night')
  assert.equal(writtenAt('covatch', 'Covatch', 'Kovács'), 'Kovács', 'a name keeps its capital')
  assert.deepEqual(changeOf('covatch’s,', 'Kovács’s,'), { was: 'covatch', is: 'Kovács' })
  assert.deepEqual(changeOf('buses', 'bus’s'), { was: 'buses', is: 'bus’s' })
  assert.deepEqual([beginsSentence(said[0], 0), beginsSentence(said[0], 7)], [true, false])
  const parts = partsOf('(late).')
  assert.deepEqual(
    [redressed(parts, 'early'), redressed(parts, 'early!'), redressed(parts, '')],
    ['(early).', '(early!', ''],
  )
  assert.equal(redressed(partsOf('—'), 'x'), 'x')
})

test('what is replaced keeps its time and is confirmed, and what stands between is left alone', () => {
  const said = lines(['a covatch~ and b covatch~ c', 'nothing here'])
  const changed = replaceAt(said, placesOf(said, 'covatch', WHOLE), 'covatch', 'Eva Kovács')
  assert.equal(changed[1], said[1])
  assert.equal(changed[0].text, 'a Eva Kovács and b Eva Kovács c')
  assert.deepEqual(
    changed[0].words.map(({ text: word, confirmed }) => [word, confirmed]),
    [
      ['a', false],
      ['Eva', true],
      ['Kovács', true],
      ['and', false],
      ['b', false],
      ['Eva', true],
      ['Kovács', true],
      ['c', false],
    ],
  )
  assert.equal(changed[0].words[3], said[0].words[2])
  assert.equal(changed[0].words[1].start, said[0].words[1].start)
  assert.equal(changed[0].words[2].end, said[0].words[1].end)
  assert.deepEqual(text(replaceAt(said, placesOf(said, 'covatch', WHOLE), 'covatch', '')), [
    'a and b c',
    'nothing here',
  ])
  assert.deepEqual([spliced('a b', 0, 1, ''), spliced('a b', 2, 3, ''), spliced('今日', 0, 1, '')], ['b', 'a', '日'])
})

test('a name is offered to the lexicon, and a common word is not', () => {
  const how = { isStart: false, times: 1, language: 'en' }
  assert.equal(mayBeName('Kovács', how), true)
  assert.equal(mayBeName('fare', how), false)
  assert.equal(mayBeName('Fare', { ...how, isStart: true }), false)
  assert.equal(mayBeName('eBay', { ...how, isStart: true }), true)
  assert.equal(mayBeName('Anna Kowalczyk', { ...how, isStart: true }), true)
  assert.equal(mayBeName('Haus', { ...how, language: 'de' }), false, 'every noun has a capital there')
  assert.equal(mayBeName('Angela Merkel', { ...how, language: 'de' }), true)
  assert.equal(mayBeName('小林', { ...how, language: 'ja' }), false)
  assert.equal(mayBeName('小林', { ...how, language: 'ja', times: 2 }), true)
  const [line] = lines(['Here is covatch today'])
  const known = { times: 1, language: 'en-US', lexicon: /** @type {any[]} */ ([]) }
  assert.deepEqual(offerFor(line, 8, 'covatch,', 'Kovács,', known), {
    text: 'Kovács',
    heard: 'covatch',
    language: 'en',
  })
  assert.equal(offerFor(line, 8, 'kovács', 'Kovács', known), null, 'a capital alone')
  const there = { ...known, lexicon: [/** @type {any} */ ({ text: 'kovács', language: 'en' })] }
  assert.equal(offerFor(line, 8, 'covatch', 'Kovács', there), null, 'it is there')
  assert.equal(offerFor(line, 8, 'covatch', 'Kovács', { ...known, language: undefined }), null)
})

test('the meter tells how much is confirmed, by whom and when, as one works', () => {
  const confirmations = [
    { by: 'ann', at: 100 },
    { by: 'bob', at: 300 },
    { by: 'ann', at: 200 },
  ]
  const said = lines(['a b~ c d~ e f'], {
    confirmations,
    confirmed: [0, 1, 2, 4],
    confirmed_by: [
      [0, 1],
      [2, 2],
      [1, 1],
    ],
  })
  assert.deepEqual(measured(said), {
    words: 6,
    confirmed: 4,
    held: 1,
    people: [
      { by: 'ann', words: 3, last: 200 },
      { by: 'bob', words: 1, last: 300 },
    ],
  })
  const mine = confirm(said, [{ id: said[0].id, first: 3, last: 5 }], true)
  assert.deepEqual(measured(mine).people.at(-1), { by: 'bob', words: 1, last: 300 })
  assert.deepEqual([measured(mine).held, shareOf(measured(mine))], [0, 1])
  const back = confirm(mine, [{ id: said[0].id, first: 0, last: 5 }], false)
  assert.deepEqual(measured(back).people, [])
  assert.deepEqual(
    measured(confirm(back, [{ id: said[0].id, first: 0, last: 0 }], true)).people,
    [{ by: null, words: 1, last: null }],
    'what is confirmed here is nobody else’s any more',
  )
  const typed = setText(said, 0, 'x b c d e f')
  assert.deepEqual(
    measured(typed).people.find(({ by }) => by === null),
    { by: null, words: 1, last: null },
  )
  const fetched = adopt(
    typed,
    typed,
    lines(['x b~ c d~ e f'], { confirmations, confirmed: [0], confirmed_by: [[1, 1]] }),
  )
  assert.deepEqual(measured(fetched ?? []).people, [{ by: 'bob', words: 1, last: 300 }])
})
