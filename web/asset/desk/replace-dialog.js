/** Replace through the recording, with a preview of each place; applied as one step. */

import { t } from '../../i18n.js'
import { Button, Checkbox, Dialog, Form, TextField } from '../../ui.js'
import { html, useMemo, useState } from '../../vendor/preact.js'
import { Tool } from '../controls.js'
import { useLoop } from '../loop.js'
import { clock } from '../model/format.js'
import { WHOLE_WORDS } from './desk.js'
import { around } from './held.js'
import { placesOf, replaceAt, writtenAt } from './replacing.js'

/**
 * @import { TranscriptDocument } from '../document.js'
 * @import { Playback } from '../playback.js'
 * @import { Replacement } from './desk.js'
 * @import { Found } from './replacing.js'
 */

const SHOWN = 100 // places at first
const AROUND = 40 // characters on each side of a place

/** @param {Found} place */
const keyOf = ({ id, from }) => `${id} ${from}`

/**
 * @param {{doc: TranscriptDocument, playback: Playback, language: string | undefined, replacement: Replacement,
 *   onClose: () => void, onDone: (count: number, deletes: boolean) => void}} props
 */
export function ReplaceDialog({ doc, playback, language, replacement, onClose, onDone }) {
  const [wanted, setWanted] = useState(replacement.wanted)
  const [instead, setInstead] = useState(replacement.instead)
  const [matching, setMatching] = useState(WHOLE_WORDS)
  const [shown, setShown] = useState(SHOWN)
  /** What was chosen by hand; all else is, unless somebody stands behind it. */
  const [chosen, setChosen] = useState(() => /** @type {Map<string, boolean>} */ (new Map()))
  const loop = useLoop(playback)
  const places = useMemo(() => placesOf(doc.lines, wanted, matching), [doc.lines, wanted, matching])
  const isChosen = (/** @type {Found} */ place) => chosen.get(keyOf(place)) ?? !place.isConfirmed
  const all = places.filter(isChosen)
  const deletes = all.length > 0 && !instead.trim()
  const follows = replacement.follows && instead === replacement.instead
  const choose = (/** @type {Found[]} */ some, /** @type {boolean} */ is) =>
    setChosen(new Map([...chosen, ...some.map((place) => /** @type {const} */ ([keyOf(place), is]))]))
  const replace = () => {
    if (!all.length) return
    const before = doc.lines
    doc.put(replaceAt(before, all, wanted, instead.trim(), follows), { id: all[0].id, offset: all[0].from })
    onDone(all.length, deletes)
  }
  const option = (/** @type {keyof typeof matching} */ name, /** @type {string} */ label) =>
    html`<${Checkbox} label=${t(label)} checked=${matching[name]} onChange=${(/** @type {boolean} */ is) => setMatching({ ...matching, [name]: is })} />`
  return html`<${Dialog} title=${t('desk.replace.title')} onClose=${onClose}>
    <${Form} onSubmit=${replace}>
      <div class="replace-fields">
        <${TextField} label=${t('desk.replace.find')} value=${wanted} onInput=${setWanted} lang=${language} dir="auto" autocomplete="off" />
        <${TextField} label=${t('desk.replace.with')} value=${instead} onInput=${setInstead} lang=${language} dir="auto" autocomplete="off" />
      </div>
      <div class="row replace-options">
        ${option('isWhole', 'desk.replace.whole')} ${option('matchCase', 'desk.replace.case')} ${option('matchAccents', 'desk.replace.accents')}
      </div>
      <p class="row" role="status"><span>${wanted.trim() ? t('desk.replace.found', { count: places.length, chosen: all.length }) : ''}</span></p>
      ${
        places.length > 1 &&
        html`<div class="row"><${Button} size="small" onClick=${() => choose(places, true)}>${t('desk.replace.all')}<//>
        <${Button} size="small" onClick=${() => choose(places, false)}>${t('desk.replace.none')}<//></div>`
      }
      ${
        places.length > 0 &&
        html`<ul class="replace-places" aria-label=${t('desk.replace.places')}>
        ${places.slice(0, shown).map((place) => html`<${Place} key=${keyOf(place)} doc=${doc} place=${place} language=${language} isChosen=${isChosen(place)} instead=${writtenAt(doc.lines[place.line].text.slice(place.from, place.to), wanted, instead.trim(), follows)} onChoose=${(/** @type {boolean} */ is) => choose([place], is)} onPlay=${() => loop.current?.play(place, { rounds: 1 })} />`)}
      </ul>`
      }
      ${shown < places.length && html`<${Button} onClick=${() => setShown(shown + SHOWN)}>${t('ui.more')}<//>`}
      <p class="small muted">${t(deletes ? 'desk.replace.about-delete' : 'desk.replace.about')}</p>
      <div class="row end"><${Button} onClick=${onClose}>${t('ui.cancel')}<//>
        <${Button} type="submit" variant=${deletes ? 'danger' : 'primary'} disabled=${!all.length}>${t(deletes ? 'desk.replace.delete' : 'desk.replace.do', { count: all.length })}<//></div>
    <//>
  <//>`
}

/**
 * @param {{doc: TranscriptDocument, place: Found, language: string | undefined, isChosen: boolean, instead: string,
 *   onChoose: (is: boolean) => void, onPlay: () => void}} props
 */
function Place({ doc, place, language, isChosen, instead, onChoose, onPlay }) {
  const { before, text, after } = around(doc.lines[place.line], place.from, place.to, AROUND)
  const time = clock(place.start)
  return html`<li class=${isChosen ? '' : 'left'}>
    <label><input type="checkbox" checked=${isChosen} onChange=${(/** @type {{target: HTMLInputElement}} */ { target }) => onChoose(target.checked)} />
      <span class="anywhere"><span class="numbers small muted">${time}</span> <span lang=${language} dir="auto">${before}<del>${text}</del>${isChosen && instead && html`<ins>${instead}</ins>`}${after}</span>
        ${place.isConfirmed && html` <span class="chip good">${t('desk.replace.confirmed')}</span>`}</span></label>
    <${Tool} name="play" label=${t('desk.replace.play', { time })} onClick=${onPlay} />
  </li>`
}
