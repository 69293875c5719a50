import assert from 'node:assert/strict'
import { test } from 'node:test'
import { movedTo } from '../../web/asset/model/caret.js'
import { confirm } from '../../web/asset/model/confirmed.js'
import { fromApi, isSame, joinBefore, setText, splitAt } from '../../web/asset/model/lines.js'
import { merge } from '../../web/asset/model/merge.js'
import { rename, setSpeaker } from '../../web/asset/model/speakers.js'

/** @import { Line } from '../../web/asset/model/lines.js' */
/** @import { WordsPlace } from '../../web/asset/model/merge.js' */

/**
 * The lines of a service that heard these, each "Speaker: words": a word a second.
 * @param {string[]} heard
 */
function linesOf(...heard) {
  let at = 0
  const lines = heard.map((line) => {
    const [speaker, text] = line.split(': ')
    const start = at
    const words = text.split(' ').map((word, i) => [start + i, start + i + 1, word, 0.5, i ? ' ' : ''])
    at += words.length
    return /** @type {any} */ ({ start, end: at, speaker, words })
  })
  return fromApi({ lines })
}

/** What a service answers that holds these lines: others, with ids of their own. @param {Line[]} lines */
const again = (lines) =>
  fromApi({
    lines: lines.map((line) => {
      const words = /** @type {any} */ (
        line.words.map(({ start, end, text, confidence, space }) => [start, end, text, confidence, space])
      )
      const confirmed = line.words.flatMap((word, at) => (word.confirmed ? [at] : []))
      return { start: line.start, end: line.end, speaker: line.speaker ?? undefined, words, confirmed }
    }),
  })

/** @param {Line[]} lines */
const said = (lines) => lines.map(({ speaker, text }) => `${speaker}: ${text}`)

/** @param {Line[]} lines @param {number} at @param {string} from @param {string} to */
const replace = (lines, at, from, to) => setText(lines, at, lines[at].text.replace(from, to))

const BASE = linesOf('Ada: night buses are fine', 'Bob: nobody likes them at all', 'Ada: we do')

test('what one side alone has changed is taken: words, speakers, marks, lines', () => {
  const mine = setSpeaker(replace(BASE, 0, 'buses', 'trains'), new Set([BASE[2].id]), 'Cleo')
  const split = splitAt(replace(BASE, 1, 'likes', 'loves'), 1, 'nobody loves '.length)
  const theirs = again(rename(confirm(split, [{ id: BASE[0].id, first: 3, last: 3 }], true), 'Bob', 'Robert'))
  const merged = merge(BASE, mine, theirs)
  assert.deepEqual(merged.places, [])
  const lines = merged.lines()
  assert.deepEqual(said(lines), [
    'Ada: night trains are fine',
    'Robert: nobody loves',
    'Robert: them at all',
    'Cleo: we do',
  ])
  assert.deepEqual(
    lines[0].words.map(({ confirmed }) => confirmed),
    [false, true, false, true],
  )
  assert.equal(lines[3], mine[2], 'what is as mine is mine')
  assert.equal(lines[1].id, mine[1].id)
})

test('lines that one side joins and the other corrects are joined and corrected', () => {
  const mine = joinBefore(BASE, 2).lines
  const theirs = again(replace(BASE, 2, 'we do', 'we really do'))
  assert.deepEqual(said(merge(BASE, mine, theirs).lines()), [
    'Ada: night buses are fine',
    'Bob: nobody likes them at all we really do',
  ])
})

test('two words side by side can be corrected by two people', () => {
  const merged = merge(BASE, replace(BASE, 0, 'night', 'Day'), again(replace(BASE, 0, 'buses', 'trains')))
  assert.deepEqual(merged.places, [])
  assert.equal(merged.lines()[0].text, 'Day trains are fine')
})

test('the same words changed in different ways are a place, which is decided by a person', () => {
  const mine = replace(replace(BASE, 0, 'buses', 'coaches'), 2, 'do', 'did')
  const theirs = again(replace(BASE, 0, 'buses', 'trains'))
  const merged = merge(BASE, mine, theirs)
  const { before, base, after, ...place } = /** @type {WordsPlace} */ (merged.places[0])
  assert.deepEqual([merged.places.length, before, base, after], [1, 'night', 'buses', 'are fine'])
  assert.deepEqual(place, { kind: 'words', mine: 'coaches', theirs: 'trains', start: 1, end: 2 })
  assert.equal(merged.lines(['mine'])[0].text, 'night coaches are fine')
  assert.equal(merged.lines(['theirs'])[0].text, 'night trains are fine')
  assert.equal(merged.lines(['both'])[0].text, 'night trains coaches are fine')
  assert.equal(merged.lines(['theirs'])[2].text, 'we did', 'what is not contested stays')
})

test('words that are contested side by side are one place', () => {
  const mine = replace(BASE, 0, 'night buses', 'day coaches')
  const { places } = merge(BASE, mine, again(replace(BASE, 0, 'night buses', 'long trains')))
  assert.deepEqual(
    places.map((place) => [place.base, place.mine, place.theirs]),
    [['night buses', 'day coaches', 'long trains']],
  )
})

test('two new names for one speaker are one place, however many lines they have', () => {
  const merged = merge(BASE, rename(BASE, 'Ada', 'Adele'), again(rename(BASE, 'Ada', 'Agnes')))
  const [place] = merged.places
  assert.deepEqual(
    [merged.places.length, place.kind, place.base, place.mine, place.theirs, 'count' in place && place.count],
    [1, 'speaker', 'Ada', 'Adele', 'Agnes', 2],
  )
  const names = (/** @type {Line[]} */ lines) => lines.map(({ speaker }) => speaker)
  assert.deepEqual(names(merged.lines(['mine'])), ['Adele', 'Bob', 'Adele'])
  assert.deepEqual(names(merged.lines(['theirs'])), ['Agnes', 'Bob', 'Agnes'])
})

test('the same change on both sides is none to decide, and what one of them confirmed is confirmed', () => {
  const mine = replace(BASE, 1, 'nobody likes', 'everybody loves')
  const merged = merge(BASE, mine, again(mine))
  assert.deepEqual([merged.places, isSame(merged.lines(), mine)], [[], true])
  const added = merge(BASE, replace(BASE, 2, 'we do', 'we do too'), again(replace(BASE, 2, 'we do', 'we do too')))
  assert.deepEqual([added.places, added.lines()[2].text], [[], 'we do too'])
})

test('what one has taken out and the other has changed is a place: neither is lost unasked', () => {
  const merged = merge(BASE, setText(BASE, 1, ''), again(replace(BASE, 1, 'likes', 'loves')))
  assert.equal(merged.places.length, 1)
  assert.equal(merged.lines('theirs')[1].text, 'nobody loves them at all')
})

test('an empty line in which somebody is about to write stays', () => {
  const mine = splitAt(BASE, 0, BASE[0].text.length)
  const merged = merge(BASE, mine, again(replace(BASE, 2, 'do', 'did')))
  assert.deepEqual(
    merged.lines().map(({ text }) => text),
    ['night buses are fine', '', 'nobody likes them at all', 'we did'],
  )
  assert.equal(merged.lines()[1], mine[1])
  assert.equal(merge(BASE, setText(BASE, 0, ''), []).lines('theirs').length > 0, true)
})

test('scripts without spaces are merged by their letters', () => {
  const text = '夜のバスは好きです'
  const base = fromApi({
    lines: [{ start: 0, end: 9, words: [...text].map((letter, i) => [i, i + 1, letter, 0.5, '']) }],
  })
  const merged = merge(base, replace(base, 0, 'バス', '汽車'), again(replace(base, 0, '好き', '嫌い')))
  assert.deepEqual([merged.places, merged.lines()[0].text], [[], '夜の汽車は嫌いです'])
})

test('a caret stays with its words when others change the line', () => {
  assert.equal(movedTo('a night bus', 'a noisy little bus', 11), 18)
  assert.equal(movedTo('a night bus', 'a noisy little bus', 2), 2)
  assert.equal(movedTo('a night bus', 'a noisy little bus', 5), 14, 'what it stood in is gone')
  assert.equal(movedTo('so', 'so so', 2), 2)
  assert.equal(movedTo('so', '', 2), 0)
})

/* ---- what holds whatever was changed ---- */

/** @param {number} seed @returns {(below: number) => number} */
function dice(seed) {
  let state = seed
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0
    return Math.floor((state / 2 ** 32) * below)
  }
}

/**
 * `lines` after some of what people do to them. Words that are new begin with `mark`.
 * @param {Line[]} lines
 * @param {(below: number) => number} roll
 * @param {string} mark
 * @param {number} many
 */
function edited(lines, roll, mark, many) {
  for (let i = 0; i < many; i += 1) {
    const at = roll(lines.length)
    const line = lines[at]
    const words = line.text.split(' ')
    const word = roll(words.length)
    const kind = roll(7)
    if (kind === 0) lines = setText(lines, at, words.with(word, `${mark}${roll(1000)}`).join(' '))
    if (kind === 1) lines = setText(lines, at, words.toSpliced(word, 0, `${mark}${roll(1000)}`).join(' '))
    if (kind === 2 && words.length > 1) lines = setText(lines, at, words.toSpliced(word, 1).join(' '))
    if (kind === 3) lines = splitAt(lines, at, line.text.indexOf(' ', roll(line.text.length)) + 1)
    if (kind === 4) lines = joinBefore(lines, at).lines
    if (kind === 5) lines = setSpeaker(lines, new Set([line.id]), `${mark}-speaker`)
    if (kind === 6 && line.words.length) lines = confirm(lines, [{ id: line.id, first: 0, last: 0 }], roll(2) === 0)
  }
  return lines
}

/** A conversation of so many words; the same come again and again. @param {number} words */
function talk(words) {
  const roll = dice(words)
  const some = 'we have to say that the night bus is late again and nobody knows why it was so'.split(' ')
  return linesOf(
    ...Array.from({ length: Math.ceil(words / 12) }, (_, i) => {
      return `spk_${i % 3}: ${Array.from({ length: 12 }, () => some[roll(some.length)]).join(' ')}`
    }),
  )
}

test('merging is the same from both sides, changes nothing that nobody changed, and loses nothing that was added', () => {
  for (let seed = 1; seed <= 300; seed += 1) {
    const roll = dice(seed)
    const base = talk(12 + roll(120))
    const mine = edited(base, roll, 'M', 1 + roll(12))
    const theirs = again(edited(base, roll, 'T', 1 + roll(12)))
    const [merged, reverse] = [merge(base, mine, theirs), merge(base, theirs, mine)]

    const turned = reverse.places.map((place) => ({ ...place, mine: place.theirs, theirs: place.mine }))
    const told = (/** @type {any[]} */ places) => places.map(({ base, mine, theirs }) => [base, mine, theirs])
    assert.deepEqual(told(turned), told(merged.places), `seed ${seed}`)
    assert.deepEqual(said(reverse.lines('theirs')), said(merged.lines('mine')), `seed ${seed}`)
    assert.deepEqual(said(reverse.lines('mine')), said(merged.lines('theirs')), `seed ${seed}`)

    const both = merged.lines('both').flatMap(({ words }) => words.map(({ text }) => text))
    for (const [side, mark] of /** @type {const} */ ([
      [mine, 'M'],
      [theirs, 'T'],
    ])) {
      // biome-ignore format: a table
      const added = side.flatMap(({ words }) => words.map(({ text }) => text)).filter((text) => text.startsWith(mark))
      for (const text of added) assert.ok(both.includes(text), `seed ${seed}: ${text} is lost`)
    }
    const ids = merged.lines().map(({ id }) => id)
    assert.equal(new Set(ids).size, ids.length, `seed ${seed}: two lines have one id`)

    for (const side of [mine, theirs]) {
      assert.ok(isSame(merge(base, side, again(base)).lines(), side), `seed ${seed}: I alone changed`)
      assert.ok(isSame(merge(base, again(base), side).lines(), side), `seed ${seed}: they alone changed`)
      assert.ok(isSame(merge(base, side, again(side)).lines(), side), `seed ${seed}: both changed alike`)
      assert.deepEqual(merge(base, side, again(side)).places, [], `seed ${seed}`)
    }
  }
})

test('three hours of talk are merged at once, whatever was changed in them', () => {
  const base = talk(27_000)
  const roll = dice(7)
  const everywhere = base.reduce((lines, _, at) => (at % 2 ? lines : replace(lines, at, 'the', 'this')), base)
  const shifted = (/** @type {Line[]} */ lines) =>
    lines.map((line) => ({ ...line, words: line.words.map((word) => ({ ...word, start: word.start + 0.5 })) }))
  const spent = (/** @type {Line[]} */ mine) => {
    const theirs = again(edited(base, roll, 'T', 400))
    const from = process.cpuUsage()
    merge(base, mine, theirs).lines()
    return process.cpuUsage(from).user / 1000
  }
  for (const mine of [edited(base, roll, 'M', 400), everywhere, rename(base, 'spk_0', 'Ada')]) {
    const took = spent(mine)
    assert.ok(took < 1000, `${Math.round(took)} ms`)
  }
  const took = spent(shifted(everywhere))
  assert.ok(took < 3000, `no word has kept its time: ${Math.round(took)} ms`)
})

test('where both have written everything anew, that is one place, and found in time', () => {
  const base = talk(9000)
  const anew = (/** @type {string} */ letter) =>
    base.map((line) => ({ ...line, words: line.words.map((word, at) => ({ ...word, text: `${letter}${at}` })) }))
  const [mine, theirs] = [anew('m'), anew('t')]
  const from = process.cpuUsage()
  const merged = merge(base, mine, theirs)
  const took = process.cpuUsage(from).user / 1000
  assert.equal(merged.places.length, 1)
  const [{ start, end }] = merged.places
  assert.deepEqual([start, end], [base[0].words[0].start, base.at(-1)?.words.at(-1)?.end])
  assert.ok(took < 10_000, `${Math.round(took)} ms`)
})
