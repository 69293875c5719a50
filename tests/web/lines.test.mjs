import assert from 'node:assert/strict'
import { test } from 'node:test'

import {
  adopt,
  fromApi,
  isSame,
  joinBefore,
  offsets,
  setText,
  splitAt,
  toApi,
  withText,
  wordAtOffset,
} from '../../web/asset/model/lines.js'
import { isSpaced, pieces } from '../../web/asset/model/words.js'

/** @import { Line } from '../../web/asset/model/lines.js' */

/** @type {(start: number, end: number, text: string, confidence?: number, space?: string) => [number, number, string, number, string]} */
const word = (start, end, text, confidence = 0.9, space = ' ') => [start, end, text, confidence, space]

function english() {
  return fromApi({
    lines: [
      {
        start: 0,
        end: 3,
        speaker: 'spk_0',
        words: [word(0, 1, 'Hello', 0.9, ''), word(1, 2, 'wide', 0.4), word(2, 3, 'world.')],
      },
      { start: 4, end: 6, speaker: 'spk_1', words: [word(4, 5, 'Good'), word(5, 6, 'day.')] },
    ],
  })
}

function japanese() {
  return fromApi({
    lines: [
      {
        start: 0,
        end: 4,
        words: [word(0, 1, '今日', 0.9, ''), word(1, 2, 'は', 0.9, ''), word(2, 4, '晴れ。', 0.9, '')],
      },
    ],
  })
}

/** What is made of lines whose letters are the same. @type {(now: Line[], sent: Line[], answered: Line[]) => Line[]} */
const adopted = (now, sent, answered) => {
  const found = adopt(now, sent, answered)
  assert.ok(found)
  return found
}

const said = (/** @type {Line} */ line) => line.words.map(({ start, end, text }) => [start, end, text])

test('words are joined by the space that each has before it', () => {
  assert.equal(english()[0].text, 'Hello wide world.')
  assert.equal(japanese()[0].text, '今日は晴れ。')
})

test('lines that are joined have a space between them by script', () => {
  assert.equal(isSpaced('a', 'b'), true)
  assert.equal(isSpaced('日', '本'), false)
  assert.equal(isSpaced('日', 'a'), true)
  assert.equal(isSpaced('日', '3'), false)
  assert.equal(isSpaced('。', 'a'), false)
  assert.equal(isSpaced('안녕', '하세요'), true)
  assert.equal(isSpaced('', 'a'), false)
  assert.equal(isSpaced('a ', 'b'), false)
  assert.equal(isSpaced('東京', '\u3000大阪'), false)
})

test('a text falls into words at spaces, and into letters where there are none', () => {
  assert.deepEqual(
    pieces('  Well, yes. ').map((piece) => [piece.text, piece.at]),
    [
      ['Well,', 2],
      ['yes.', 8],
    ],
  )
  assert.deepEqual(
    pieces('晴れ。AI').map((piece) => piece.text),
    ['晴', 'れ。', 'AI'],
  )
})

test('a word written anew takes the time of what it replaces, the others keep theirs', () => {
  const line = withText(english()[0], 'Hello white world.')
  assert.deepEqual(said(line), [
    [0, 1, 'Hello'],
    [1, 2, 'white'],
    [2, 3, 'world.'],
  ])
  assert.equal(line.words[1].confidence, 1)
  assert.equal(line.words[0].confidence, 0.9)
})

test('a mark that is added leaves the confidence as it was', () => {
  const line = withText(english()[0], 'Hello wide, world.')
  assert.equal(line.words[1].confidence, 0.4)
})

test('two words for one share its time by their length', () => {
  const line = withText(english()[0], 'Hello a new world.')
  assert.deepEqual(said(line), [
    [0, 1, 'Hello'],
    [1, 1.25, 'a'],
    [1.25, 2, 'new'],
    [2, 3, 'world.'],
  ])
  assert.equal(offsets(line).join(), '0,6,8,12')
})

test('what is typed at the end gets the end of the line, also when all was deleted before', () => {
  const longer = withText(english()[0], 'Hello wide world. Yes')
  assert.deepEqual(said(longer).at(-1), [3, 3, 'Yes'])
  const empty = withText(english()[0], '')
  assert.deepEqual(empty.words, [])
  const fresh = withText(empty, 'New words')
  assert.deepEqual(said(fresh), [
    [0, 1.125, 'New'],
    [1.125, 3, 'words'],
  ])
})

test('text of scripts without spaces is corrected letter by letter', () => {
  const line = withText(japanese()[0], '今日も晴れ。')
  assert.deepEqual(said(line), [
    [0, 1, '今日'],
    [1, 2, 'も'],
    [2, 4, '晴れ。'],
  ])
})

test('a line is split before a character and joined again', () => {
  const lines = splitAt(english(), 0, 11)
  assert.deepEqual(
    lines.map((line) => line.text),
    ['Hello wide', 'world.', 'Good day.'],
  )
  assert.deepEqual(said(lines[1]), [[2, 3, 'world.']])
  assert.equal(lines[1].speaker, 'spk_0')
  assert.notEqual(lines[0].id, lines[1].id)
  const joined = joinBefore(lines, 1)
  assert.equal(joined.offset, 11)
  assert.deepEqual(joined.lines[0].words, english()[0].words)
})

test('a split inside a word shares its time', () => {
  const lines = splitAt(english(), 0, 8)
  assert.deepEqual(said(lines[0]).at(-1), [1, 1.5, 'wi'])
  assert.deepEqual(said(lines[1])[0], [1.5, 2, 'de'])
})

test('a split at the end makes an empty line to write in, which is not saved, and none at the beginning', () => {
  const lines = english()
  assert.equal(splitAt(lines, 0, 0), lines)
  assert.equal(setText(lines, 0, lines[0].text), lines)
  const longer = splitAt(lines, 0, 17)
  assert.deepEqual(
    longer.map((line) => [line.start, line.end, line.speaker, line.text]),
    [
      [0, 3, 'spk_0', 'Hello wide world.'],
      [3, 3, 'spk_0', ''],
      [4, 6, 'spk_1', 'Good day.'],
    ],
  )
  assert.equal(isSame(longer, lines), true)
  assert.deepEqual(toApi(longer), toApi(lines))
  assert.equal(splitAt(longer, 1, 0), longer)
  const said = setText(longer, 1, 'More.')
  assert.equal(isSame(said, lines), false)
  assert.deepEqual(joinBefore(longer, 1).lines[0].text, 'Hello wide world.')
  assert.equal(joinBefore(lines, 0).lines, lines)
})

test('the word under a caret is the one that begins at or before it', () => {
  const [line] = english()
  assert.deepEqual(
    [0, 4, 6, 9, 17].map((offset) => wordAtOffset(line, offset)),
    [0, 0, 1, 1, 2],
  )
})

test('an emptied line and unknown speakers are left out of what is saved', () => {
  const lines = setText(english(), 0, '  ')
  assert.deepEqual(toApi([...lines, { ...lines[1], speaker: null }]), [
    { text: 'Good day.', speaker: 'spk_1' },
    { text: 'Good day.' },
  ])
})

test('times from the service are taken over though it cuts lines elsewhere', () => {
  const sent = splitAt(english(), 0, 11)
  const answered = fromApi({
    lines: [
      {
        start: 0,
        end: 6,
        words: [
          word(0, 0.9, 'Hello'),
          word(1.1, 2, 'wide'),
          word(2.2, 3, 'world.'),
          word(4.4, 5, 'Good'),
          word(5, 6, 'day.'),
        ],
      },
    ],
  })
  const lines = adopted(sent, sent, answered)
  assert.deepEqual(
    lines.map((line) => line.id),
    sent.map((line) => line.id),
  )
  assert.deepEqual(said(lines[1]), [[2.2, 3, 'world.']])
  assert.equal(lines[2].start, 4.4)
})

test('a line that was changed since it was sent keeps what it has', () => {
  const sent = english()
  const now = setText(sent, 0, 'Hello wild world.')
  const answered = fromApi({
    lines: [
      {
        start: 0,
        end: 6,
        words: [
          word(0, 0.5, 'Hello'),
          word(1, 2, 'wide'),
          word(2, 3, 'world.'),
          word(4.5, 5, 'Good'),
          word(5, 6, 'day.'),
        ],
      },
    ],
  })
  const lines = adopted(now, sent, answered)
  assert.equal(lines[0], now[0])
  assert.equal(lines[1].words[0].start, 4.5)
})

test('another text is not adopted', () => {
  const sent = english()
  assert.equal(adopt(sent, sent, fromApi({ lines: [{ start: 0, end: 1, words: [word(0, 1, 'No')] }] })), null)
})

test('words that the service cuts finer go to their line', () => {
  const sent = japanese()
  const letters = [...'今日は晴れ'].map((letter, i) => word(i, i + 1, letter === 'れ' ? 'れ。' : letter, 1, ''))
  const [line] = adopted(sent, sent, fromApi({ lines: [{ start: 0, end: 5, words: letters }] }))
  assert.equal(line.words.length, 5)
  assert.equal(line.text, '今日は晴れ。')
  assert.equal(line.end, 5)
})

test('spaces and marks are as they are typed, whatever words stand', () => {
  const typed = [
    'Hello  wide world.',
    'Hello\u00a0wide\u3000world.',
    'Hellowide world.',
    '« Hello wide world. »',
    '— … ?!',
    '今日 AI の 3 章',
    '👩\u200d👧 می\u200cخواهم',
  ]
  for (const text of typed) {
    for (const before of [english()[0], japanese()[0], withText(english()[0], '')]) {
      const line = withText(before, text)
      assert.equal(line.text, text)
      assert.equal(line.words.map((one, i) => (i ? one.space : '') + one.text).join(''), text)
    }
  }
})

test('a space that is all that was changed is taken over', () => {
  const line = withText(japanese()[0], '今日 は晴れ。')
  assert.deepEqual(
    line.words.map((one) => [one.text, one.space]),
    [
      ['今日', ''],
      ['は', ' '],
      ['晴れ。', ''],
    ],
  )
})

test('a transcript without lines has a place to write, of which nothing is saved until something is written', () => {
  const lines = fromApi({ lines: [] })
  assert.equal(lines.length, 1)
  assert.deepEqual(toApi(lines), [])
  assert.deepEqual(toApi(setText(lines, 0, 'By hand.')), [{ text: 'By hand.' }])
})
