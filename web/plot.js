/** Hand-made plots as SVG. Each comes with its numbers as a table, which is what a screen reader gets. */

import { t } from './i18n.js'
import { html, useEffect, useState } from './vendor/preact.js'

/** @import { Children } from './types.d.ts' */

const WIDTH = 640
const NARROW = 340 // on a phone, where letters would be too small to read
const HEIGHT = 220
const EDGE = { left: 64, right: 8, top: 12, bottom: 28 }
const COLOURS = 6 // classes series-0 … series-5 of style.css

/**
 * Round numbers from 0 to at least `top`, about four of them.
 * @param {number} top
 */
export function ticks(top) {
  if (!(top > 0)) return [0]
  const rough = top / 4
  const power = 10 ** Math.floor(Math.log10(rough))
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((one) => one >= rough) ?? rough
  return Array.from({ length: Math.ceil(top / step - 1e-9) + 1 }, (_, index) => index * step)
}

/** How wide a text of 12 pixels is, about. @param {string} text */
const breadth = (text) => [...text].reduce((all, letter) => all + (letter < '\u2e80' ? 6.5 : 12), 0)

/**
 * Which labels are written where each has so much room: all, or every so many of them, and always the last.
 * @param {string[]} labels
 * @param {number} slot
 */
export function written(labels, slot) {
  const step = Math.max(1, Math.ceil((Math.max(...labels.map(breadth)) + 6) / slot))
  return labels.map((_, index) => (labels.length - 1 - index) % step === 0)
}

/**
 * @typedef {{name: string, values: number[]}} Series one value for each label
 * @typedef {(value: number) => string} Format
 */

/**
 * Stacked bars: one bar for each label, one layer for each series.
 * @param {Plotted} props the largest series first; those beyond the colours are drawn together as "others"
 */
export function StackedBars({ title, labels, series, format }) {
  const totals = labels.map((_, index) => sum(series.map(({ values }) => values[index])))
  return html`<${Plot} title=${title} labels=${labels} series=${fold(series, labels.length)} top=${Math.max(...totals, 0)} format=${format} isStacked>
    <${Table} title=${title} labels=${labels} series=${series} totals=${totals} format=${format} />
  <//>`
}

/**
 * Bars side by side: for each label one of each series.
 * @param {Plotted} props as many series as there are colours
 */
export function PairedBars({ title, labels, series, format }) {
  const top = Math.max(...series.flatMap(({ values }) => values), 0)
  return html`<${Plot} title=${title} labels=${labels} series=${series} top=${top} format=${format}>
    <${Table} title=${title} labels=${labels} series=${series} format=${format} />
  <//>`
}

/**
 * @typedef {{title: string, labels: string[], series: Series[], format: Format}} Plotted
 * @param {Plotted & {top: number, isStacked?: boolean, children?: Children}} props children: the numbers as a table
 */
function Plot({ title, labels, series, top, format, isStacked = false, children }) {
  const marks = ticks(top)
  const highest = marks.at(-1) || 1
  const y = (/** @type {number} */ value) =>
    HEIGHT - EDGE.bottom - (value / highest) * (HEIGHT - EDGE.top - EDGE.bottom)
  const width = useIsNarrow() ? NARROW : WIDTH
  const slot = (width - EDGE.left - EDGE.right) / labels.length
  const isWritten = written(labels, slot)
  return html`<figure class="plot">
    <figcaption>${title}</figcaption>
    <svg viewBox="0 0 ${width} ${HEIGHT}" aria-hidden="true">
      ${marks.map(
        (
          mark,
        ) => html`<g key=${mark}><line class="plot-line" x1=${EDGE.left} x2=${width - EDGE.right} y1=${y(mark)} y2=${y(mark)} />
        <text class="plot-text" x=${EDGE.left - 8} y=${y(mark) + 4} text-anchor="end">${format(mark)}</text></g>`,
      )}
      ${labels.map(
        (
          label,
          index,
        ) => html`<${Bar} key=${label} label=${label} isWritten=${isWritten[index]} x=${EDGE.left + index * slot} slot=${slot} y=${y} format=${format} isStacked=${isStacked}
        parts=${series.map(({ name, values }) => ({ name, value: values[index] }))} />`,
      )}
    </svg>
    <ul class="plot-key" aria-hidden="true">${series.map(({ name }, index) => html`<li key=${name} class="series-${index}">${name}</li>`)}</ul>
    <details><summary>${t('plot.table')}</summary>${children}</details>
  </figure>`
}

function useIsNarrow() {
  const [isNarrow, setNarrow] = useState(false)
  useEffect(() => {
    const narrow = matchMedia('(max-width: 720px)')
    const update = () => setNarrow(narrow.matches)
    update()
    narrow.addEventListener('change', update)
    return () => narrow.removeEventListener('change', update)
  }, [])
  return isNarrow
}

/**
 * @param {{label: string, isWritten: boolean, parts: {name: string, value: number}[], x: number, slot: number,
 *   y: (value: number) => number, format: Format, isStacked: boolean}} props
 */
function Bar({ label, isWritten, parts, x, slot, y, format, isStacked }) {
  const whole = Math.min(56, slot * 0.62)
  const width = isStacked ? whole : whole / parts.length
  let below = 0
  return html`<g>
    ${parts.map(({ name, value }, index) => {
      const from = y(isStacked ? below : 0)
      const to = y(isStacked ? below + value : value)
      below += value
      const left = x + (slot - whole) / 2 + (isStacked ? 0 : index * width)
      return html`<rect key=${name} class="series-${index}" x=${left} y=${to} width=${width} height=${Math.max(0, from - to)}><title>${label} – ${name}: ${format(value)}</title></rect>`
    })}
    ${isWritten && html`<text class="plot-text" x=${x + slot / 2} y=${HEIGHT - 8} text-anchor="middle">${label}</text>`}
  </g>`
}

/** @param {{title: string, labels: string[], series: Series[], totals?: number[], format: Format}} props */
const Table = ({
  title,
  labels,
  series,
  totals,
  format,
}) => html`<div class="table-box" tabindex="0" role="group" aria-label=${title}><table>
  <thead><tr><td></td>${labels.map((label) => html`<th key=${label} scope="col" class="number">${label}</th>`)}</tr></thead>
  <tbody>${series.map(({ name, values }) => html`<tr key=${name}><th scope="row">${name}</th>${values.map((value, index) => html`<td key=${index} class="number">${format(value)}</td>`)}</tr>`)}</tbody>
  ${totals && html`<tfoot><tr><th scope="row">${t('plot.total')}</th>${totals.map((value, index) => html`<td key=${index} class="number"><strong>${format(value)}</strong></td>`)}</tr></tfoot>`}
</table></div>`

/**
 * As many series as there are colours; the last one holds the rest.
 * @param {Series[]} series
 * @param {number} length of each series
 */
function fold(series, length) {
  if (series.length <= COLOURS) return series
  const rest = series.slice(COLOURS - 1)
  const values = Array.from({ length }, (_, index) => sum(rest.map((one) => one.values[index])))
  return [...series.slice(0, COLOURS - 1), { name: t('plot.others'), values }]
}

/** @param {number[]} values */
const sum = (values) => values.reduce((total, value) => total + value, 0)
