/** The tracks that have no drawing of their own: what each says, with its time or its page. */

import { number, t } from '../i18n.js'
import { Button, ErrorNote, useId, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { clock } from './model/format.js'
import { DETECTIONS } from './seen/model/seen.js'

const MOST_PASSAGES = 12

/** @import { Asset, PassageView, SharedTrackView } from '../types.d.ts' */
/** @import { Playback } from './playback.js' */
/** @import { Source } from './source.js' */

/** @param {{source: Source, asset: Asset, playback: Playback}} props */
export function Tracks({ source, asset, playback }) {
  const run = [source.key, asset.version, asset.status].join()
  const { data, error, reload } = useLoad((signal) => source.tracks(signal), run)
  const listed = data?.tracks.filter((track) => !track.is_drawn && !DETECTIONS.includes(track.name)) ?? []
  return html`<${ErrorNote} error=${error} onRetry=${reload} />
    ${listed.map((track) => html`<${Passages} key=${track.name} source=${source} track=${track} run=${run} playback=${playback} />`)}`
}

/** @param {{source: Source, track: SharedTrackView, run: string, playback: Playback}} props */
function Passages({ source, track, run, playback }) {
  const { data, error, reload } = useLoad((signal) => source.track(track.name, signal), run)
  const [isWhole, setWhole] = useState(false)
  const id = useId('track')
  const passages = data?.passages ?? []
  if (!error && !passages.length) return null
  const shown = isWhole ? passages : passages.slice(0, MOST_PASSAGES)
  return html`<section class="block" aria-labelledby=${id}>
    <h2 id=${id} dir="auto">${track.title}</h2>
    <${ErrorNote} error=${error} onRetry=${reload} />
    <ul class="points">${shown.map((one, i) => html`<li key=${i} dir="auto"><${Place} place=${one} playback=${playback} /> ${one.label && html`<strong dir="auto">${one.label}</strong> `}${one.text}</li>`)}</ul>
    ${passages.length > MOST_PASSAGES && html`<${Button} size="small" variant="quiet" onClick=${() => setWhole(!isWhole)}>${isWhole ? t('asset.phrases.fewer') : t('asset.phrases.all', { count: passages.length })}<//>`}
  </section>`
}

/** Where a passage stands: a time plays from there. @param {{place: PassageView, playback: Playback}} props */
function Place({ place: { start, page }, playback }) {
  if (page !== undefined)
    return html`<span class="small muted numbers">${t('place.page', { number: number(page) })}</span>`
  if (start === undefined) return null
  const play = () => {
    playback.seek(start)
    playback.play()
  }
  return html`<button type="button" class="when numbers" aria-label=${t('place.play', { time: clock(start) })} onClick=${play}>${clock(start)}</button>`
}
