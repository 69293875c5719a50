/** Sentiment over time, as a plot that is a slider: a click or a key goes to that time. */

import { percent, t } from '../i18n.js'
import { useId } from '../ui.js'
import { html, useEffect, useMemo, useRef } from '../vendor/preact.js'
import { clock } from './model/format.js'
import { speakersOver, stretches } from './model/mood.js'

/**
 * @import { MoodAt, Score } from '../types.d.ts'
 * @import { Line } from './model/lines.js'
 * @import { Mood } from './model/mood.js'
 * @import { Playback } from './playback.js'
 */

/** @typedef {PointerEvent & {currentTarget: HTMLElement}} Pointing */

/** @type {Mood[]} */
const MOODS = ['POSITIVE', 'NEGATIVE', 'MIXED', 'NEUTRAL']
/** @type {[mood: Mood, share: keyof Score][]} */
const LEGEND = [
  ['POSITIVE', 'positive'],
  ['NEUTRAL', 'neutral'],
  ['MIXED', 'mixed'],
  ['NEGATIVE', 'negative'],
]
const COUNT = 120
const LANE_COUNT = 300
/** @type {Record<string, number>} seconds */
const STEPS = { ArrowLeft: -5, ArrowDown: -5, ArrowRight: 5, ArrowUp: 5, PageDown: -60, PageUp: 60 }

/**
 * @param {{segments: MoodAt[], score: Score, lines: Line[], duration: number, playback: Playback,
 *   nameOf: (name: string) => string, colourOf: (name: string) => number}} props
 *   `score`: the share of each mood in the whole, from 0 to 1, which mail and API tell too
 */
export function Timeline({ segments, score, lines, duration, playback, nameOf, colourOf }) {
  const plot = useRef(/** @type {HTMLElement | null} */ (null))
  const head = useRef(/** @type {HTMLElement | null} */ (null))
  const says = useRef(/** @type {HTMLElement | null} */ (null))
  const id = useId('timeline')
  const bars = useMemo(() => stretches(segments, duration, COUNT), [segments, duration])
  const lanes = useMemo(() => speakerLanes(lines, duration, colourOf), [lines, duration])
  const shapes = useMemo(() => barShapes(bars), [bars])
  const speakers = useMemo(() => speakersOver(lines, duration, COUNT), [lines, duration])

  const textAt = (/** @type {number} */ time) => {
    const at = Math.min(COUNT - 1, Math.floor((time / duration) * COUNT))
    const mood = bars[at]?.mood
    const speaker = mood && speakers[at]
    const parts = [clock(time), mood ? t(`mood.${mood}`) : t('asset.timeline.silence')]
    if (speaker) parts.push(nameOf(speaker))
    return parts.join(' · ')
  }
  const say = (/** @type {string} */ text) => {
    if (says.current) says.current.textContent = text
  }
  const latest = useRef(textAt)
  latest.current = textAt

  useEffect(() => {
    let shown = ''
    const show = (/** @type {number} */ time) => {
      if (!head.current || !plot.current) return
      head.current.style.left = `${Math.min(100, (time / duration) * 100)}%`
      const text = latest.current(time)
      if (text === shown) return
      shown = text
      plot.current.setAttribute('aria-valuenow', String(Math.floor(time)))
      plot.current.setAttribute('aria-valuetext', text)
      if (!plot.current.matches(':hover')) say(text)
    }
    show(playback.time)
    return playback.listen(show)
  }, [playback, duration, speakers])

  const timeOf = (/** @type {Pointing} */ event) => {
    const box = event.currentTarget.getBoundingClientRect()
    return Math.min(Math.max(0, (event.clientX - box.left) / box.width), 1) * duration
  }
  const drag = (/** @type {Pointing} */ event) => {
    say(textAt(timeOf(event)))
    if (event.buttons & 1 && event.currentTarget.hasPointerCapture(event.pointerId)) playback.seek(timeOf(event))
  }
  const down = (/** @type {Pointing} */ event) => {
    if (event.button) return
    event.currentTarget.setPointerCapture(event.pointerId)
    playback.seek(timeOf(event))
  }
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return
    if (event.key in STEPS) playback.skip(STEPS[event.key])
    else if (event.key === 'Home') playback.seek(0)
    else if (event.key === 'End') playback.seek(duration)
    else return
    event.preventDefault()
    event.stopPropagation()
  }
  return html`<section class="timeline" aria-labelledby=${id}>
    <div class="timeline-head"><h2 id=${id}>${t('asset.timeline.title')}</h2><p class="small muted numbers" ref=${says}></p></div>
    <div class="mood-plot" ref=${plot} role="slider" tabindex="0" aria-labelledby=${id} aria-valuemin="0" aria-valuemax=${Math.floor(duration)}
      aria-valuenow="0" onPointerDown=${down} onPointerMove=${drag} onPointerLeave=${() => say(textAt(playback.time))} onKeyDown=${key}>
      <svg viewBox="0 0 ${COUNT} 60" preserveAspectRatio="none" aria-hidden="true">
        <line class="zero" x1="0" x2=${COUNT} y1="30" y2="30" />
        ${MOODS.map((mood) => html`<path key=${mood} class="mood-${mood.toLowerCase()}" d=${shapes[mood]} />`)}
      </svg>
      ${
        lanes.length > 0 &&
        html`<svg class="lane" viewBox="0 0 ${LANE_COUNT} 6" preserveAspectRatio="none" aria-hidden="true">
        ${lanes.map((lane) => html`<path key=${lane.colour} class="s${lane.colour}" d=${lane.shape} />`)}
      </svg>`
      }
      <div class="playhead" ref=${head}></div>
    </div>
    <ul class="legend small">
      ${LEGEND.map(
        ([mood, share]) => html`<li key=${mood}>
        <span class="key mood-${mood.toLowerCase()}" aria-hidden="true"></span>${t(`mood.${mood}`)} <span class="muted">${percent(score[share])}</span>
      </li>`,
      )}
    </ul>
    <p class="visually-hidden">${t('asset.timeline.hint')}</p>
  </section>`
}

/**
 * Bars up for positive, down for negative, both ways for mixed, a dash for neutral: the shape says it without colour.
 * @param {ReturnType<typeof stretches>} bars
 */
function barShapes(bars) {
  const shapes = { POSITIVE: '', NEGATIVE: '', MIXED: '', NEUTRAL: '' }
  bars.forEach((bar, i) => {
    if (!bar.mood) return
    const up = bar.mood === 'NEUTRAL' ? 1.5 : bar.mood === 'NEGATIVE' ? 0 : Math.max(4, bar.positive * 28)
    const down = bar.mood === 'NEUTRAL' ? 1.5 : bar.mood === 'POSITIVE' ? 0 : Math.max(4, bar.negative * 28)
    shapes[bar.mood] += `M${i + 0.12} ${(30 - up).toFixed(1)}h.76v${(up + down).toFixed(1)}h-.76z`
  })
  return shapes
}

/**
 * Who speaks when, as one shape for each colour.
 * @param {Line[]} lines
 * @param {number} duration
 * @param {(name: string) => number} colourOf
 */
function speakerLanes(lines, duration, colourOf) {
  /** @type {Map<number, string>} */
  const shapes = new Map()
  speakersOver(lines, duration, LANE_COUNT).forEach((speaker, i) => {
    if (speaker === null) return
    const colour = colourOf(speaker)
    shapes.set(colour, `${shapes.get(colour) ?? ''}M${i} 0h1v6h-1z`)
  })
  return [...shapes].map(([colour, shape]) => ({ colour, shape }))
}
