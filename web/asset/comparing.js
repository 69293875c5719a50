/** Two texts of a recording side by side: versions of one, or two hearings. What differs is marked, and can be heard. */

import { number, t } from '../i18n.js'
import { Button, Checkbox, ErrorNote, SelectField, Spinner, useLoad } from '../ui.js'
import { html, useMemo, useRef, useState } from '../vendor/preact.js'
import { Drawing } from './controls.js'
import { useLoop } from './loop.js'
import { compare } from './model/compare.js'
import { clock } from './model/format.js'
import { fromApi } from './model/lines.js'
import { Playback } from './playback.js'
import { speakerName } from './speakers.js'

/**
 * @import { Lines } from '../types.d.ts'
 * @import { Comparison, Difference, Piece, Row } from './model/compare.js'
 * @import { Line } from './model/lines.js'
 */

/**
 * @param {{texts: [number, string][], chosen: [number, number], read: (text: number, signal: AbortSignal) => Promise<Lines>,
 *   back: string, onChoose: (chosen: [number, number]) => void, onBack: () => void}} props `texts`: their numbers, and what
 *   they are called; `back`: the words of the button that leads back to all of them
 */
export function Comparing({ texts, chosen, read, back, onChoose, onBack }) {
  const [earlier, later] = chosen
  /** @type {import('../ui.js').Loading<[Line[], Line[]]>} */
  const both = useLoad(async (signal) => {
    const found = await Promise.all([read(earlier, signal), read(later, signal)])
    return /** @type {[Line[], Line[]]} */ (found.map(fromApi))
  }, `${earlier} ${later}`)
  const found = useMemo(() => both.data && compare(...both.data), [both.data])
  /** @type {[string, string][]} */
  const options = texts.map(([text, name]) => [String(text), name])
  return html`
    <div class="compared-two">
      <${SelectField} label=${t('editions.earlier')} value=${String(earlier)} options=${options} onChange=${(/** @type {string} */ value) => onChoose([Number(value), later])} />
      <${SelectField} label=${t('editions.later')} value=${String(later)} options=${options} onChange=${(/** @type {string} */ value) => onChoose([earlier, Number(value)])} />
    </div>
    <p class="small muted"><del>${t('editions.legend-out')}</del> <ins>${t('editions.legend-in')}</ins></p>
    ${both.isLoading && html`<${Spinner} />`}
    <${ErrorNote} error=${both.error} onRetry=${both.reload} />
    ${!both.isLoading && found && html`<${Differences} key=${`${earlier} ${later}`} comparison=${found} />`}
    <div class="row end"><${Button} onClick=${onBack}>${back}<//></div>`
}

/** @param {{comparison: Comparison}} props */
function Differences({ comparison: { rows, differences } }) {
  const [isWhole, setWhole] = useState(false)
  const [current, setCurrent] = useState(-1)
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  const loop = useLoop(Playback.current)
  const listen = (/** @type {Difference} */ difference) => loop.current?.play(difference, { rounds: 1 })
  const go = (/** @type {number} */ step) => {
    const at =
      (current < 0 && step < 0 ? differences.length - 1 : current + step + differences.length) % differences.length
    setCurrent(at)
    list.current?.querySelector(`[data-difference="${at}"]`)?.scrollIntoView({ block: 'center' })
  }
  if (!differences.length) return html`<p role="status">${t('editions.same')}</p>`
  return html`
    <div class="compared-bar row">
      <span class="numbers" role="status">${current < 0 ? t('editions.count', { count: differences.length }) : t('editions.at', { place: number(current + 1), count: number(differences.length) })}</span>
      <${Button} size="small" onClick=${() => go(-1)}>${t('editions.previous')}<//>
      <${Button} size="small" onClick=${() => go(1)}>${t('editions.next')}<//>
      ${Playback.current && current >= 0 && html`<${Button} size="small" onClick=${() => listen(differences[current])}><${Drawing} name="play" />${t('editions.listen')}<//>`}
      <${Checkbox} label=${t('editions.only')} checked=${!isWhole} onChange=${(/** @type {boolean} */ only) => setWhole(!only)} />
    </div>
    <ol class="compared" ref=${list} tabindex="0" aria-label=${t('editions.differences')}>
      ${rows.map(
        (row, at) =>
          (isWhole || differs(row)) &&
          html`<${RowShown} key=${at} row=${row} current=${current} onListen=${(/** @type {number} */ n) => {
            setCurrent(n)
            listen(differences[n])
          }} />`,
      )}
    </ol>`
}

/** @param {Row} row */
const differs = (row) => row.change !== null || row.pieces.some(({ kind }) => kind !== 'same')

/**
 * A line with its marks. What can be heard is heard from its time.
 * @param {{row: Row, current: number, onListen: (difference: number) => void}} props
 */
function RowShown({ row, current, onListen }) {
  const first = row.change ?? row.pieces.find(({ difference }) => difference !== null)?.difference
  const time = clock(row.start)
  const who = (/** @type {string | null | undefined} */ name) => (name ? speakerName(name) : t('editions.nobody'))
  const isChanged = row.was !== undefined
  return html`<li>
    <p class="small muted">
      ${typeof first === 'number' && Playback.current ? html`<button type="button" class="when numbers" aria-label=${t('editions.listen-at', { time })} onClick=${() => onListen(first)}>${time}</button>` : html`<span class="numbers">${time}</span>`}
      ${isChanged ? html` <span data-difference=${row.change} class=${row.change === current ? 'current' : ''}><del dir="auto">${who(row.was)}</del> <ins dir="auto">${who(row.speaker)}</ins></span>` : row.speaker && html` <span dir="auto">${speakerName(row.speaker)}</span>`}
    </p>
    <p dir="auto">${row.pieces.map((piece, at) => html`<${PieceShown} key=${at} piece=${piece} current=${current} />`)}</p>
  </li>`
}

const MARKS = /** @type {const} */ ({ out: 'del', in: 'ins' })

/** @param {{piece: Piece, current: number}} props */
function PieceShown({ piece: { kind, text, difference }, current }) {
  if (kind === 'same') return text
  const Mark = MARKS[kind]
  const space = text.length - text.trimStart().length
  return html`${text.slice(0, space)}<${Mark} data-difference=${difference} class=${difference === current ? 'current' : ''}>${text.slice(space)}<//>`
}
