/** What was seen in a film: its shots, and each detection with what it found and when. */

import { number, percent, t } from '../../i18n.js'
import { Button, ErrorNote, errorText, useId } from '../../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../../vendor/preact.js'
import { clock } from '../model/format.js'
import { nextTime } from '../model/times.js'
import { playable } from '../playable.js'
import { isCovered, isShot, laneOf, sightsOf } from './model/seen.js'
import { useMoments } from './moments.js'
import { detectionName, nameOf } from './names.js'
import { Stills } from './stills.js'
import { hasUnseen, Unseen } from './unseen.js'

/**
 * @import { Asset } from '../../types.d.ts'
 * @import { Playback } from '../playback.js'
 * @import { Source } from '../source.js'
 * @import { Covering } from './cover.js'
 * @import { Seen } from './loading.js'
 * @import { Cue, Sight } from './model/seen.js'
 */

const FIRST_SHOTS = 8
const FIRST_SIGHTS = 16
/** So many more come at each press: a film may have thousands. */
const MORE = 120
const LANE = 400

/**
 * @param {{source: Source, asset: Asset, seen: Seen, playback: Playback, covering: Covering, duration: number}} props
 */
export function FilmSeen({ source, asset, seen, playback, covering, duration }) {
  const shots = useMemo(() => seen.cues.filter(isShot), [seen.cues])
  const rest = useMemo(
    () =>
      seen.perDetection
        .map(({ name, cues }) => ({ name, cues: cues.filter((cue) => !isShot(cue)) }))
        .filter(({ cues }) => cues.length > 0),
    [seen.perDetection],
  )
  const id = useId('seen')
  if (seen.error) return html`<${ErrorNote} error=${seen.error} onRetry=${seen.reload} />`
  const vision = asset.branches.vision
  const isEmpty = !shots.length && !rest.length
  const why = isEmpty && vision?.error ? errorText(vision.error) : ''
  if (isEmpty && !why && !hasUnseen(seen.unseen, asset)) return null
  return html`<section class="block seen" aria-labelledby=${id}>
    <h2 id=${id}>${t('asset.seen.title')}</h2>
    ${shots.length > 0 && html`<${Shots} source=${source} asset=${asset} shots=${shots} playback=${playback} covering=${covering} />`}
    ${rest.map(({ name, cues }) => html`<${Detected} key=${name} name=${name} cues=${cues} playback=${playback} duration=${duration} />`)}
    ${why && html`<p class="muted">${why}</p>`}
    <${Unseen} unseen=${seen.unseen} asset=${asset} />
  </section>`
}

/** @param {Playback} playback @param {number} time */
function playFrom(playback, time) {
  playback.seek(time)
  playback.play()
}

/* ---- shots ---- */

/** @param {{source: Source, asset: Asset, shots: Cue[], playback: Playback, covering: Covering}} props */
function Shots({ source, asset, shots, playback, covering }) {
  const [most, setMost] = useState(FIRST_SHOTS)
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  const preset = playable(asset)
    .filter((one) => one.kind === 'video')
    .at(-1)?.preset
  const stills = useMemo(() => (preset ? new Stills(() => source.media(preset)) : null), [source, preset])
  useEffect(() => () => stills?.close(), [stills])
  useMoments(playback, shots, (there) => {
    const ids = new Set(there.map((cue) => String(cue.id)))
    for (const one of list.current?.querySelectorAll('[data-cue]') ?? [])
      one.toggleAttribute('data-lit', ids.has(one.getAttribute('data-cue') ?? ''))
  })
  const id = useId('shots')
  return html`<section class="group" aria-labelledby=${id}>
    <h3 id=${id}>${t('asset.seen.shots')} <span class="muted numbers">${number(shots.length)}</span></h3>
    <ol class="shots" ref=${list}>
      ${shots.slice(0, most).map(
        (shot, i) => html`<li key=${shot.id}><button type="button" class="shot" data-cue=${shot.id}
          aria-label=${t('asset.seen.shot', { number: i + 1, time: clock(shot.start ?? 0) })} onClick=${() => playFrom(playback, shot.start ?? 0)}>
          <${Still} stills=${stills} shot=${shot} isCovered=${covering.isUnknown || isCovered(covering.stretches, covering.shown, ...middleOf(shot))} />
          <span class="numbers">${clock(shot.start ?? 0)}</span>
        </button></li>`,
      )}
    </ol>
    <${More} count=${shots.length} most=${most} first=${FIRST_SHOTS} setMost=${setMost} />
  </section>`
}

/** Around where the still of a shot is taken. @param {Cue} shot @returns {[number, number]} */
const middleOf = ({ start = 0, end = start }) => [(start + end) / 2 - 0.1, (start + end) / 2 + 0.1]

/**
 * A still from the middle of a shot, drawn once it is in sight.
 * @param {{stills: Stills | null, shot: Cue, isCovered: boolean}} props
 */
function Still({ stills, shot, isCovered }) {
  const canvas = useRef(/** @type {HTMLCanvasElement | null} */ (null))
  const { start = 0, end = start } = shot
  useEffect(() => {
    const place = canvas.current
    if (!place || !stills) return undefined
    let takeBack = () => {}
    const watcher = new IntersectionObserver(([one]) => {
      if (!one.isIntersecting) return
      watcher.disconnect()
      takeBack = stills.ask((start + end) / 2, place, () => place.setAttribute('data-drawn', ''))
    })
    watcher.observe(place)
    return () => {
      watcher.disconnect()
      takeBack()
    }
  }, [stills, start, end])
  return html`<span class="still-frame ${isCovered ? 'covered' : ''}"><canvas ref=${canvas} width="256" height="144"></canvas></span>`
}

/** @param {{count: number, most: number, first: number, setMost: (most: number) => void}} props */
const More = ({ count, most, first, setMost }) =>
  count > first &&
  html`<p class="row">
    ${most < count && html`<${Button} size="small" variant="quiet" onClick=${() => setMost(most + MORE)}>${most + MORE < count ? t('asset.seen.more', { count: MORE }) : t('asset.phrases.all', { count })}<//>`}
    ${most > first && html`<${Button} size="small" variant="quiet" onClick=${() => setMost(first)}>${t('asset.phrases.fewer')}<//>`}
  </p>`

/* ---- detections ---- */

/** @param {{name: string, cues: Cue[], playback: Playback, duration: number}} props */
function Detected({ name, cues, playback, duration }) {
  const sights = useMemo(() => sightsOf(cues), [cues])
  const lane = useMemo(() => laneOf(cues, duration, LANE), [cues, duration])
  const [most, setMost] = useState(FIRST_SIGHTS)
  const head = useRef(/** @type {HTMLElement | null} */ (null))
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  const places = useMemo(
    () => new Map(sights.flatMap((sight, place) => sight.cues.map((cue) => [cue.id, place]))),
    [sights],
  )
  const id = useId('detected')
  useMoments(playback, cues, (there) => {
    const lit = new Set(there.map((cue) => String(places.get(cue.id))))
    for (const one of list.current?.querySelectorAll('[data-sight]') ?? [])
      one.toggleAttribute('data-lit', lit.has(one.getAttribute('data-sight') ?? ''))
  })
  useEffect(() => {
    const show = (/** @type {number} */ time) => {
      if (head.current && duration > 0) head.current.style.left = `${Math.min(100, (time / duration) * 100)}%`
    }
    show(playback.time)
    return playback.listen(show)
  }, [playback, duration])
  const seek = (/** @type {PointerEvent & {currentTarget: HTMLElement}} */ event) => {
    const box = event.currentTarget.getBoundingClientRect()
    playback.seek(((event.clientX - box.left) / box.width) * duration)
  }
  return html`<section class="group" aria-labelledby=${id}>
    <h3 id=${id}>${detectionName(name)} <span class="muted numbers">${number(sights.length)}</span></h3>
    ${
      duration > 0 &&
      html`<div class="seen-lane of-${name}" aria-hidden="true" onPointerDown=${seek}>
      <svg viewBox="0 0 ${LANE} 1" preserveAspectRatio="none"><path d=${lane} /></svg><span class="playhead" ref=${head}></span></div>`
    }
    <ul class="phrases" ref=${list}>
      ${sights.slice(0, most).map((sight, place) => html`<li key=${place}><${Chip} sight=${sight} place=${place} playback=${playback} /></li>`)}
    </ul>
    <${More} count=${sights.length} most=${most} first=${FIRST_SIGHTS} setMost=${setMost} />
  </section>`
}

/**
 * One thing that was seen: goes to the next time that it is.
 * @param {{sight: Sight, place: number, playback: Playback}} props
 */
function Chip({ sight, place, playback }) {
  const { cues, confidence } = sight
  const times = cues.map((cue) => cue.start ?? 0)
  const go = () => {
    const next = nextTime(times, playback.time + 0.05) ?? times[0]
    if (next !== undefined) playback.seek(next)
  }
  const text = nameOf(cues[0])
  const first = clock(Math.min(...times.slice(0, 1000)))
  const label = t('asset.seen.go', { text, count: cues.length, time: first })
  const sure = confidence === undefined ? '' : ` · ${percent(confidence)}`
  return html`<button type="button" class="phrase sight" data-sight=${place} aria-label=${label} title="${label}${sure}" onClick=${go}>
    <span dir="auto">${text}</span><span class="count numbers">${cues.length > 1 ? number(cues.length) : first}</span>
  </button>`
}
