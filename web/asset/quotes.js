/** What people have taken out of a transcript: quotes, highlights, comments, and clips of them. */

import { bytes, date, duration, money, t } from '../i18n.js'
import { later, withParts } from '../ui/later.js'
import {
  Button,
  Checkbox,
  ConfirmDialog,
  CopyButton,
  download,
  ErrorNote,
  errorText,
  Field,
  Select,
  toast,
  useAction,
  useId,
} from '../ui.js'
import { html, useMemo, useState } from '../vendor/preact.js'
import { asText, pageAddress } from './marking.js'
import { clock } from './model/format.js'
import { linkTo, spansIn, taken } from './model/quotes.js'
import { isOwner, mayComment } from './model/rights.js'
import { speakerName } from './speakers.js'

/**
 * @import { Asset, ClipView, MarkView } from '../types.d.ts'
 * @import { Line } from './model/lines.js'
 * @import { Stretch } from './model/quotes.js'
 * @import { Marks } from './marking.js'
 * @import { OwnSource } from './source.js'
 */

const AddToBoard = later(() => withParts(import('../boards/adding.js'), ['boards'], []), 'AddToBoard')
const COLOURS = ['yellow', 'green', 'blue', 'pink']
const MOST_LETTERS = 2000

/**
 * Asks what somebody has to say to words.
 * @param {{words: {text: string, start: number, end: number}, mark?: MarkView, marks: Marks, onClose: () => void}} props
 *   `mark`: the comment that is changed
 */
export function CommentDialog({ words, mark, marks, onClose }) {
  const [body, setBody] = useState(mark?.body ?? '')
  const save = async () => {
    const { start, end } = words
    const saved = mark
      ? await marks.own?.changeMark(mark.id, { body })
      : await marks.own?.makeMark({ kind: 'comment', start, end, body })
    if (saved) marks.put(saved)
    toast(t('quotes.done.comment'))
    onClose()
  }
  return html`<${ConfirmDialog} title=${t('quotes.comment')} confirm=${t('quotes.save')} disabled=${!body.trim()} onConfirm=${save} onClose=${onClose}>
    <blockquote class="quoted-words" dir="auto">${words.text}</blockquote>
    <${Field} label=${t('quotes.comment-field')}>
      ${(/** @type {object} */ bind) => html`<textarea class="input" rows="4" dir="auto" autofocus maxlength=${MOST_LETTERS} ...${bind} value=${body} onInput=${(/** @type {{target: HTMLTextAreaElement}} */ { target }) => setBody(target.value)}></textarea>`}
    <//>
  <//>`
}

/**
 * The words that an address leads to, above the transcript: to be played again.
 * @param {{stretch: Stretch, lines: Line[], onPlay: (stretch: Stretch) => void}} props
 */
export function Linked({ stretch, lines, onPlay }) {
  const words = useMemo(() => taken(lines, spansIn(lines, stretch)), [lines, stretch])
  return html`<section class="note linked" aria-label=${t('quotes.linked')}>
    <p>${words ? html`<q dir="auto">${words.text}</q> <span class="small muted numbers">${clock(stretch.start)}–${clock(stretch.end)}</span>` : t('quotes.gone')}</p>
    <${Button} size="small" variant="primary" onClick=${() => onPlay(stretch)}>${t('quotes.play-these')}<//>
  </section>`
}

/**
 * The panel of all marks. `onGo` shows their words.
 * @param {{marks: Marks, asset: Asset, onGo: (stretch: Stretch) => void, onPlay: (stretch: Stretch) => void}} props
 */
export function Quotes({ marks, asset, onGo, onPlay }) {
  const id = useId('quotes')
  const [showsResolved, showResolved] = useState(false)
  const { marks: all, error, isLoaded } = marks
  if (error) return html`<${ErrorNote} error=${error} onRetry=${marks.reload} />`
  // Who may only read has nothing to do where nothing is.
  if (!isLoaded || (all.length === 0 && !mayComment(asset))) return null
  const resolved = all.filter((mark) => mark.resolved_at !== undefined)
  const shown = showsResolved ? all : all.filter((mark) => mark.resolved_at === undefined)
  return html`<section class="block quotes" aria-labelledby=${id}>
    <h2 id=${id} tabindex="-1">${t('quotes.title')}</h2>
    ${all.length === 0 && html`<p class="small muted">${t('quotes.none')}</p>`}
    <ul>${shown.map((mark) => html`<${OneMark} key=${mark.id} mark=${mark} marks=${marks} asset=${asset} onGo=${onGo} onPlay=${onPlay} />`)}</ul>
    ${resolved.length > 0 && html`<${Checkbox} label=${t('quotes.show-resolved', { count: resolved.length })} checked=${showsResolved} onChange=${showResolved} />`}
  </section>`
}

/** Who made a mark: the owner reads the address of others. @param {MarkView} mark */
const authorOf = ({ author, author_name }) => author_name ?? t(`quotes.by.${author}`)

/** @param {{mark: MarkView, marks: Marks, asset: Asset, onGo: (stretch: Stretch) => void, onPlay: (stretch: Stretch) => void}} props */
function OneMark({ mark, marks, asset, onGo, onPlay }) {
  const [dialog, setDialog] = useState(/** @type {'board' | 'comment' | 'delete' | null} */ (null))
  const own = /** @type {OwnSource} */ (marks.own)
  const words = mark.text ?? mark.exact ?? ''
  const speakers = (mark.speakers ?? []).map(speakerName).join(', ')
  const [change, isChanging, changeError] = useAction(async (/** @type {object} */ changes) => {
    marks.put(await own.changeMark(mark.id, changes))
  })
  const remove = async () => {
    await own.deleteMark(mark.id)
    marks.drop(mark.id)
    setDialog(null)
    toast(t('quotes.deleted'))
  }
  const isChangeable = isOwner(asset) || (mayComment(asset) && mark.is_yours)
  const isResolved = mark.resolved_at !== undefined
  const facts = [
    mark.is_gone && t('quotes.is-gone'),
    mark.is_corrected && t('quotes.is-corrected'),
    !mark.is_gone && !mark.is_confirmed && t('quotes.is-unconfirmed'),
    isResolved && t('quotes.is-resolved'),
  ].filter(Boolean)
  const time = clock(mark.start)
  return html`<li class="mark of-${mark.kind} ${mark.colour ?? ''} ${isResolved ? 'resolved' : ''}">
    <p class="small muted"><span class="chip">${t(`quotes.kind.${mark.kind}`)}</span>
      ${mark.is_gone ? html`<span class="numbers">${time}</span>` : html`<button type="button" class="when numbers" aria-label=${t('quotes.go', { time })} onClick=${() => onGo(mark)}>${time}</button>`}
      ${speakers && html` <bdi>${speakers}</bdi>`} · <bdi>${authorOf(mark)}</bdi>, ${date(mark.made_at)}</p>
    <blockquote class="quoted-words" dir="auto" lang=${asset.language}>${words}</blockquote>
    ${mark.body && html`<p class="mark-body" dir="auto">${mark.body}</p>`}
    ${mark.is_corrected && mark.exact && html`<details class="small"><summary>${t('quotes.as-taken')}</summary><q dir="auto" lang=${asset.language}>${mark.exact}</q></details>`}
    ${facts.length > 0 && html`<ul class="facts small">${facts.map((fact) => html`<li key=${fact}>${fact}</li>`)}</ul>`}
    <div class="row mark-tools" role="group" aria-label=${t('quotes.tools', { time })}>
      ${!mark.is_gone && html`<${Button} size="small" onClick=${() => onPlay(mark)}>${t('quotes.play')}<//>`}
      <${CopyButton} text=${asText({ text: words, start: mark.start, end: mark.end, speaker: mark.speakers?.length ? mark.speakers[0] : null })} label=${t('quotes.copy-text')} />
      <${CopyButton} text=${linkTo(pageAddress(), mark)} label=${t('quotes.copy-link')} />
      ${!mark.is_gone && html`<${Button} size="small" onClick=${() => setDialog('board')}>${t('quotes.add')}<//>`}
      ${isChangeable && mark.kind === 'highlight' && html`<${Select} aria-label=${t('quotes.colour')} value=${mark.colour ?? 'yellow'} options=${COLOURS.map((one) => [one, t(`quotes.colour.${one}`)])} onChange=${(/** @type {string} */ colour) => change({ colour })} />`}
      ${mayComment(asset) && mark.kind === 'comment' && html`<${Button} size="small" busy=${isChanging} onClick=${() => change({ resolved: !isResolved })}>${t(isResolved ? 'quotes.reopen' : 'quotes.resolve')}<//>`}
      ${mayComment(asset) && mark.kind === 'comment' && mark.is_yours && html`<${Button} size="small" onClick=${() => setDialog('comment')}>${t('quotes.edit')}<//>`}
      ${isChangeable && html`<${Button} size="small" variant="quiet" onClick=${() => setDialog('delete')}>${t('quotes.delete')}<//>`}
    </div>
    <${ErrorNote} error=${changeError} />
    ${!mark.is_gone && mark.kind === 'quote' && html`<${Clips} mark=${mark} marks=${marks} mayAsk=${isOwner(asset)} />`}
    ${dialog === 'comment' && html`<${CommentDialog} words=${{ text: words, start: mark.start, end: mark.end }} mark=${mark} marks=${marks} onClose=${() => setDialog(null)} />`}
    ${dialog === 'board' && html`<${AddToBoard} asset=${asset.id} mark=${mark.id} onClose=${() => setDialog(null)} />`}
    ${dialog === 'delete' && html`<${ConfirmDialog} title=${t('quotes.delete-title')} confirm=${t('quotes.delete')} danger onConfirm=${remove} onClose=${() => setDialog(null)}><p>${t('quotes.delete-text')}</p><//>`}
  </li>`
}

/**
 * The clips of a quote: how each stands, to be asked for (by the owner, who pays) or downloaded.
 * @param {{mark: MarkView, marks: Marks, mayAsk: boolean}} props
 */
function Clips({ mark, marks, mayAsk }) {
  const own = /** @type {OwnSource} */ (marks.own)
  const [dear, setDear] = useState(/** @type {{format: string, why: string} | null} */ (null))
  const [ask, isAsking, error] = useAction(async (/** @type {string} */ format, /** @type {boolean} */ accepts) => {
    try {
      marks.put(await own.makeClip(mark.id, { format: /** @type {'mp4' | 'mp3'} */ (format), accept_cost: accepts }))
      setDear(null)
    } catch (failure) {
      if (/** @type {any} */ (failure).code !== 'cost-limit') throw failure
      setDear({ format, why: errorText(failure) })
    }
  })
  const [fetchClip, , fetchError] = useAction(
    async (/** @type {string} */ format, /** @type {'url' | 'srt' | 'vtt'} */ what) => {
      const where = await own.clip(mark.id, format)
      download(where[what])
    },
  )
  const clips = new Map((mark.clips ?? []).map((clip) => [clip.format, clip]))
  return html`<div class="clips" role="group" aria-label=${t('quotes.clips', { time: clock(mark.start) })}>
    ${marks.formats.map((format) => {
      const clip = clips.get(format)
      const isUnderWay = clip?.state === 'waiting' || clip?.state === 'making'
      const isReady = clip?.state === 'ready' && !clip.is_outdated
      return html`<div key=${format} class="clip">
        ${
          isReady &&
          html`<${Button} size="small" variant="primary" onClick=${() => fetchClip(format, 'url')}>${t(`quotes.download.${format}`)}<//>
          <${Button} size="small" variant="quiet" aria-label=${t('quotes.captions-of', { kind: 'SRT', format })} onClick=${() => fetchClip(format, 'srt')}>SRT<//>
          <${Button} size="small" variant="quiet" aria-label=${t('quotes.captions-of', { kind: 'WebVTT', format })} onClick=${() => fetchClip(format, 'vtt')}>WebVTT<//>`
        }
        ${mayAsk && !isReady && !isUnderWay && html`<${Button} size="small" busy=${isAsking} onClick=${() => ask(format, false)}>${t(`quotes.make.${format}`)}<//>`}
        ${clip && html`<span class="small muted" role="status">${stateOf(clip)}</span>`}
      </div>`
    })}
    <${ErrorNote} error=${error ?? fetchError} />
    ${dear && html`<${ConfirmDialog} title=${t('quotes.dear')} confirm=${t('quotes.accept')} onConfirm=${() => ask(dear.format, true)} onClose=${() => setDear(null)}><p>${dear.why}</p><//>`}
  </div>`
}

/** @param {ClipView} clip */
function stateOf(clip) {
  if (clip.state === 'failed') return clip.failure ? errorText(clip.failure) : t('quotes.state.failed')
  if (clip.state !== 'ready') return t(`quotes.state.${clip.state}`)
  if (clip.is_outdated) return t('quotes.state.outdated')
  const facts = [
    clip.seconds !== undefined && duration(clip.seconds),
    clip.size !== undefined && bytes(clip.size),
    clip.usd !== undefined && clip.usd > 0 && money(clip.usd),
  ]
  if (clip.captions_in_picture) facts.push(t('quotes.burned'))
  if (clip.note) facts.push(errorText(clip.note))
  return facts.filter(Boolean).join(' · ')
}
