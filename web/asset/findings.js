/** What the analysis found: summary, key phrases, and the people, places and things that were named. */

import { hasText, number, t } from '../i18n.js'
import { Button, MoodChip, useId } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { clock } from './model/format.js'
import { nextTime } from './model/times.js'
import { MadeFrom } from './remade.js'

/**
 * @import { Analysis, Entity, KeyPhrase } from '../types.d.ts'
 * @import { Playback } from './playback.js'
 */

const MOST_CHIPS = 24

/** @param {{analysis: Analysis, playback: Playback}} props */
export function Summary({ analysis, playback }) {
  const id = useId('summary')
  if (!analysis.summary) return null
  const { actions, chapters, sentences, title } = analysis
  return html`<section class="block" aria-labelledby=${id}>
    <div class="block-head"><h2 id=${id}>${t('asset.summary.title')}</h2>${analysis.mood && html`<${MoodChip} mood=${analysis.mood} />`}</div>
    ${title && html`<p class="summary-title" dir="auto" lang=${analysis.language}>${title}</p>`}
    <p class="summary" dir="auto" lang=${analysis.language}>${
      sentences.length
        ? sentences.map(
            (one) =>
              html`<span key=${one.text}>${one.text} <${Times} times=${one.times} playback=${playback} onPages=${analysis.on_pages} /></span> `,
          )
        : analysis.summary
    }</p>
    ${
      chapters.length > 0 &&
      html`<h3>${t('asset.summary.chapters')}</h3>
      <ol class="points" dir="auto" lang=${analysis.language}>${chapters.map((one) => html`<li key=${one.time}><${Times} times=${[one.time]} playback=${playback} onPages=${analysis.on_pages} /> ${one.title}</li>`)}</ol>`
    }
    ${
      actions.length > 0 &&
      html`<h3>${t('asset.summary.actions')}</h3>
      <ul class="points" dir="auto" lang=${analysis.language}>${actions.map((one) => html`<li key=${one.text}>${one.text} <${Times} times=${one.times} playback=${playback} onPages=${analysis.on_pages} /></li>`)}</ul>`
    }
    <p class="small muted">${t(analysis.on_pages ? 'asset.summary.made-by-pages' : 'asset.summary.made-by')}</p>
    <${MadeFrom} analysis=${analysis} />
  </section>`
}

const MOST_TIMES = 3

/** @param {number} time @param {boolean} [onPages] it is the number of a page */
const placeName = (time, onPages = false) => (onPages ? t('place.page', { number: number(time) }) : clock(time))

/**
 * When something is said, or on which page it stands: each goes there.
 * @param {{times: number[], playback: Playback, onPages?: boolean}} props
 */
const Times = ({ times, playback, onPages = false }) =>
  times
    .slice(0, MOST_TIMES)
    .map(
      (time) =>
        html`<button type="button" class="when numbers" key=${time} aria-label=${t('asset.summary.go', { time: placeName(time, onPages) })} onClick=${() => playback.seek(time)}>${placeName(time, onPages)}</button>`,
    )

/**
 * Key phrases and entities. Each chip goes to the next place where it was said.
 * @typedef {{text: string, time: number, place: number, count: number}} Current the phrase that was gone to, and to which
 *   of its places
 * @param {{analysis: Analysis, playback: Playback, onFind: (text: string, time: number) => void}} props
 */
export function Findings({ analysis, playback, onFind }) {
  const [current, setCurrent] = useState(/** @type {Current | null} */ (null))
  const go = (/** @type {KeyPhrase} */ { text, times }) => {
    const time = nextTime(times, current?.text === text ? current.time : playback.time - 0.1)
    if (time === undefined) return
    const place = [...times].sort((a, b) => a - b).indexOf(time) + 1
    setCurrent({ text, time, place, count: times.length })
    onFind(text, time)
  }
  /** @type {Map<string, Entity[]>} */
  const entities = new Map()
  for (const entity of analysis.entities ?? []) {
    entities.set(entity.kind, [...(entities.get(entity.kind) ?? []), entity])
  }
  return html`
    ${!analysis.summary && html`<${MadeFrom} analysis=${analysis} />`}
    <${Chips} title=${t('asset.phrases.title')} items=${analysis.key_phrases} current=${current} go=${go} language=${analysis.language} />
    ${
      entities.size > 0 &&
      html`<section class="block">
      <h2>${t('asset.entities.title')}</h2>
      ${[...entities].map(([kind, items]) => html`<${Chips} key=${kind} level=${3} title=${kindName(kind)} items=${items} current=${current} go=${go} language=${analysis.language} />`)}
    </section>`
    }
    <p class="visually-hidden" role="status">${current ? t('asset.phrases.at', { text: current.text, place: current.place, count: current.count, time: placeName(current.time, analysis.on_pages) }) : ''}</p>`
}

/** @param {string} kind */
function kindName(kind) {
  const key = `asset.entity.${kind}`
  return hasText(key) ? t(key) : kind.replaceAll('_', ' ').toLowerCase()
}

/**
 * @param {{title: string, level?: 2 | 3, items: KeyPhrase[], current: Current | null, go: (phrase: KeyPhrase) => void,
 *   language?: string}} props
 */
function Chips({ title, level = 2, items, current, go, language }) {
  const [isWhole, setWhole] = useState(false)
  const id = useId('chips')
  if (!items.length) return null
  const shown = isWhole ? items : items.slice(0, MOST_CHIPS)
  const Heading = `h${level}`
  return html`<section class=${level === 2 ? 'block' : 'group'} aria-labelledby=${id}>
    <${Heading} id=${id}>${title}<//>
    <ul class="phrases">
      ${shown.map((item) => {
        const isCurrent = current?.text === item.text
        return html`<li key=${item.text}><button type="button" class="phrase" aria-pressed=${String(isCurrent)} disabled=${!item.times?.length}
          title=${t('asset.phrases.go', { text: item.text, count: item.times?.length ?? 0 })} onClick=${() => go(item)}>
          <span dir="auto" lang=${language}>${item.text}</span>
          <span class="count numbers">${isCurrent ? `${number(current.place)}/${number(current.count)}` : number(item.times?.length ?? 0)}</span>
        </button></li>`
      })}
    </ul>
    ${items.length > MOST_CHIPS && html`<${Button} size="small" variant="quiet" onClick=${() => setWhole(!isWhole)}>${isWhole ? t('asset.phrases.fewer') : t('asset.phrases.all', { count: items.length })}<//>`}
  </section>`
}
