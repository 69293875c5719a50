import assert from 'node:assert/strict'
import { test } from 'node:test'

import { clock } from '../../web/asset/model/format.js'
import { History } from '../../web/asset/model/history.js'
import { fromApi } from '../../web/asset/model/lines.js'
import { speakersOver, stretches } from '../../web/asset/model/mood.js'
import { find } from '../../web/asset/model/search.js'
import { labelNumber, rename, setSpeaker, speakersOf, turnOf } from '../../web/asset/model/speakers.js'
import { countUntil, nextTime, nextWord, placeAt, placeNearest, timeIndex } from '../../web/asset/model/times.js'

const lines = (/** @type {[start: number, speaker: string | null, text: string][]} */ ...texts) =>
  fromApi({
    lines: texts.map(([start, speaker, text]) => {
      /** @type {[number, number, string, number, string][]} */
      const words = text
        .split(' ')
        .map((one, i) => [start + i, start + i + 1, one, one.startsWith('*') ? 0.2 : 0.9, ' '])
      return { start, end: start + words.length, speaker: speaker ?? undefined, words }
    }),
  })

test('the word that is said is found by its start', () => {
  const index = timeIndex(lines([0, 'a', 'one two'], [5, 'b', 'three']))
  assert.equal(placeAt(index, -1), null)
  assert.deepEqual(placeAt(index, 0), { line: 0, word: 0 })
  assert.deepEqual(placeAt(index, 1.99), { line: 0, word: 1 })
  assert.deepEqual(placeAt(index, 99), { line: 1, word: 0 })
  assert.deepEqual(placeNearest(index, 4.5), { line: 1, word: 0 })
  assert.deepEqual(placeNearest(index, 1.2), { line: 0, word: 1 })
  assert.equal(placeNearest(timeIndex([]), 1), null)
})

test('channels that speak at once are put in order of time', () => {
  const index = timeIndex(lines([0, 'a', 'one two three'], [1.5, 'b', 'four']))
  assert.deepEqual([...index.starts], [0, 1, 1.5, 2])
  assert.deepEqual(placeAt(index, 1.6), { line: 1, word: 0 })
})

test('starts are counted by halving as by going through', () => {
  const starts = Float64Array.from({ length: 1000 }, (_, i) => Math.floor(i / 3))
  for (const time of [-1, 0, 0.5, 17, 332.9, 333, 400]) {
    assert.equal(countUntil(starts, time), starts.filter((start) => start <= time).length)
  }
})

test('the next place where something was said goes round the end', () => {
  assert.equal(nextTime([9, 3, 5], 4), 5)
  assert.equal(nextTime([9, 3, 5], 9), 3)
  assert.equal(nextTime([], 4), undefined)
})

test('the next uncertain word, forwards and backwards, round the end', () => {
  const all = lines([0, 'a', 'one *two'], [5, 'a', 'three'], [7, 'a', '*four five'])
  const unsure = (/** @type {{confidence: number}} */ word) => word.confidence < 0.6
  assert.deepEqual(nextWord(all, { line: 0, word: 1 }, 1, unsure), { line: 2, word: 0 })
  assert.deepEqual(nextWord(all, { line: 2, word: 0 }, 1, unsure), { line: 0, word: 1 })
  assert.deepEqual(nextWord(all, { line: 0, word: 1 }, -1, unsure), { line: 2, word: 0 })
  assert.equal(
    nextWord(all, { line: 0, word: 0 }, 1, () => false),
    null,
  )
  assert.equal(nextWord([], { line: 0, word: 0 }, 1, unsure), null)
})

test('the only uncertain word is found from itself', () => {
  const all = lines([0, 'a', 'one *two three'])
  assert.deepEqual(
    nextWord(all, { line: 0, word: 1 }, 1, (word) => word.confidence < 0.6),
    { line: 0, word: 1 },
  )
})

test('find passes over capitals, accents, widths and spaces', () => {
  const all = lines([0, 'a', 'Le CAFÉ noir'], [5, 'a', 'ＡＢＣ cafe'], [9, 'a', '한국어 한국'])
  assert.deepEqual(find(all, 'cafe'), [
    { line: 0, from: 3, to: 7 },
    { line: 1, from: 4, to: 8 },
  ])
  assert.deepEqual(find(all, '  abc  CAFE '), [{ line: 1, from: 0, to: 8 }])
  assert.deepEqual(find(all, '한국'), [
    { line: 2, from: 0, to: 2 },
    { line: 2, from: 4, to: 6 },
  ])
  assert.deepEqual(find(all, '하'), [])
  assert.deepEqual(find(all, '   '), [])
})

test('find counts characters of the text, also after letters that fold to several', () => {
  assert.deepEqual(find(lines([0, 'a', 'ﬁne day']), 'day'), [{ line: 0, from: 4, to: 7 }])
  assert.deepEqual(find(lines([0, 'a', 'ﬁne day']), 'fi'), [{ line: 0, from: 0, to: 1 }])
  assert.deepEqual(find(lines([0, 'a', 'cafe\u0301 x']), 'x'), [{ line: 0, from: 6, to: 7 }])
})

test('talk time is counted by speaker, in the order in which they begin', () => {
  const all = lines([0, 'b', 'one two'], [5, 'a', 'three'], [7, 'b', 'four'], [9, null, 'five'])
  assert.deepEqual(speakersOf(all), [
    { name: 'b', seconds: 3, lines: 2 },
    { name: 'a', seconds: 1, lines: 1 },
  ])
})

test("a speaker is renamed everywhere; another's name merges the two", () => {
  const all = lines([0, 'a', 'x'], [1, 'b', 'y'], [2, 'a', 'z'])
  assert.deepEqual(
    rename(all, 'a', ' Ann ').map((line) => line.speaker),
    ['Ann', 'b', 'Ann'],
  )
  assert.deepEqual(
    speakersOf(rename(all, 'a', 'b')).map((one) => one.lines),
    [3],
  )
  for (const nothing of [' ', '\u200b', '\u2060\u3164']) assert.equal(rename(all, 'a', nothing), all)
  assert.equal(rename(all, 'a', 'b')[1], all[1])
})

test('the speaker of one line or of a turn', () => {
  const all = lines([0, 'a', 'x'], [1, 'b', 'y'], [2, 'b', 'z'], [3, 'a', 'w'])
  const turn = turnOf(all, 2)
  assert.deepEqual([...turn].sort(), [all[1].id, all[2].id].sort())
  assert.deepEqual(
    setSpeaker(all, turn, 'c').map((line) => line.speaker),
    ['a', 'c', 'c', 'a'],
  )
  assert.equal(setSpeaker(all, new Set([all[0].id]), 'a'), all)
  assert.equal(setSpeaker(all, new Set([all[0].id]), '')[0].speaker, null)
})

test('a name is kept in one form, however it was typed', () => {
  const all = lines([0, 'a', 'x'], [1, 'Zoë', 'y'])
  assert.deepEqual(
    speakersOf(rename(all, 'a', ' Zoe\u0308\u00a0')).map((one) => one.lines),
    [2],
  )
  assert.equal(setSpeaker(all, new Set([all[0].id]), 'Zoe\u0308')[0].speaker, 'Zoë')
})

test('labels of engines are numbered for people', () => {
  assert.equal(labelNumber('spk_0'), 1)
  assert.equal(labelNumber('ch_1'), 2)
  assert.equal(labelNumber('Ann'), null)
})

test('what others change is no step: undo takes back what was done here, and leaves theirs', () => {
  const history = new History('a')
  history.push('ab')
  history.rebase('ABx', (value) => `${value.toUpperCase()}x`)
  history.push('ABxc')
  assert.deepEqual([history.undo()?.value, history.undo()?.value, history.undo()], ['ABx', 'Ax', null])
  assert.deepEqual([history.redo()?.value, history.redo()?.value, history.redo()], ['ABx', 'ABxc', null])
  history.rebase('-', () => '-')
  assert.equal(history.undo()?.value, '-')
  history.reset('z')
  assert.equal(history.canUndo, false)
})

test('undo and redo go through the same values', () => {
  const history = new History('a', () => 0)
  history.push('b', { id: 1 })
  history.push('c', { id: 2 })
  assert.deepEqual([history.undo()?.value, history.undo()?.value, history.undo()], ['b', 'a', null])
  assert.deepEqual(
    [history.redo()?.focus, history.value, history.redo()?.value, history.redo()],
    [{ id: 1 }, 'b', 'c', null],
  )
  history.undo()
  history.push('d')
  assert.equal(history.canRedo, false)
})

test('quick typing in a line is one step, a pause begins another', () => {
  let now = 0
  const history = new History('', () => now)
  for (const text of ['a', 'ab', 'abc']) {
    now += 100
    history.push(text, null, 'line 1')
  }
  now += 10_000
  history.push('abcd', null, 'line 1')
  assert.equal(history.undo()?.value, 'abc')
  assert.equal(history.undo()?.value, '')
})

test('sentiment is weighted by time; silence has none', () => {
  const segments = [
    { start: 0, end: 3, positive: 1, negative: 0, mixed: 0, speaker: 'a' },
    { start: 3, end: 5, positive: 0, negative: 1, mixed: 0, speaker: 'b' },
  ]
  const [first, second] = stretches(segments, 20, 2)
  assert.ok(Math.abs(first.positive - 0.6) < 1e-9 && Math.abs(first.balance - 0.2) < 1e-9)
  assert.equal(first.speaker, 'a')
  assert.equal(first.mood, 'MIXED')
  assert.equal(second.mood, null)
})

test('who speaks in a stretch is called as the lines say it now', () => {
  const lines = [
    { start: 0, end: 8, speaker: 'spk_0' },
    { start: 8, end: 12, speaker: 'spk_1' },
    { start: 12, end: 16, speaker: null },
  ]
  assert.deepEqual(speakersOver(lines, 20, 2), ['spk_0', 'spk_1'])
  const renamed = lines.map((line) => (line.speaker === 'spk_0' ? { ...line, speaker: 'Zoë' } : line))
  assert.deepEqual(speakersOver(renamed, 20, 2), ['Zoë', 'spk_1'])
  assert.deepEqual(speakersOver([], 20, 2), [null, null])
})

test('times as people read them', () => {
  assert.equal(clock(62.9), '1:02')
  assert.equal(clock(3662), '1:01:02')
})

test('where nobody was told apart, a turn is what is said without a pause, and never the whole recording', () => {
  /** @type {[number, null, string][]} */
  const said = [...Array(200).keys()].map((at) => [at * 2, null, 'one two'])
  const all = lines([0, null, 'before'], [5, null, 'x'], [6, null, 'y'], [7, null, 'z'], [12, null, 'after'])
  assert.deepEqual([...turnOf(all, 2)].sort(), [all[1].id, all[2].id, all[3].id].sort())
  assert.ok(turnOf(lines(...said), 100).size < 70)
  const one = lines([0, 'spk_0', 'x'], [5, 'spk_0', 'y'])
  assert.deepEqual([...turnOf(one, 0)], [one[0].id])
  assert.equal(turnOf(lines([0, null, 'alone']), 0).size, 1)
})
