/** What is written in a document, as the page shows it: page by page, and where something is found. Pure. */

import { finder, foldInPlace } from '../../../folding.js'

/**
 * @import { PassageView } from '../../../types.d.ts'
 * @typedef {{text: string, kind: string, box?: PassageView['box']}} Paragraph
 * @typedef {{row: number, column: number, text: string, row_span?: number, column_span?: number,
 *   is_header?: boolean}} Cell
 * @typedef {{page: number, title?: string, cells: Cell[]}} Table
 * @typedef {{number: number, paragraphs: Paragraph[], tables: Table[], pairs: {key: string, value: string}[]}} Page
 * @typedef {{page: number, paragraph: number, from: number, to: number}} Hit
 */

/** @type {Map<string, boolean>} */
const TICKED = new Map([
  ['☑', true],
  ['☐', false],
])

/**
 * The pages of a document, as many as there are: those without a word on them too.
 * @param {{document?: PassageView[], tables?: Table[], pairs?: PassageView[]}} tracks
 * @param {number} [count] how many the file says there are
 * @returns {Page[]}
 */
export function pagesOf({ document = [], tables = [], pairs = [] }, count = 0) {
  const last = [...document, ...tables, ...pairs].reduce((most, { page = 1 }) => Math.max(most, page), count)
  /** @type {Page[]} */
  const pages = Array.from({ length: last }, (_, i) => ({ number: i + 1, paragraphs: [], tables: [], pairs: [] }))
  for (const { text, label = 'text', page = 1, box } of document)
    pages[page - 1].paragraphs.push({ text, kind: label, box })
  for (const table of tables) pages[table.page - 1].tables.push(table)
  for (const { text, page = 1 } of pairs) {
    const colon = text.indexOf(': ')
    const [key, value] = colon < 0 ? [text.replace(/:$/, ''), ''] : [text.slice(0, colon), text.slice(colon + 2)]
    pages[page - 1].pairs.push({ key, value })
  }
  return pages
}

/**
 * Tables of the passages of the track: a row each, as whoever has a link gets them.
 * @param {PassageView[]} passages
 * @returns {Table[]}
 */
export function tablesOf(passages) {
  /** @type {Table[]} */
  const tables = []
  let width = 0
  for (const { text, page = 1, label = '' } of passages) {
    const cells = text.split(' | ')
    const last = tables.at(-1)
    const isSame = last && last.page === page && (last.title ?? '') === label && width === cells.length
    const table = isSame ? last : { page, title: label, cells: [] }
    if (!isSame) tables.push(table)
    width = cells.length
    const row = (table.cells.at(-1)?.row ?? 0) + 1
    table.cells.push(...cells.map((one, i) => ({ row, column: i + 1, text: one })))
  }
  return tables
}

/**
 * The cells of a table, row by row.
 * @param {Table} table
 * @returns {Cell[][]}
 */
export function rowsOf({ cells }) {
  /** @type {Map<number, Cell[]>} */
  const rows = new Map()
  for (const cell of cells) rows.set(cell.row, [...(rows.get(cell.row) ?? []), cell])
  return [...rows].sort(([a], [b]) => a - b).map(([, row]) => row.sort((a, b) => a.column - b.column))
}

/**
 * Whether the value of a pair is a box, and if so whether it is ticked.
 * @param {string} value
 * @returns {boolean | undefined}
 */
export const tickOf = (value) => TICKED.get(value)

/**
 * What is shown of a page, in the order of reading: each written line once. A table stands in place of the words that it is
 * made of, and a form in place of the lines that its pairs are made of; other lines beside these stay. What the reader of
 * the pages found besides stands at the end.
 * @typedef {{paragraph: number, from?: number, to?: number}} Text a paragraph by its place on the page; some lines of it if
 *   it says from where to where
 * @param {Page} page
 * @returns {(Text | {table: Table} | {pairs: Page['pairs']})[]}
 */
export function partsOf({ paragraphs, tables, pairs }) {
  /** @type {(Text | {table: Table} | {pairs: Page['pairs']})[]} */
  const parts = []
  const left = [...tables]
  const form = new Form(pairs)
  let hasPairs = pairs.length === 0
  const putPairs = () => {
    if (!hasPairs) parts.push({ pairs })
    hasPairs = true
  }
  for (const [paragraph, { kind, text }] of paragraphs.entries()) {
    const table = kind === 'table' ? left.shift() : undefined
    if (table) parts.push({ table })
    else if (kind === 'table' && tables.length > 0)
      continue // its words stand in a table (chalicelib/documents/pages.py)
    else if (kind !== 'pairs') {
      if (form.holds(text, true)) putPairs()
      else parts.push({ paragraph })
    } else {
      let from = 0
      /** @type {Text | undefined} */
      let open
      for (const line of text.split('\n')) {
        const to = from + line.length
        if (form.holds(line, false)) {
          putPairs()
          open = undefined
        } else if (open) open.to = to
        else {
          open = { paragraph, from, to }
          parts.push(open)
        }
        from = to + 1
      }
    }
  }
  parts.push(...left.map((table) => ({ table })))
  return hasPairs ? parts : [...parts, { pairs }]
}

/** The words of the pairs of a page, each of which stands for one place where it is written. */
class Form {
  /** @param {Page['pairs']} pairs */
  constructor(pairs) {
    this.left = pairs.map(({ key, value }) => wordsOf(`${key} ${value}`))
  }

  /**
   * Whether a text is written in pairs that are left, which are then taken.
   * @param {string} text
   * @param {boolean} isWhole only if it is made of whole pairs: a name alone may stand elsewhere too
   */
  holds(text, isWhole) {
    let rest = wordsOf(text)
    if (rest === ' ') return false
    const inside = isWhole ? -1 : this.left.findIndex((pair) => pair.includes(rest))
    if (inside >= 0) {
      this.left[inside] = this.left[inside].replace(rest, ' ')
      return true
    }
    /** @type {number[]} */
    const taken = []
    for (const [i, pair] of this.left.entries()) {
      if (pair === ' ' || !rest.includes(pair)) continue
      rest = rest.replace(pair, ' ')
      taken.push(i)
    }
    if (rest !== ' ') return false
    for (const i of taken) this.left[i] = ' '
    return true
  }
}

/** Its words with a space around each, without what divides a name from its value. @param {string} text */
const wordsOf = (text) => ` ${text.replace(/[\s:：☑☐]+/gu, ' ').trim()} `.replace(/^ +$/, ' ')

/**
 * The places where something is written, in the order of reading.
 * @param {Page[]} pages
 * @param {string} wanted
 * @returns {Hit[]}
 */
export function findIn(pages, wanted) {
  const look = finder(wanted)
  return pages.flatMap(({ number, paragraphs }) =>
    paragraphs.flatMap(({ text }, paragraph) =>
      look(foldInPlace(text)).map(([from, to]) => ({ page: number, paragraph, from, to })),
    ),
  )
}

/**
 * The places of what is looked for in a text.
 * @param {string} text
 * @param {string} wanted
 */
export const wordsIn = (text, wanted) =>
  wanted.trim() ? finder(wanted)(foldInPlace(text)).map(([from, to]) => ({ from, to })) : []

/**
 * A text in pieces, by the places that are marked in it.
 * @param {string} text
 * @param {{from: number, to: number}[]} marks in their order
 * @returns {{text: string, mark: number}[]} `mark`: the place of its mark in the list, -1 for what is not marked
 */
export function piecesOf(text, marks) {
  const pieces = []
  let at = 0
  for (const [mark, { from, to }] of marks.entries()) {
    if (from > at) pieces.push({ text: text.slice(at, from), mark: -1 })
    pieces.push({ text: text.slice(from, to), mark })
    at = to
  }
  if (at < text.length) pieces.push({ text: text.slice(at), mark: -1 })
  return pieces
}
