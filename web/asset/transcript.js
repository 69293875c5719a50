/** The transcript beside the player: find, follow, edit, save state; the text itself is drawn by `transcript-view.js`. */

import { percent, t } from '../i18n.js'
import { isConverting } from '../typing.js'
import { Button, EmptyState, errorText, Note, Progress, toast, withValue } from '../ui.js'
import { html, useEffect, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { ConflictDialog, SafetyNews } from './conflict.js'
import { Drawing, Tool } from './controls.js'
import { HelpDialog } from './dialogs.js'
import { kindsText } from './hurtful.js'
import { useShortcuts } from './keys.js'
import { share } from './model/confirmed.js'
import { offsets } from './model/lines.js'
import { find } from './model/search.js'
import { LineSpeakerDialog, speakerName } from './speakers.js'
import { TranscriptView } from './transcript-view.js'

/**
 * @import { RefObject } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { Span } from './model/confirmed.js'
 * @import { Hurtful } from './model/hurtful.js'
 * @import { Line } from './model/lines.js'
 * @import { Speaker } from './model/speakers.js'
 * @import { Playback } from './playback.js'
 * @import { Spot } from './transcript-view.js'
 */

/**
 * @param {{doc: TranscriptDocument, playback: Playback, canEdit: boolean, speakers: Speaker[],
 *   colourOf: (name: string) => number, language?: string, view: RefObject<TranscriptView>, isSilent?: boolean,
 *   hurtful?: Hurtful | null}} props `view`: is given the view, for those who mark places in it
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
}) {
  const scroller = useRef(/** @type {HTMLElement | null} */ (null))
  const search = useRef(/** @type {HTMLInputElement | null} */ (null))
  const [follows, setFollows] = useState(true)
  const [isEditing, setEditing] = useState(false)
  const [dialog, setDialog] = useState(
    /** @type {{kind: 'help' | 'conflict'} | {kind: 'speaker', id: number} | null} */ (null),
  )
  const [said, setSaid] = useState('')
  const edits = canEdit && isEditing && !doc.old
  const mayConfirm = canEdit && !doc.old

  const history = (/** @type {number} */ step) => {
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
    if (!view.current?.nextUnsure(step)) toast(t('asset.unsure.none'))
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
    leave: () => edits && toggleEdit(),
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
    confirm: () => mayConfirm && view.current && confirm(view.current.meant(false)),
    confirmWord: () => mayConfirm && view.current && confirm(view.current.meant(true)),
  }
  const canUndo = mayConfirm && (doc.history.canUndo || doc.history.canRedo)
  const inText = useShortcuts(actions, { isEditing: edits, isOff: dialog !== null, canUndo })
  const now = { canEdit: mayConfirm, colourOf, history, inText, confirm, takeBack }
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
      onTakeBack: (id, word) => latest.current.takeBack(id, word),
      onHistory: (step) => latest.current.history(step),
      onKey: (event) => latest.current.inText(event),
    })
    view.current = made
    const stop = doc.listen(() => made.sync())
    made.sync()
    return () => {
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
  const isEmpty = !edits && doc.isLoaded && !doc.shown.some((line) => line.text.trim())
  const lineSpeaker =
    dialog?.kind === 'speaker' &&
    html`<${LineSpeakerDialog} key=${dialog.id} id=${dialog.id} doc=${doc} speakers=${speakers} onClose=${() => setDialog(null)} />`
  return html`<section class="transcript ${edits ? 'editing' : ''}" aria-labelledby="transcript-title">
    <div class="transcript-head">
      <h2 id="transcript-title">${t('asset.transcript.title')}</h2>
      <${Confirmed} lines=${doc.shown} canConfirm=${mayConfirm} />
      <${SaveState} doc=${doc} onDecide=${() => setDialog({ kind: 'conflict' })} />
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
    ${mayConfirm && !isEmpty && html`<p class="confirmed-about small muted">${t('asset.confirm.about')} <a href="#/settings?section=learning">${t('asset.confirm.learning')}</a></p>`}
    ${doc.old && html`<${OldEdition} doc=${doc} canEdit=${canEdit} />`}
    <${FindBar} doc=${doc} view=${view} input=${search} lines=${doc.shown} playback=${playback} onUnsure=${unsure} />
    ${isEmpty && html`<${NothingWritten} doc=${doc} isSilent=${isSilent} onWrite=${canEdit && !doc.old && toggleEdit} />`}
    <div class="scroller" ref=${scroller} lang=${language} role="region" tabindex="0" aria-label=${t('asset.transcript.text')} hidden=${isEmpty}></div>
    <div class="transcript-foot small">
      <span class="muted">${edits ? t('asset.edit.hint') : html`<span class="w unsure">${t('asset.unsure.word')}</span> ${t('asset.unsure.legend')}`}</span>
      ${mayConfirm && html`<span class="muted"><span class="line-right shown" aria-hidden="true"></span> ${t('asset.confirm.legend')}</span>`}
      ${hasLearnt && html`<span class="muted"><span class="w learnt">${t('asset.unsure.word')}</span> ${t('asset.learnt.legend')}</span>`}
      ${hurtful && !edits && html`<span class="muted"><span class="w hurtful">${t('asset.unsure.word')}</span> ${t('asset.hurtful.legend')}</span>`}
    </div>
    <p class="visually-hidden" role="status">${said}</p>
    ${lineSpeaker}
    ${dialog?.kind === 'help' && html`<${HelpDialog} canEdit=${canEdit} onClose=${() => setDialog(null)} />`}
    <${SafetyNews} doc=${doc} />
    ${dialog?.kind === 'conflict' && html`<${ConflictDialog} doc=${doc} playback=${playback} onClose=${() => setDialog(null)} />`}
  </section>`
}

/**
 * How much of it somebody stands behind. Who only reads is told nothing while that is nothing.
 * @param {{lines: Line[], canConfirm: boolean}} props
 */
function Confirmed({ lines, canConfirm }) {
  const confirmed = useMemo(() => share(lines), [lines])
  if (confirmed === null || (!canConfirm && confirmed === 0)) return null
  // What is nearly all is not all.
  const text = t('asset.confirm.share', { share: percent(Math.floor(confirmed * 100) / 100) })
  return html`<div class="confirmed-share small muted" title=${t('asset.confirm.share-hint')}><${Progress} value=${confirmed} label=${text} /><span class="numbers" aria-hidden="true">${text}</span></div>`
}

/**
 * A transcript without words: nothing was heard, or somebody took out what was. It can be written by hand.
 * @param {{doc: TranscriptDocument, isSilent: boolean, onWrite: (() => void) | false}} props
 */
function NothingWritten({ doc, isSilent, onWrite }) {
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
function OldEdition({ doc, canEdit }) {
  const bringBack = async () => {
    await doc.bringBack()
    if (doc.autosave.state === 'saved') toast(t('asset.editions.back-done', { n: doc.edition }))
  }
  return html`<${Note} kind="warn" role="status">
    <span>${t('asset.editions.looking', { n: doc.old?.edition })}</span>
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
function SaveState({ doc, onDecide }) {
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

/**
 * Find in the transcript; Enter goes to the next place, Shift+Enter to the one before.
 * @param {{doc: TranscriptDocument, view: RefObject<TranscriptView>, input: RefObject<HTMLInputElement>,
 *   lines: Line[], playback: Playback, onUnsure: (step: 1 | -1) => void}} props
 */
function FindBar({ doc, view, input, lines, playback, onUnsure }) {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const hits = useMemo(() => (query.trim() ? find(lines, query) : []), [query, lines])
  const shownAt = Math.min(at, Math.max(0, hits.length - 1))
  const isUsed = useRef(false)

  useEffect(() => {
    if (!query.trim() && !isUsed.current) return // marks of others stay
    isUsed.current = Boolean(query.trim())
    view.current?.setMarks(
      hits.map((hit, i) => ({ id: lines[hit.line].id, from: hit.from, to: hit.to, isCurrent: i === shownAt })),
    )
  }, [hits, shownAt])

  const show = (/** @type {number} */ index) => {
    if (!hits.length) return
    const next = (index + hits.length) % hits.length
    setAt(next)
    view.current?.setFollow(false)
    view.current?.show(hits[next].line)
  }
  const type = (/** @type {string} */ text) => {
    setQuery(text)
    const found = text.trim() ? find(lines, text) : []
    // The first place from here on, and not the first of all, is what somebody means who listens.
    const lit = view.current?.lit?.line ?? 0
    const here = doc.shown[lit] ? lit : 0
    const first = Math.max(
      0,
      found.findIndex((hit) => hit.line >= here),
    )
    setAt(first)
    if (found[first]) {
      view.current?.setFollow(false)
      view.current?.show(found[first].line)
    }
  }
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (isConverting(event)) return
    if (event.key === 'Enter') {
      event.preventDefault()
      show(shownAt + (event.shiftKey ? -1 : 1))
    } else if (event.key === 'Escape' && query) {
      event.preventDefault()
      setQuery('')
    }
  }
  const isAsked = Boolean(query.trim())
  return html`<div class="find" role="search">
    <input class="input" type="search" dir="auto" ref=${input} value=${query} aria-label=${t('asset.find.label')} placeholder=${t('asset.find.label')}
      onInput=${withValue(type)} onKeyDown=${key} />
    <span class="numbers small muted find-count" role="status">${isAsked ? (hits.length ? t('asset.find.count', { place: shownAt + 1, count: hits.length }) : t('asset.find.none')) : ''}</span>
    ${
      isAsked &&
      html`
      <${Tool} name="up" label=${t('asset.find.before')} onClick=${() => show(shownAt - 1)} />
      <${Tool} name="down" label=${t('asset.find.next')} onClick=${() => show(shownAt + 1)} />
      ${hits.length > 0 && html`<${Button} size="small" variant="quiet" onClick=${() => seekTo(hits[shownAt])}>${t('asset.find.play')}<//>`}`
    }
    ${!isAsked && html`<${Button} size="small" variant="quiet" onClick=${() => onUnsure(1)}>${t('asset.unsure.next')}<//>`}
  </div>`

  /** @param {{line: number, from: number}} hit */
  function seekTo(hit) {
    const line = lines[hit.line]
    const word = line.words.find((one, i) => offsets(line)[i] + one.text.length > hit.from)
    playback.seek(word?.start ?? line.start)
    view.current?.setFollow(true)
  }
}
