import assert from 'node:assert/strict'
import { test } from 'node:test'

import { fromApi } from '../../web/asset/model/lines.js'
import { partText, transcriptText } from '../../web/asset/model/plain.js'

const lines = fromApi({
  lines: [
    {
      start: 0,
      end: 2,
      words: [
        [0, 1, 'Good', 0.9, ''],
        [1, 2, 'day.', 0.9, ' '],
      ],
      speaker: 'Ada',
    },
    { start: 62, end: 63, words: [[62, 63, 'Yes.', 0.9, '']], speaker: 'Ada' },
    { start: 3600, end: 3601, words: [[3600, 3601, '東京。', 0.9, '']] },
  ],
})

test('a whole transcript has who speaks over what they say, and the time of each line', () => {
  const text = transcriptText(lines, (speaker) => speaker ?? 'Somebody')
  assert.equal(text, 'Ada\n[0:00] Good day.\n[1:02] Yes.\n\nSomebody\n[1:00:00] 東京。')
  assert.equal(transcriptText([], String), '')
})

test('a part is just its words, a row for each line', () => {
  assert.equal(partText(lines, { line: 0, at: 5 }, { line: 0, at: 9 }), 'day.')
  assert.equal(partText(lines, { line: 0, at: 5 }, { line: 2, at: 1 }), 'day.\nYes.\n東')
})
