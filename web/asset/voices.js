/** Voices that are remembered: whom a speaker sounds like, and the dialog that has a voice remembered. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { oneLine } from '../names.js'
import { Button, Checkbox, ConfirmDialog, TextField, toast } from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'

/**
 * @import { SuggestionView } from '../types.d.ts'
 * @import { OwnSource, Source } from './source.js'
 */

/** @type {{speakers: Set<string>, like: Map<string, SuggestionView>}} */
const NONE = { speakers: new Set(), like: new Map() }

/**
 * Whose voice can be remembered, and whom each speaker sounds like; nothing where the service remembers none.
 * @param {Source} source
 * @param {boolean} canEdit
 * @param {number} edition
 * @returns {typeof NONE & {reload: () => void}}
 */
export function useVoices(source, canEdit, edition) {
  const [found, setFound] = useState(NONE)
  const [turn, setTurn] = useState(0)
  const isOn = canEdit && Boolean(api.config?.voices)
  useEffect(() => {
    if (!isOn || !source.isOwn) return setFound(NONE)
    const leaving = new AbortController()
    source.voices(leaving.signal).then(
      (told) =>
        setFound({
          speakers: new Set(told.speakers),
          like: new Map(told.suggestions.map((one) => [one.speaker, one])),
        }),
      () => leaving.signal.aborted || setFound(NONE), // this recording's voices are not known: there is nothing to offer
    )
    return () => leaving.abort()
  }, [source, isOn, edition, turn])
  return { ...found, reload: () => setTurn((n) => n + 1) }
}

/** @param {{suggestion: {name: string, is_very_likely: boolean}, onUse: (name: string) => void}} props */
export function SoundsLike({ suggestion: { name, is_very_likely: isSure }, onUse }) {
  return html`<p class="sounds-like small">
    <span>${t(isSure ? 'asset.voices.very-like' : 'asset.voices.like', { name })}</span>
    <${Button} size="small" onClick=${() => onUse(name)}>${t('asset.voices.use', { name })}<//>
  </p>`
}

/** @param {{speaker: string, name: string, source: OwnSource, onDone: () => void, onClose: () => void}} props */
export function RememberDialog({ speaker, name: first, source, onDone, onClose }) {
  const [name, setName] = useState(first)
  const [day, setDay] = useState('')
  const [how, setHow] = useState('')
  const [isAgreed, setAgreed] = useState(false)
  const run = async () => {
    await source.remember({ speaker, name: oneLine(name), agreed_on: day, agreed_how: oneLine(how) })
    toast(t('asset.voices.remembered', { name: oneLine(name) }))
    onDone()
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('asset.voices.remember')} confirm=${t('asset.voices.remember')}
    disabled=${!oneLine(name) || !day || !oneLine(how) || !isAgreed} onConfirm=${run} onClose=${onClose}>
    <p>${t('asset.voices.text')}</p>
    <${TextField} label=${t('asset.speakers.name')} value=${name} onInput=${setName} maxlength=${api.config.limits.speaker} required autofocus />
    <${TextField} label=${t('asset.voices.agreed-on')} type="date" value=${day} onInput=${setDay} max=${new Date().toISOString().slice(0, 10)} required />
    <${TextField} label=${t('asset.voices.agreed-how')} hint=${t('asset.voices.agreed-hint')} value=${how} onInput=${setHow} maxlength="300" required />
    <${Checkbox} label=${t('asset.voices.agreed')} checked=${isAgreed} onChange=${setAgreed} required />
  <//>`
}
