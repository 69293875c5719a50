/** Captions that somebody has already, taken in as the text: first what would come of it, then it, or not. */

import { number, percent, t } from '../i18n.js'
import { Button, Dialog, ErrorNote, Field, Note, Spinner, toast } from '../ui.js'
import { html, useRef, useState } from '../vendor/preact.js'
import { decode } from './model/decoding.js'
import { speakerName } from './speakers.js'

/**
 * @import { Asset, CaptionsPreview, Failed } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

const MOST_BYTES = 2_000_000
/** Cues that are moved by less than this (seconds) are where they should be, as far as anybody sees. */
const SEEN_SHIFT = 1

/**
 * @param {{source: OwnSource, asset: Asset, doc: TranscriptDocument, onClose: () => void}} props
 */
export function TakeInDialog({ source, asset, doc, onClose }) {
  const [file, setFile] = useState(/** @type {{text: string, file_name: string} | null} */ (null))
  const [preview, setPreview] = useState(/** @type {CaptionsPreview | null} */ (null))
  const [busy, setBusy] = useState('')
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  const [before, setBefore] = useState(/** @type {number | null} */ (null)) // the edition that was the newest, once taken in
  const chosen = useRef(0) // counts: what is told of a file that is chosen no longer is none of ours
  const run = async (/** @type {string} */ what, /** @type {() => Promise<void>} */ action) => {
    setBusy(what)
    setError(null)
    try {
      await action()
    } catch (failure) {
      setError(/** @type {Failed} */ (failure))
    }
    setBusy('')
  }
  const choose = (/** @type {{target: HTMLInputElement}} */ { target }) => {
    const [picked] = target.files ?? []
    chosen.current += 1
    const mine = chosen.current
    setPreview(null)
    setFile(null)
    if (!picked) return
    run('look', async () => {
      if (picked.size > MOST_BYTES) throw { code: 'captions-too-large', message: '' }
      const read = { text: decode(new Uint8Array(await picked.arrayBuffer()), asset.language), file_name: picked.name }
      if (!read.text) throw { code: 'no-captions', message: '' }
      if (doc.autosave.isPending) await doc.autosave.flush()
      const found = await source.previewCaptions(read)
      if (chosen.current !== mine) return
      setFile(read)
      setPreview(found)
    })
  }
  const takeIn = () =>
    run('take', async () => {
      if (!file) return
      const was = doc.edition
      const version = doc.version || undefined
      await doc.replaced(await source.takeInCaptions({ ...file, edition: was, version }))
      setBefore(was)
    })
  const takeBack = () =>
    run('back', async () => {
      await doc.look(before ?? 0)
      await doc.bringBack()
      if (doc.autosave.state !== 'saved') return
      toast(t('captions.taken-back'))
      onClose()
    })
  if (before !== null)
    return html`<${Dialog} title=${t('captions.take-title')} onClose=${onClose}>
      <p role="status" class="file-name">${t('captions.taken', { name: file?.file_name ?? '' })}</p>
      <p>${t('captions.taken-more')}</p>
      <${ErrorNote} error=${error} />
      <div class="row end"><${Button} busy=${busy === 'back'} onClick=${takeBack}>${t('captions.take-back')}<//><${Button} variant="primary" onClick=${onClose}>${t('ui.close')}<//></div>
    <//>`
  return html`<${Dialog} title=${t('captions.take-title')} onClose=${onClose}>
    <p>${t('captions.take-text')}</p>
    <${Field} label=${t('captions.file')} hint=${t('captions.file-hint')}>
      ${(/** @type {object} */ bind) => html`<input class="input" type="file" accept=".srt,.vtt,.txt,text/vtt,application/x-subrip" ...${bind} onChange=${choose} />`}
    <//>
    <div role="status" class="captions-preview">${busy === 'look' && html`<${Spinner} />`}${preview && html`<${Preview} preview=${preview} />`}</div>
    <${ErrorNote} error=${error} />
    <div class="row end"><${Button} onClick=${onClose}>${t('ui.cancel')}<//>
      ${preview && html`<${Button} variant="primary" busy=${busy === 'take'} onClick=${takeIn}>${t(preview.is_likely ? 'captions.take' : 'captions.take-anyway')}<//>`}</div>
  <//>`
}

/** @param {{preview: CaptionsPreview}} props */
function Preview({ preview }) {
  const { words, agree, unsaid, shift, speakers } = preview
  return html`${!preview.is_likely && html`<${Note} kind="warn"><p><strong>${t('captions.unlikely')}</strong> ${t('captions.unlikely-more')}</p><//>`}
    <p><strong>${t('captions.agree', { agree: number(agree), count: words, share: percent(Math.floor((100 * agree) / words) / 100) })}</strong></p>
    <ul class="captions-facts">
      <li>${t('captions.agree-more')}</li>
      ${unsaid > 0 && html`<li>${t('captions.unsaid', { count: unsaid })}</li>`}
      ${Math.abs(shift) >= SEEN_SHIFT && html`<li>${t('captions.shift', { count: Math.round(Math.abs(shift)) })}</li>`}
      ${speakers.length > 0 && html`<li>${t('captions.speakers')} <bdi>${speakers.map(speakerName).join(', ')}</bdi></li>`}
      <li>${t('captions.unconfirmed')}</li>
    </ul>`
}
