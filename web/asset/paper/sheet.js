/** One page of a document: its picture, and what is written on it. Drawn while it is in sight, or nearly. */

import { t } from '../../i18n.js'
import { Spinner, useId } from '../../ui.js'
import { html, useEffect, useRef, useState } from '../../vendor/preact.js'
import { partsOf, piecesOf, rowsOf, tickOf, wordsIn } from './model/pages.js'

/**
 * @import { Hit, Page, Paragraph, Table } from './model/pages.js'
 * @import { Shown } from './reader.js'
 */

/** How far from the screen a page is got ready. */
const NEAR = '900px'
const WIDEST = 1600

/**
 * @param {{page: Page, isRead: boolean, count: number, shown?: Shown, isLoading: boolean, hits?: Hit[], current?: Hit,
 *   words: string}} props `words`: what is looked for; `isRead`: whether what is written there is known
 */
export function Sheet({ page, isRead, count, shown, isLoading, hits = [], current, words }) {
  const place = useRef(/** @type {HTMLElement | null} */ (null))
  const [isNear, setNear] = useState(false)
  const id = useId('page')
  useEffect(() => {
    const watcher = new IntersectionObserver(([one]) => setNear(one.isIntersecting), { rootMargin: NEAR })
    if (place.current) watcher.observe(place.current)
    return () => watcher.disconnect()
  }, [])
  const box = current && page.paragraphs[current.paragraph]?.box
  return html`<li class="sheet" ref=${place} data-page=${page.number} aria-labelledby=${id}>
    <h2 class="sheet-number small muted" id=${id}>${t('asset.paper.page', { number: page.number, count })}</h2>
    ${
      isNear &&
      html`<div class="sheet-picture">
        <${Drawn} shown=${shown} isLoading=${isLoading} page=${page.number} />
        ${box && html`<svg class="boxes" viewBox="0 0 1000 1000" preserveAspectRatio="none" aria-hidden="true"><rect class="found" x=${box.left * 1000} y=${box.top * 1000} width=${box.width * 1000} height=${box.height * 1000} /></svg>`}
      </div>
      <div class="sheet-text" tabindex="0" role="region" aria-label=${t('asset.paper.text-of', { number: page.number })}>
        ${partsOf(page).map((part, key) => {
          if ('table' in part) return html`<${Grid} key=${key} table=${part.table} words=${words} />`
          if ('pairs' in part) return html`<${Pairs} key=${key} pairs=${part.pairs} words=${words} />`
          const here = part.paragraph
          return html`<${Written} key=${key} paragraph=${page.paragraphs[here]} from=${part.from} to=${part.to} marks=${hits.filter((hit) => hit.paragraph === here)} current=${current?.paragraph === here ? current : undefined} />`
        })}
        ${isRead && partsOf(page).length === 0 && html`<p class="small muted">${t('asset.paper.blank')}</p>`}
      </div>`
    }
  </li>`
}

/** @param {{shown?: Shown, isLoading: boolean, page: number}} props */
function Drawn({ shown, isLoading, page }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null))
  const [state, setState] = useState('')
  const [isBroken, setBroken] = useState(false)
  const pdf = shown?.pdf
  useEffect(() => {
    const place = canvas.current
    if (!place || !pdf) return undefined
    const leaving = new AbortController()
    setState('')
    const width = Math.min(WIDEST, (place.parentElement?.clientWidth || 600) * (window.devicePixelRatio || 1))
    pdf.draw(page, place, width, leaving.signal).then(
      () => leaving.signal.aborted || setState('drawn'),
      () => leaving.signal.aborted || setState('failed'),
    )
    return () => leaving.abort()
  }, [pdf, page])
  if (isLoading) return html`<${Spinner} />`
  const label = t('asset.paper.picture-of', { number: page })
  if (shown?.picture && page === 1 && !isBroken)
    return html`<img src=${shown.picture} alt=${label} onError=${() => setBroken(true)} />`
  if (!pdf || state === 'failed') return html`<p class="sheet-none small muted">${t('asset.paper.no-picture')}</p>`
  return html`<canvas ref=${canvas} role="img" aria-label=${label} data-state=${state}></canvas>`
}

/** @type {Record<string, string>} what a paragraph is drawn as, by what it is */
const TAGS = { title: 'h3', heading: 'h4' }

/**
 * @param {{paragraph: Paragraph, from?: number, to?: number, marks: Hit[], current?: Hit}} props `from` and `to`: which
 *   part of its text
 */
function Written({ paragraph, from = 0, to = paragraph.text.length, marks: all, current }) {
  const Tag = TAGS[paragraph.kind] ?? 'p'
  const marks = all.filter((hit) => hit.from >= from && hit.to <= to)
  const places = marks.map((hit) => ({ from: hit.from - from, to: hit.to - from }))
  return html`<${Tag} class="written of-${paragraph.kind}" dir="auto">${piecesOf(
    paragraph.text.slice(from, to),
    places,
  ).map(({ text, mark }) =>
    mark < 0
      ? text
      : html`<mark class=${marks[mark] === current ? 'current' : ''} ref=${marks[mark] === current ? intoSight : undefined}>${text}</mark>`,
  )}<//>`
}

/** In its own list, not the page: that stands where the page of paper begins. @param {HTMLElement | null} mark */
function intoSight(mark) {
  const list = mark?.closest('.sheet-text')
  if (mark && list) list.scrollTop = mark.offsetTop - list.clientHeight / 3
}

/** A text with what is looked for marked in it. @param {{text: string, words: string}} props */
const Marked = ({ text, words }) =>
  piecesOf(text, wordsIn(text, words)).map((one) => (one.mark < 0 ? one.text : html`<mark>${one.text}</mark>`))

/** @param {{table: Table, words: string}} props */
function Grid({ table, words }) {
  return html`<div class="table-wrap" tabindex="0" role="region" aria-label=${table.title || t('asset.paper.table')}><table class="grid">
    ${table.title && html`<caption dir="auto">${table.title}</caption>`}
    <tbody>${rowsOf(table).map(
      (row, i) =>
        html`<tr key=${i}>${row.map((cell) => {
          const span = { rowspan: cell.row_span, colspan: cell.column_span }
          return cell.is_header
            ? html`<th key=${cell.column} scope="col" dir="auto" ...${span}><${Marked} text=${cell.text} words=${words} /></th>`
            : html`<td key=${cell.column} dir="auto" ...${span}><${Marked} text=${cell.text} words=${words} /></td>`
        })}</tr>`,
    )}</tbody>
  </table></div>`
}

/** @param {{pairs: Page['pairs'], words: string}} props */
const Pairs = ({ pairs, words }) => html`<section class="pairs"><h3>${t('asset.paper.pairs')}</h3><dl>
  ${pairs.map(({ key, value }, i) => {
    const tick = tickOf(value)
    return html`<div key=${i}><dt dir="auto"><${Marked} text=${key} words=${words} /></dt><dd dir="auto">${tick === undefined ? html`<${Marked} text=${value} words=${words} />` : html`<span aria-hidden="true">${tick ? '☑' : '☐'}</span> ${t(tick ? 'asset.paper.ticked' : 'asset.paper.not-ticked')}`}</dd></div>`
  })}
</dl></section>`
