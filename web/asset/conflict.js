/** Where others have changed the same words meanwhile, a person decides place by place. */

import { t } from '../i18n.js'
import { Button, Dialog, ErrorNote, useAction } from '../ui.js'
import { html, useMemo, useState } from '../vendor/preact.js'
import { Tool } from './controls.js'
import { useLoop } from './loop.js'
import { clock } from './model/format.js'
import { speakerName } from './speakers.js'

/**
 * @import { Children } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { Choice, Place } from './model/merge.js'
 * @import { Playback } from './playback.js'
 */

/**
 * Each place where others have changed the same words: whose are to stand?
 * @param {{doc: TranscriptDocument, playback: Playback, onClose: () => void}} props
 */
export function ConflictDialog({ doc, playback, onClose }) {
  const { merged } = doc.safety
  const places = merged?.places ?? []
  const [choices, setChoices] = useState(/** @type {(Choice | undefined)[]} */ ([]))
  const open = places.filter((_, i) => choices[i] === undefined).length
  const loop = useLoop(playback)
  const [save, isBusy, error] = useAction(async () => {
    await doc.safety.decide(places.map((_, i) => choices[i] ?? 'mine'))
    setChoices([]) // where somebody saved again just then, there are others now
    if (doc.autosave.state !== 'conflict') onClose()
  })
  const choose = (/** @type {number} */ place, /** @type {Choice} */ choice) =>
    setChoices(places.map((_, i) => (i === place ? choice : choices[i])))
  const everywhere = (/** @type {Choice} */ choice) => setChoices(places.map(() => choice))
  return html`<${Dialog} title=${t('safe.title')} onClose=${onClose}>
    <p>${t('safe.text', { count: places.length })}</p>
    <p class="small muted">${t('safe.nothing-lost')}</p>
    ${
      places.length > 1 &&
      html`<div class="row">
      <${Button} size="small" onClick=${() => everywhere('mine')}>${t('safe.all-mine')}<//>
      <${Button} size="small" onClick=${() => everywhere('theirs')}>${t('safe.all-theirs')}<//>
    </div>`
    }
    <form class="dialog-body" onSubmit=${(/** @type {Event} */ event) => {
      event.preventDefault()
      if (!open) save()
    }}>
      <ol class="places">
        ${places.map((place, i) => html`<${PlaceField} key=${i} number=${i + 1} place=${place} choice=${choices[i]} onChoose=${(/** @type {Choice} */ choice) => choose(i, choice)} onPlay=${playback.media ? () => loop.current?.play(place, { rounds: 1 }) : null} />`)}
      </ol>
      <${ErrorNote} error=${error} />
      <div class="row end places-end">
        <p class="small muted" role="status">${open ? t('safe.open', { count: open }) : t('safe.decided')}</p>
        <${Button} onClick=${onClose}>${t('safe.later')}<//>
        <${Button} type="submit" variant="primary" busy=${isBusy} disabled=${open > 0}>${t('safe.save')}<//>
      </div>
    </form>
  <//>`
}

/**
 * A place with what it would read by each choice.
 * @param {{number: number, place: Place, choice: Choice | undefined, onChoose: (choice: Choice) => void,
 *   onPlay: (() => void) | null}} props
 */
function PlaceField({ number, place, choice, onChoose, onPlay }) {
  const name = useMemo(() => `place-${crypto.randomUUID()}`, [])
  const isWords = place.kind === 'words'
  const base = isWords ? place.base : nameOf(place.base)
  const before = base ? t('safe.before', { text: base }) : t('safe.before-none')
  return html`<li><fieldset class="place">
    <legend><span>${t(isWords ? 'safe.place' : 'safe.place-speaker', { number, time: clock(place.start) })}</span></legend>
    <div class="place-head">
      ${onPlay && html`<${Tool} name="play" label=${t('safe.play', { number })} onClick=${onPlay} />`}
      <span class="small muted" dir="auto">${before}</span>
    </div>
    ${!isWords && html`<p class="small" dir="auto">${t('safe.lines', { count: place.count })} <q>${place.before}</q></p>`}
    ${optionsOf(place).map(
      ([value, text]) => html`<label key=${value} class="place-choice">
      <input type="radio" name=${name} value=${value} checked=${choice === value} onChange=${() => onChoose(value)} />
      <span><span class="place-whose small">${t(`safe.${value}`)}</span> <span dir="auto">${text}</span></span>
    </label>`,
    )}
  </fieldset></li>`
}

/** @param {string | null} name */
const nameOf = (name) => (name === null ? t('safe.nobody') : speakerName(name))

/**
 * @param {Place} place
 * @returns {[Choice, Children][]}
 */
function optionsOf(place) {
  if (place.kind === 'speaker') {
    return [
      ['mine', html`<strong>${nameOf(place.mine)}</strong>`],
      ['theirs', html`<strong>${nameOf(place.theirs)}</strong>`],
    ]
  }
  const { before, mine, theirs, after } = place
  const inPlace = (/** @type {string} */ text) =>
    html`<span class="muted">${before}</span> ${text ? html`<mark>${text}</mark>` : html`<em>${t('safe.taken-out')}</em>`} <span class="muted">${after}</span>`
  /** @type {[Choice, Children][]} */
  const options = [
    ['mine', inPlace(mine)],
    ['theirs', inPlace(theirs)],
  ]
  if (mine && theirs) options.push(['both', inPlace(`${theirs} ${mine}`)])
  return options
}
