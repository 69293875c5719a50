/**
 * The transcript beside the player: find, follow, edit, the desk, save state; the text itself is drawn by
 * `transcript-view.js`.
 */

import { t } from '../i18n.js'
import { later } from '../ui/later.js'
import { Button, toast, untoast } from '../ui.js'
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { Drawing, Tool } from './controls.js'
import { useDesk } from './desk/desk.js'
import { DeskPanel } from './desk/panel.js'
import { FindBar } from './find-bar.js'
import { kindsText } from './hurtful.js'
import { useShortcuts } from './keys.js'
import { Confirmed } from './meter.js'
import { tintsOf } from './model/quotes.js'
import { isUnsure } from './model/words.js'
import { SafetyNews } from './safety-news.js'
import { LineSpeakerDialog, speakerName } from './speakers.js'
import { NothingWritten, OldEdition, SaveState } from './transcript-notes.js'
import { TranscriptView } from './transcript-view.js'

/**
 * @import { MarkView, RefObject } from '../types.d.ts'
 * @import { Replacement } from './desk/desk.js'
 * @import { TranscriptDocument } from './document.js'
 * @import { Span } from './model/confirmed.js'
 * @import { Hurtful } from './model/hurtful.js'
 * @import { Speaker } from './model/speakers.js'
 * @import { Playback } from './playback.js'
 * @import { Taking } from './transcript/chosen.js'
 * @import { Spot } from './transcript-view.js'
 */

const ConflictDialog = later(() => import('./conflict.js'), 'ConflictDialog')
const HelpDialog = later(() => import('./dialogs.js'), 'HelpDialog')
const ReplaceDialog = later(() => import('./desk/replace-dialog.js'), 'ReplaceDialog')

/**
 * @param {{doc: TranscriptDocument, playback: Playback, canEdit: boolean, speakers: Speaker[],
 *   colourOf: (name: string) => number, language?: string, view: RefObject<TranscriptView>, isSilent?: boolean,
 *   hurtful?: Hurtful | null, isOwn?: boolean, marks?: MarkView[], takings: Taking[],
 *   onTake: (what: Taking, spans: Span[]) => void}} props `view`: is given the view, for those who mark places in it;
 *   `isOwn`: it is the owner who corrects; `marks`: what people have marked; `takings`: what can be done with words
 */
export function Transcript({
  doc,
  playback,
  canEdit,
  speakers,
  colourOf,
  language,
  view,
  isSilent = false,
  hurtful = null,
  isOwn = true,
  marks,
  takings,
  onTake,
}) {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null))
  const search = useRef(/** @type {HTMLInputElement | null} */ (null))
  const [follows, setFollows] = useState(true)
  const [isEditing, setEditing] = useState(false)
  const [dialog, setDialog] = useState(
    /** @type {{kind: 'help' | 'conflict'} | {kind: 'speaker', id: number} | {kind: 'replace', replacement: Replacement} | null} */ (
      null
    ),
  )
  const [said, setSaid] = useState('')
  const edits = canEdit && isEditing && !doc.old
  const mayConfirm = canEdit && !doc.old

  const wasEditing = useRef(false)
  const desk = useDesk({
    doc,
    view,
    playback,
    language,
    mayUse: mayConfirm,
    say: setSaid,
    onReplace: (replacement) => setDialog({ kind: 'replace', replacement }),
    onLeave: (place) => {
      const id = place?.id ?? view.current?.active ?? null
      if (wasEditing.current && place) edit({ ...place, to: place.offset })
      else if (id !== null) view.current?.focus(id)
    },
  })
  const openDesk = (/** @type {1 | -1} */ step) => {
    if (!desk.isOpen) wasEditing.current = edits
    desk.open(step)
    if (!edits || !doc.lines.some(({ words }) => words.some(isUnsure))) return
    doc.autosave.flush()
    setEditing(false)
  }
  const replace = (/** @type {string} */ wanted) => {
    if (!mayConfirm) return
    desk.stop()
    setDialog({ kind: 'replace', replacement: { wanted, instead: '', follows: false } })
  }

  const replaced = (/** @type {number} */ count, /** @type {boolean} */ deletes) => {
    setDialog(null)
    desk.replaced()
    toast(t(deletes ? 'desk.replace.deleted' : 'desk.replace.done', { count }), '', 'replaced')
  }
  useEffect(() => {
    if (doc.history.canRedo) untoast('replaced') // it was taken back
  }, [doc.history.canRedo])

  const history = (/** @type {number} */ step) => {
    if (desk.isOpen) {
      desk.history(step < 0 ? -1 : 1)
      return
    }
    const place = step < 0 ? doc.undo() : doc.redo()
    if (place && edits) view.current?.focus(place.id, place.offset)
  }
  const edit = (/** @type {Spot} */ place) => {
    setEditing(true)
    // The view edits after this draw; the caret goes there then.
    setTimeout(() => view.current?.focus(place.id, place.offset, place.to))
  }
  const toggleEdit = () => {
    if (!canEdit || doc.old || !view.current) return
    const caret = view.current.caret()
    if (edits) doc.autosave.flush()
    setEditing(!edits)
    const id = caret?.id ?? view.current.active ?? doc.lines[0].id
    setTimeout(() => view.current?.focus(id, caret?.offset ?? 0))
  }
  const unsure = (/** @type {1 | -1} */ step) => {
    if (mayConfirm) openDesk(step)
    else if (!view.current?.nextUnsure(step)) toast(t('asset.unsure.none'))
  }
  const confirm = (/** @type {Span[]} */ spans) => {
    if (!mayConfirm) return
    const isRight = spans.length ? doc.confirm(spans) : null
    if (isRight === null) {
      toast(t('asset.confirm.none'))
      return
    }
    const count = spans.reduce((sum, { first, last }) => sum + last - first + 1, 0)
    setSaid(t(isRight ? 'asset.confirm.done' : 'asset.confirm.undone', { count }))
  }
  const takeBack = (/** @type {number} */ id, /** @type {number} */ word) => {
    if (mayConfirm && doc.takeBack(id, word)) setSaid(t('asset.learnt.done'))
  }
  const actions = {
    toggle: () => playback.toggle(),
    back: () => playback.skip(-3),
    forward: () => playback.skip(3),
    here: () => {
      const time = view.current?.caretTime() ?? null
      if (time !== null) playback.seek(time)
      playback.play()
    },
    unsure: () => unsure(1),
    unsureBefore: () => unsure(-1),
    next: () => view.current?.step(1),
    before: () => view.current?.step(-1),
    edit: toggleEdit,
    leave: () => (desk.isOpen ? desk.leave() : edits && toggleEdit()),
    take: () => view.current?.chosen.open(view.current.meant(false)),
    replace: () => replace(search.current?.value ?? ''),
    find: () => search.current?.focus(),
    follow: () => view.current?.setFollow(true),
    undo: () => history(-1),
    redo: () => history(1),
    save: () => doc.autosave.flush(),
    speaker: () => {
      const id = view.current?.caret()?.id ?? view.current?.active ?? null
      if (canEdit && !doc.old && id !== null) setDialog({ kind: 'speaker', id })
    },
    help: () => setDialog({ kind: 'help' }),
    confirm: () => (desk.isOpen ? desk.right() : mayConfirm && view.current && confirm(view.current.meant(false))),
    confirmWord: () => (desk.isOpen ? desk.right() : mayConfirm && view.current && confirm(view.current.meant(true))),
  }
  const canUndo = mayConfirm && (doc.history.canUndo || doc.history.canRedo)
  const inText = useShortcuts(actions, { isEditing: edits || desk.isOpen, isOff: dialog !== null, canUndo })
  const now = { canEdit: mayConfirm, colourOf, history, inText, confirm, takeBack, desk, onTake }
  const latest = useRef(now)
  latest.current = now

  useLayoutEffect(() => {
    if (!scroller.current) return undefined
    const made = new TranscriptView(scroller.current, {
      doc,
      playback,
      t,
      nameOf: speakerName,
      colourOf: (name) => latest.current.colourOf(name),
      reasonOf: ({ place }) => t('asset.hurtful.reason', { kinds: kindsText(place.kinds) }),
      onFollow: setFollows,
      onSpeaker: (id) => latest.current.canEdit && setDialog({ kind: 'speaker', id }),
      onEdit: edit,
      onConfirm: (spans) => latest.current.confirm(spans),
      takings,
      onTake: (what, spans) => latest.current.onTake(what, spans),
      onTakeBack: (id, word) => latest.current.takeBack(id, word),
      onHistory: (step) => latest.current.history(step),
      onKey: (event) => latest.current.inText(event),
    })
    view.current = made
    const stop = doc.listen(() => made.sync())
    made.sync()
    // Whoever points at a word while they are at the desk means that one.
    const scrolled = scroller.current
    const point = (/** @type {MouseEvent} */ event) => {
      const { desk: open } = latest.current
      const word = event.target instanceof HTMLElement && event.target.closest('[data-w]')
      const row = word instanceof HTMLElement ? word.closest('[data-id]') : null
      if (!open.isOpen || !(word instanceof HTMLElement) || !(row instanceof HTMLElement)) return
      event.stopPropagation()
      open.goTo(Number(row.dataset.id), Number(word.dataset.w))
    }
    scrolled.addEventListener('click', point, { capture: true })
    return () => {
      scrolled.removeEventListener('click', point, { capture: true })
      stop()
      made.destroy()
      view.current = null
    }
  }, [doc, playback])

  useLayoutEffect(() => {
    const made = view.current
    if (!made) return
    made.isReadOnly = !canEdit || Boolean(doc.old)
    made.setEditing(edits)
    made.redraw()
  }, [edits, canEdit, doc.old, speakers, doc])
  useLayoutEffect(() => view.current?.setHurtful(hurtful), [hurtful, doc])
  const tints = useMemo(() => tintsOf(doc.shown, marks ?? []), [doc.shown, marks])
  useLayoutEffect(() => view.current?.setTints(tints), [tints, doc])
  useEffect(() => {
    const redraw = () => view.current?.redraw()
    window.addEventListener('language', redraw)
    return () => window.removeEventListener('language', redraw)
  }, [])
  useEffect(() => {
    if (doc.autosave.state === 'conflict') setDialog({ kind: 'conflict' })
  }, [doc.autosave.state])

  const hasLearnt = useMemo(
    () => doc.shown.some(({ words }) => words.some(({ heard }) => heard !== undefined)),
    [doc.shown],
  )
  const held = useMemo(
    () => doc.shown.reduce((count, { words }) => count + words.filter(isUnsure).length, 0),
    [doc.shown],
  )
  const isEmpty = !edits && doc.isLoaded && !doc.shown.some((line) => line.text.trim())
  const lineSpeaker =
    dialog?.kind === 'speaker' &&
    html`<${LineSpeakerDialog} key=${dialog.id} id=${dialog.id} doc=${doc} speakers=${speakers} onClose=${() => setDialog(null)} />`
  return html`<section class="transcript ${edits ? 'editing' : ''}" aria-labelledby="transcript-title">
    <div class="transcript-head">
      <h2 id="transcript-title">${t('asset.transcript.title')}</h2>
      <${Confirmed} lines=${doc.shown} canConfirm=${mayConfirm} />
      <${SaveState} doc=${doc} isOwn=${isOwn} onDecide=${() => setDialog({ kind: 'conflict' })} />
      <div class="row transcript-tools">
        ${!follows && html`<${Button} size="small" class="follow" onClick=${actions.follow}>${t('asset.follow')}<//>`}
        ${
          (edits || canUndo) &&
          html`
          <${Tool} name="undo" label=${t('asset.edit.undo')} aria-disabled=${String(!doc.history.canUndo)} onClick=${() => history(-1)} />
          <${Tool} name="redo" label=${t('asset.edit.redo')} aria-disabled=${String(!doc.history.canRedo)} onClick=${() => history(1)} />`
        }
        <${Tool} name="keys" label=${t('asset.help.title')} onClick=${actions.help} />
        ${canEdit && !doc.old && html`<${Button} size="small" variant=${edits ? 'primary' : ''} aria-pressed=${String(edits)} onClick=${toggleEdit}><${Drawing} name="pen" />${edits ? t('asset.edit.done') : t('asset.edit.start')}<//>`}
      </div>
    </div>
    ${mayConfirm && !isEmpty && html`<p class="confirmed-about small muted">${isOwn ? html`${t('asset.confirm.about')} <a href="#/settings?section=learning">${t('asset.confirm.learning')}</a>` : t('asset.transcript.confirm-about')}</p>`}
    ${doc.old && html`<${OldEdition} doc=${doc} canEdit=${canEdit} />`}
    <${FindBar} doc=${doc} view=${view} input=${search} lines=${doc.shown} playback=${playback} held=${held} isAtDesk=${desk.isOpen} canEdit=${mayConfirm} onUnsure=${unsure} onReplace=${replace} />
    ${isEmpty && html`<${NothingWritten} doc=${doc} isSilent=${isSilent} onWrite=${canEdit && !doc.old && toggleEdit} />`}
    <div class="scroller" ref=${scroller} lang=${language} role="region" tabindex="0" aria-label=${t('asset.transcript.text')} hidden=${isEmpty}></div>
    <div class="transcript-foot small">
      <span class="muted">${edits ? t('asset.edit.hint') : html`<span class="w unsure">${t('asset.unsure.word')}</span> ${t('asset.unsure.legend')}`}</span>
      ${mayConfirm && html`<span class="muted"><span class="line-right shown" aria-hidden="true"></span> ${t('asset.confirm.legend')}</span>`}
      ${hasLearnt && html`<span class="muted"><span class="w learnt">${t('asset.unsure.word')}</span> ${t('asset.learnt.legend')}</span>`}
      ${hurtful && !edits && html`<span class="muted"><span class="w hurtful">${t('asset.unsure.word')}</span> ${t('asset.hurtful.legend')}</span>`}
    </div>
    ${desk.isOpen && html`<${DeskPanel} desk=${desk} scroller=${scroller} language=${doc.language ?? language} />`}
    <p class="visually-hidden" role="status">${said}</p>
    ${lineSpeaker}
    ${dialog?.kind === 'help' && html`<${HelpDialog} canEdit=${canEdit} onClose=${() => setDialog(null)} />`}
    ${dialog?.kind === 'replace' && html`<${ReplaceDialog} doc=${doc} playback=${playback} language=${doc.language ?? language} replacement=${dialog.replacement} onClose=${() => setDialog(null)} onDone=${replaced} />`}
    <${SafetyNews} doc=${doc} />
    ${dialog?.kind === 'conflict' && html`<${ConflictDialog} doc=${doc} playback=${playback} onClose=${() => setDialog(null)} />`}
  </section>`
}
