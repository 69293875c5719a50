import assert from 'node:assert/strict'
import { test } from 'node:test'

import { findIn, pagesOf, partsOf, piecesOf, rowsOf, tablesOf, tickOf } from '../../web/asset/paper/model/pages.js'

const document = [
  { text: 'Report', label: 'heading', page: 1 },
  { text: 'a\nb', label: 'table', page: 1 },
  { text: 'Ελλάς and ﬁne', label: 'text', page: 3 },
]

test('a document has all its pages, also those without a word', () => {
  const pages = pagesOf({ document }, 4)
  assert.deepEqual(
    pages.map(({ number, paragraphs }) => [number, paragraphs.length]),
    [
      [1, 2],
      [2, 0],
      [3, 1],
      [4, 0],
    ],
  )
  assert.equal(pagesOf({}, 0).length, 0)
})

test('names and values of a form are told apart at the first colon', () => {
  const [page] = pagesOf({
    pairs: [
      { text: 'Time: 10: 30', page: 1 },
      { text: 'Nothing:', page: 1 },
    ],
  })
  assert.deepEqual(page.pairs, [
    { key: 'Time', value: '10: 30' },
    { key: 'Nothing', value: '' },
  ])
  assert.deepEqual(['☑', '☐', 'x'].map(tickOf), [true, false, undefined])
})

test('a table and a form stand in place of their words, and what is left at the end', () => {
  const table = { page: 1, cells: [{ row: 1, column: 1, text: 'a' }] }
  const [page] = pagesOf({ document, tables: [table, table], pairs: [{ text: 'a: b', page: 1 }] })
  assert.deepEqual(partsOf(page), [{ paragraph: 0 }, { table }, { table }, { pairs: [{ key: 'a', value: 'b' }] }])
})

test('each line of a form is shown once: in a pair, or as text', () => {
  const [page] = pagesOf({
    document: [
      { text: 'Name', label: 'heading', page: 1 },
      {
        text: 'Please fill in\nName: Ada Lovelace\nPort:\nGenoa\nWeight: 3 t Cargo: ☑\nSigned',
        label: 'pairs',
        page: 1,
      },
      { text: 'Flag: Italy', label: 'text', page: 1 },
    ],
    pairs: ['Name: Ada Lovelace', 'Port: Genoa', 'Cargo: ☑', 'Weight: 3 t', 'Flag: Italy'].map((text) => ({
      text,
      page: 1,
    })),
  })
  const shown = partsOf(page).map((part) =>
    'paragraph' in part ? page.paragraphs[part.paragraph].text.slice(part.from, part.to) : Object.keys(part)[0],
  )
  assert.deepEqual(shown, ['Name', 'Please fill in', 'pairs', 'Signed'])
  const bare = pagesOf({ document: [{ text: 'One\nTwo', label: 'pairs', page: 1 }] })[0]
  assert.deepEqual(partsOf(bare), [{ paragraph: 0, from: 0, to: 7 }])
})

test('the rows of a link become tables, and cells rows', () => {
  const tables = tablesOf([
    { text: 'a | b', page: 1 },
    { text: 'c | d', page: 1 },
    { text: 'e | f', page: 2 },
  ])
  assert.deepEqual(
    tables.map(({ page, cells }) => [page, cells.length]),
    [
      [1, 4],
      [2, 2],
    ],
  )
  assert.deepEqual(
    rowsOf(tables[0]).map((row) => row.map(({ text }) => text)),
    [
      ['a', 'b'],
      ['c', 'd'],
    ],
  )
})

test('what is looked for is found in any spelling, and marked', () => {
  const pages = pagesOf({ document })
  assert.deepEqual(findIn(pages, 'ελλας'), [{ page: 3, paragraph: 0, from: 0, to: 5 }])
  assert.deepEqual(findIn(pages, ' '), [])
  assert.deepEqual(piecesOf('one two', [{ from: 4, to: 7 }]), [
    { text: 'one ', mark: -1 },
    { text: 'two', mark: 0 },
  ])
})
