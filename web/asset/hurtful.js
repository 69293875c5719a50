/** What was marked as hurtful: where, of what sort, and how sure that is. Nothing of it is hidden or taken out. */

import { hasText, number, percent, t } from '../i18n.js'
import { Checkbox, ErrorNote, useId, useLoad } from '../ui.js'
import { html, useMemo } from '../vendor/preact.js'
import { clock } from './model/format.js'
import { placesOf } from './model/hurtful.js'

/**
 * @import { Asset, Failed } from '../types.d.ts'
 * @import { Kind, Place } from './model/hurtful.js'
 * @import { Source } from './source.js'
 */

const TRACK = 'toxicity'

/** @param {Kind[]} kinds */
export const kindsText = (kinds) =>
  kinds
    .map(({ kind, score }) => t('asset.hurtful.kind', { kind: kindName(kind), percent: percent(score) }))
    .join(t('asset.hurtful.and'))

/** @param {string} kind */
function kindName(kind) {
  const key = `asset.hurtful.kind.${kind}`
  return hasText(key) ? t(key) : t('asset.hurtful.kind.toxic')
}

/**
 * The places that are marked; null where nobody has looked.
 * @param {Source} source
 * @param {Asset} asset
 */
export function useHurtful(source, asset) {
  const status = asset.branches.language?.status
  const run = [source.key, asset.version, status].join()
  const { data, error, reload } = useLoad(
    (signal) => (status && status !== 'open' ? load(source, signal) : Promise.resolve(null)),
    run,
  )
  const places = useMemo(() => (data ? placesOf(data) : null), [data])
  return { places, error, reload }
}

/**
 * @param {Source} source
 * @param {AbortSignal} signal
 */
async function load(source, signal) {
  const { tracks } = await source.tracks(signal)
  return tracks.some(({ name }) => name === TRACK) ? (await source.track(TRACK, signal)).passages : null
}

/**
 * The places, each of which leads there. `isShown`: whether they are marked in the text, which can be switched.
 * @param {{places: Place[] | null, error: Failed | null, onRetry: () => void, onGo: (place: Place) => void,
 *   isShown?: boolean, onShow?: (isShown: boolean) => void, withText?: boolean, language?: string}} props
 */
export function HurtfulWords({ places, error, onRetry, onGo, isShown = true, onShow, withText = false, language }) {
  const id = useId('hurtful')
  if (error) return html`<${ErrorNote} error=${error} onRetry=${onRetry} />`
  if (!places) return null
  return html`<section class="block hurtful-words" aria-labelledby=${id}>
    <h2 id=${id}>${t('asset.hurtful.title', { count: number(places.length) })}</h2>
    <p class="small muted">${t(places.length ? 'asset.hurtful.text' : 'asset.hurtful.none')}</p>
    ${places.length > 0 && onShow && html`<${Checkbox} label=${t('asset.hurtful.show')} checked=${isShown} onChange=${onShow} />`}
    <ul class="points">${places.map((place) => html`<li key=${`${place.page ?? place.start} ${place.text}`}><${Go} place=${place} onGo=${onGo} /> ${kindsText(place.kinds)}${withText && html`<br /><q dir="auto" lang=${language}>${place.text}</q>`}</li>`)}</ul>
  </section>`
}

/** @param {{place: Place, onGo: (place: Place) => void}} props */
function Go({ place, onGo }) {
  const where = place.page === undefined ? clock(place.start) : t('place.page', { number: number(place.page) })
  return html`<button type="button" class="when numbers" aria-label=${t('asset.hurtful.go', { place: where })} onClick=${() => onGo(place)}>${where}</button>`
}
