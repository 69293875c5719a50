/** Who speaks: a legend with talk time, and the dialogs that change names. */

import { api } from '../api.js'
import { duration, percent, t } from '../i18n.js'
import { oneLine } from '../names.js'
import { Button, ConfirmDialog, SelectField, TextField, useId } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { labelNumber, turnOf } from './model/speakers.js'
import { RememberDialog, SoundsLike, useVoices } from './voices.js'

/**
 * @import { SpeakerMood } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { Speaker } from './model/speakers.js'
 * @import { Source } from './source.js'
 */

export const COLOURS = 8

/**
 * How a speaker is called on the page: an engine's label becomes "Speaker 2".
 * @param {string} name
 */
export function speakerName(name) {
  const n = labelNumber(name)
  return n === null ? name : t('asset.speaker.number', { n })
}

/**
 * @param {{speakers: Speaker[], colourOf: (name: string) => number, canEdit: boolean, doc: TranscriptDocument,
 *   source: Source, moods: Record<string, SpeakerMood>}} props
 */
export function Speakers({ speakers, colourOf, canEdit, doc, source, moods }) {
  const [dialog, setDialog] = useState(/** @type {{kind: string, name: string} | null} */ (null))
  const voices = useVoices(source, canEdit, doc.edition)
  const id = useId('speakers')
  const total = speakers.reduce((sum, one) => sum + one.seconds, 0)
  const close = () => setDialog(null)
  return html`<section class="block" aria-labelledby=${id}>
    <h2 id=${id}>${t('asset.speakers.title')}</h2>
    <ul class="speakers">
      ${speakers.map((one) => {
        const name = speakerName(one.name)
        const share = total ? one.seconds / total : 0
        return html`<li key=${one.name}>
          <span class="speaker-name"><span class="swatch s${colourOf(one.name)}" aria-hidden="true"></span><bdi>${name}</bdi></span>
          <span class="numbers small muted">${duration(one.seconds)} · ${percent(share)}${Object.hasOwn(moods, one.name) ? ` · ${t(`mood.${moods[one.name].mood}`)}` : ''}</span>
          <svg class="talk" viewBox="0 0 100 6" preserveAspectRatio="none" aria-hidden="true"><rect class="rest" width="100" height="6" /><rect class="s${colourOf(one.name)}" width=${share * 100} height="6" /></svg>
          ${
            canEdit &&
            html`<span class="speaker-tools">
            <${Button} size="small" variant="quiet" aria-label=${t('asset.speakers.rename-of', { name })} onClick=${() => setDialog({ kind: 'rename', name: one.name })}>${t('asset.speakers.rename')}<//>
            ${speakers.length > 1 && html`<${Button} size="small" variant="quiet" aria-label=${t('asset.speakers.merge-of', { name })} onClick=${() => setDialog({ kind: 'merge', name: one.name })}>${t('asset.speakers.merge')}<//>`}
            ${voices.speakers.has(one.name) && html`<${Button} size="small" variant="quiet" aria-label=${t('asset.voices.remember-of', { name })} onClick=${() => setDialog({ kind: 'remember', name: one.name })}>${t('asset.voices.remember')}<//>`}
          </span>`
          }
          ${canEdit && voices.like.has(one.name) && html`<${SoundsLike} suggestion=${voices.like.get(one.name)} onUse=${(/** @type {string} */ to) => doc.rename(one.name, to)} />`}
        </li>`
      })}
    </ul>
    ${dialog?.kind === 'rename' && html`<${RenameDialog} name=${dialog.name} speakers=${speakers} doc=${doc} onClose=${close} />`}
    ${dialog?.kind === 'remember' && source.isOwn && html`<${RememberDialog} speaker=${dialog.name} name=${labelNumber(dialog.name) === null ? dialog.name : ''} source=${source} onDone=${voices.reload} onClose=${close} />`}
    ${dialog?.kind === 'merge' && html`<${MergeDialog} name=${dialog.name} speakers=${speakers} doc=${doc} onClose=${close} />`}
  </section>`
}

/** @param {{name: string, speakers: Speaker[], doc: TranscriptDocument, onClose: () => void}} props */
function RenameDialog({ name, speakers, doc, onClose }) {
  const [to, setTo] = useState(speakerName(name))
  const isTaken = speakers.some((one) => one.name !== name && one.name === oneLine(to))
  const run = async () => {
    doc.rename(name, to)
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('asset.speakers.rename-of', { name: speakerName(name) })} confirm=${isTaken ? t('asset.speakers.merge-confirm') : t('asset.speakers.rename')}
    disabled=${!oneLine(to)} onConfirm=${run} onClose=${onClose}>
    <${TextField} label=${t('asset.speakers.name')} value=${to} onInput=${setTo} maxlength=${api.config.limits.speaker} required autofocus
      hint=${isTaken ? t('asset.speakers.taken', { name: oneLine(to) }) : t('asset.speakers.everywhere')} />
  <//>`
}

/** @param {{name: string, speakers: Speaker[], doc: TranscriptDocument, onClose: () => void}} props */
function MergeDialog({ name, speakers, doc, onClose }) {
  const others = speakers.filter((one) => one.name !== name)
  const [to, setTo] = useState(others[0].name)
  const run = async () => {
    doc.rename(name, to)
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('asset.speakers.merge-of', { name: speakerName(name) })} confirm=${t('asset.speakers.merge-confirm')} onConfirm=${run} onClose=${onClose}>
    <p>${t('asset.speakers.merge-text', { name: speakerName(name) })}</p>
    <${SelectField} label=${t('asset.speakers.merge-with')} value=${to} options=${others.map((one) => [one.name, speakerName(one.name)])} onChange=${setTo} />
  <//>`
}

const NEW = '\u0000new'
const NOBODY = '\u0000nobody'

/**
 * Who says a line: somebody known or somebody new; for this line, its turn, or all that the speaker says.
 * @param {{id: number, doc: TranscriptDocument, speakers: Speaker[], onClose: () => void}} props
 */
export function LineSpeakerDialog({ id, doc, speakers, onClose }) {
  const index = doc.lines.findIndex((line) => line.id === id)
  const line = doc.lines[index]
  const [choice, setChoice] = useState(line?.speaker ?? (speakers[0]?.name || NEW))
  const [fresh, setFresh] = useState('')
  const [scope, setScope] = useState('turn')
  if (!line) return null
  const name = choice === NEW ? oneLine(fresh) : choice === NOBODY ? null : choice
  const run = async () => {
    if (scope === 'all' && line.speaker !== null && name) doc.rename(line.speaker, name)
    else doc.setSpeaker(scope === 'line' ? new Set([id]) : turnOf(doc.lines, index), name)
    onClose()
  }
  const options = [
    ...speakers.map((one) => [one.name, speakerName(one.name)]),
    [NEW, t('asset.speaker.new')],
    [NOBODY, t('asset.speaker.unknown')],
  ]
  const scopes = ['line', 'turn', ...(line.speaker === null || !name ? [] : ['all'])]
  const from = line.speaker === null ? t('asset.speaker.unknown') : speakerName(line.speaker)
  return html`<${ConfirmDialog} title=${t('asset.speaker.change')} confirm=${t('asset.speaker.set')} disabled=${choice === NEW && !oneLine(fresh)} onConfirm=${run} onClose=${onClose}>
    <p class="quote" dir="auto">${line.text}</p>
    <${SelectField} label=${t('asset.speaker.who')} value=${choice} options=${options} onChange=${setChoice} />
    ${choice === NEW && html`<${TextField} label=${t('asset.speakers.name')} value=${fresh} onInput=${setFresh} maxlength=${api.config.limits.speaker} />`}
    <fieldset class="scopes"><legend>${t('asset.speaker.scope')}</legend>
      ${scopes.map(
        (
          one,
        ) => html`<label key=${one} class="check"><input type="radio" name="scope" value=${one} checked=${scope === one} onChange=${() => setScope(one)} />
        <span>${t(`asset.speaker.scope-${one}`, { name: from })}</span></label>`,
      )}
    </fieldset>
  <//>`
}
