/** What is told about a transcript: that it is empty, that it is an old edition, whether it is saved. */

import { t } from '../i18n.js'
import { Button, CopyButton, EmptyState, errorText, Note, toast } from '../ui.js'
import { html } from '../vendor/preact.js'
import { unsavedText } from './model/lines.js'

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
 * @param {{doc: TranscriptDocument, isOwn: boolean, onDecide: () => void}} props
 */
export function SaveState({ doc, isOwn, onDecide }) {
  const { state, error, isRefused } = doc.autosave
  if (isRefused) return html`<${Refused} doc=${doc} isOwn=${isOwn} />`
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

/**
 * What was typed cannot be saved any more: why, and how to take it elsewhere.
 * @param {{doc: TranscriptDocument, isOwn: boolean}} props
 */
function Refused({ doc, isOwn }) {
  const why = doc.autosave.error?.status === 403 ? 'no-right' : isOwn ? 'deleted' : 'unshared'
  const text = unsavedText(doc.lines, doc.saved)
  return html`<div class="save-state small failed">
    <span role="alert">${t(`asset.save.${why}`)} ${text && t('asset.save.take')}</span>
    ${text && html` <${CopyButton} text=${text} label=${t('asset.save.copy')} />`}
  </div>`
}
