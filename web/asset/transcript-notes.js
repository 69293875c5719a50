/** What is told about a transcript: that it is empty, that it is an old edition, whether it is saved. */

import { t } from '../i18n.js'
import { Button, EmptyState, errorText, Note, toast } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { TranscriptDocument } from './document.js' */

/**
 * A transcript without words: nothing was heard, or somebody took out what was. It can be written by hand.
 * @param {{doc: TranscriptDocument, isSilent: boolean, onWrite: (() => void) | false}} props
 */
export function NothingWritten({ doc, isSilent, onWrite }) {
  const isAsHeard = (doc.old?.edition ?? doc.edition) === 0
  const title = isAsHeard ? (isSilent ? 'no-sound' : 'empty') : 'emptied'
  const write = onWrite && html`<${Button} onClick=${onWrite}>${t('asset.transcript.write')}<//>`
  return html`<${EmptyState} title=${t(`asset.transcript.${title}`)} action=${write}>
    ${title === 'empty' && t('asset.transcript.empty-text')}
  <//>`
}

/**
 * An old edition is only read; it can be made the present one again.
 * @param {{doc: TranscriptDocument, canEdit: boolean}} props
 */
export function OldEdition({ doc, canEdit }) {
  const title = doc.old?.title ?? ''
  const bringBack = async () => {
    await doc.bringBack()
    if (doc.autosave.state === 'saved') toast(t('asset.editions.brought-back', { title }))
  }
  return html`<${Note} kind="warn" role="status">
    <span>${t('asset.editions.looking', { title })}</span>
    <span class="row">
      ${canEdit && html`<${Button} size="small" onClick=${bringBack}>${t('asset.editions.bring-back')}<//>`}
      <${Button} size="small" variant="primary" onClick=${() => doc.lookBack()}>${t('asset.editions.current')}<//>
    </span>
  <//>`
}

/**
 * "Saved", "saving" or why not. Heard too, but not each time that somebody types.
 * @param {{doc: TranscriptDocument, onDecide: () => void}} props
 */
export function SaveState({ doc, onDecide }) {
  const { state, error } = doc.autosave
  const isUntouched = state === 'saved' && !doc.history.canUndo
  const text = {
    saved: t('asset.save.saved'),
    unsaved: t('asset.save.unsaved'),
    saving: t('asset.save.saving'),
    conflict: t('asset.save.conflict'),
    failed: error && (error.status ? t('asset.save.failed', { why: errorText(error) }) : t('asset.save.offline')),
  }[state]
  return html`<p class="save-state small ${state}">
    <span role="status">${isUntouched || state === 'unsaved' || state === 'saving' ? '' : text}</span>
    <span aria-hidden="true">${state === 'unsaved' || state === 'saving' ? text : ''}</span>
    ${state === 'failed' && html`<button type="button" class="link-button" onClick=${() => doc.autosave.flush()}>${t('asset.save.now')}</button>`}
    ${state === 'conflict' && html`<button type="button" class="link-button" onClick=${onDecide}>${t('asset.save.decide')}</button>`}
  </p>`
}
