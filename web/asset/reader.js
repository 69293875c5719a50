/** Player, plot, transcript and findings, as the owner's page and the shared one have them in common. */

import { locale, t } from '../i18n.js'
import { later } from '../ui/later.js'
import { Branches, ErrorNote, errorText, isFetched, isFinished, Note, Spinner } from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { openDocument } from './document.js'
import { Findings, Summary } from './findings.js'
import { HurtfulWords, useHurtful } from './hurtful.js'
import { useMarks, usePlaying, useTaking } from './marking.js'
import { clock } from './model/format.js'
import { Hurtful } from './model/hurtful.js'
import { offsets } from './model/lines.js'
import { spansIn } from './model/quotes.js'
import { isOwner, mayComment } from './model/rights.js'
import { find } from './model/search.js'
import { speakersOf } from './model/speakers.js'
import { placeNearest } from './model/times.js'
import { ONE_COLUMN, useMedia } from './narrow.js'
import { Tracks } from './passages.js'
import { playable } from './playable.js'
import { Playback } from './playback.js'
import { Player } from './player.js'
import { useRemade } from './remade.js'
import { useCovering } from './seen/cover.js'
import { useSeen } from './seen/loading.js'
import { hasUnseen } from './seen/unseen.js'
import { shows } from './source.js'
import { COLOURS, Speakers, speakerName } from './speakers.js'
import { Timeline } from './timeline.js'
import { Transcript } from './transcript.js'

/**
 * @import { Analysis, Asset, BranchView, Children, Failed, HeardLine } from '../types.d.ts'
 * @import { Place } from './model/hurtful.js'
 * @import { Stretch } from './model/quotes.js'
 * @import { Source } from './source.js'
 * @import { Taking } from './transcript/chosen.js'
 * @import { TranscriptView } from './transcript-view.js'
 * @import { Mark } from './transcript/row.js'
 */

const FilmSeen = later(() => import('./seen/film.js'), 'FilmSeen')

/**
 * Whether there is a transcript to read. That of a film without sound is empty, and can be written by hand; of what nobody
 * asked to have transcribed there is none.
 * @param {Asset | undefined} asset
 */
export function isTranscribed(asset) {
  if (asset?.is_withheld) return false
  const { status, error } = asset?.branches.speech ?? {}
  return status === 'done' || (status === 'skipped' && error?.code === 'no-sound')
}

/**
 * The transcript of a source, which draws its user anew when it changes. Loaded once `isReady`.
 * @param {Source} source
 * @param {boolean} isReady
 * @param {number} [version]
 */
export function useDocument(source, isReady, version) {
  const doc = useMemo(() => openDocument(source, version), [source, version])
  const [, draw] = useState(0)
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const stop = doc.listen(() => draw((n) => n + 1))
    return () => {
      stop()
      doc.release()
    }
  }, [doc])
  useEffect(() => {
    if (!isReady) return undefined
    const leaving = new AbortController()
    setError(null)
    doc.load(leaving.signal).catch((failure) => leaving.signal.aborted || setError(failure))
    return () => leaving.abort()
  }, [doc, isReady, turn])
  return { doc, error, reload: () => setTurn((n) => n + 1) }
}

/**
 * What was found, or the summary alone: undefined while it loads, null where there is neither.
 * @param {Source} source
 * @param {boolean} isReady
 * @param {number} version
 */
export function useAnalysis(source, isReady, version) {
  const [state, setState] = useState(/** @type {{analysis?: Analysis | null, error?: Failed}} */ ({}))
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    if (!isReady) {
      setState({})
      return undefined
    }
    const leaving = new AbortController()
    source.analysis(leaving.signal).then(
      (analysis) => setState({ analysis }),
      (error) => leaving.signal.aborted || setState(error.status === 404 ? { analysis: null } : { error }),
    )
    return () => leaving.abort()
  }, [source, isReady, version, turn, locale()])
  return { ...state, reload: () => setTurn((n) => n + 1) }
}

const quotes = () => import('./quotes.js')
const CommentDialog = later(quotes, 'CommentDialog')
const Linked = later(quotes, 'Linked')
const Quotes = later(quotes, 'Quotes')

/** What can be done with words: by whoever reads them, and by whoever may mark them. @type {Taking[]} */
const TAKINGS = ['copy', 'link']
/** @type {Taking[]} */
const OWN_TAKINGS = ['copy', 'quote', 'highlight', 'comment', 'link']

/** A language that no analysis knows may have been summed up all the same. */
const LOOKED_AT = ['done', 'failed', 'skipped']

/**
 * @param {{source: Source, asset: Asset, transcript: ReturnType<typeof useDocument>, at?: number, stretch?: Stretch,
 *   children?: Children}} props `at`: seconds to begin at; `stretch`: the words to show and play; `children` stand below
 *   the findings
 */
export function Reader({ source, asset, transcript, at, stretch, children }) {
  const { doc } = transcript
  const [playback] = useState(() => new Playback())
  const view = useRef(/** @type {TranscriptView | null} */ (null))
  const isOver = isFinished(asset)
  const speech = asset.branches.speech
  const language = asset.branches.language
  const isLookedAt =
    shows(source, 'analysis') && speech?.status === 'done' && LOOKED_AT.includes(language?.status ?? '')
  const { analysis, error: analysisError, reload } = useAnalysis(source, isLookedAt, asset.version)
  useRemade(analysis, doc.edition, reload)
  const speakers = useMemo(() => speakersOf(doc.shown), [doc.shown])
  // Colours go by who begins to speak first, so that they stay when names change.
  const colours = useMemo(() => new Map(speakers.map((one, i) => [one.name, i % COLOURS])), [speakers])
  const colourOf = (/** @type {string} */ name) => colours.get(name) ?? 0
  const { isRefused } = doc.autosave
  const canEdit = source.isOwn && isOver && doc.isLoaded && !isRefused
  const seen = useSeen(source, asset)
  const covering = useCovering(seen, playback)
  const marked = useHurtful(source, asset)
  const [showsHurtful, setShowsHurtful] = useState(true)
  const hurtful = useMemo(() => marked.places && new Hurtful(marked.places), [marked.places])
  const places = useMemo(() => hurtful?.shown(doc.shown), [hurtful, doc.shown])
  const marks = useMarks(source, isOver && doc.isLoaded && !doc.old, `${doc.edition}.${asset.version}`)
  const [said, say] = useState('')
  const taking = useTaking({ lines: () => doc.shown, marks, say })
  const play = usePlaying(playback)
  const duration = asset.duration || doc.shown.at(-1)?.end || 0

  useEffect(() => {
    if (at !== undefined && Number.isFinite(at)) playback.seek(at)
  }, [at, playback, doc.isLoaded])

  const mark = (/** @type {string} */ text, /** @type {number} */ time) => {
    playback.seek(time)
    const place = placeNearest(doc.times, time)
    if (!place || !view.current) return
    const line = doc.shown[place.line]
    const from = offsets(line)[place.word]
    /** @type {Mark[]} */
    const hits = find(doc.shown, text).map((hit) => ({ id: doc.shown[hit.line].id, from: hit.from, to: hit.to }))
    const current =
      hits.find((hit) => hit.id === line.id && hit.from <= from && hit.to > from) ??
      hits.find((hit) => hit.id === line.id && hit.from >= from)
    if (current) current.isCurrent = true
    else hits.push({ id: line.id, from, to: from + line.words[place.word].text.length, isCurrent: true })
    view.current.setMarks(hits)
    view.current.setFollow(true)
    view.current.show(place.line)
  }
  const goTo = (/** @type {Place} */ wanted) => {
    const found = places?.find(({ place }) => place === wanted)
    if (!found) return
    const line = doc.shown[found.line]
    const { first, last } = found.stretch
    const to = offsets(line)[last] + line.words[last].text.length
    playback.seek(line.words[first].start)
    view.current?.setMarks([{ id: line.id, from: offsets(line)[first], to, isCurrent: true }])
    view.current?.setFollow(true)
    view.current?.show(found.line)
  }
  const showWords = (/** @type {Stretch} */ wanted) => {
    const spans = spansIn(doc.shown, wanted)
    const hits = spans.flatMap(({ id, first, last }) => {
      const line = doc.shown.find((one) => one.id === id)
      if (!line) return []
      return [
        { id, from: offsets(line)[first], to: offsets(line)[last] + line.words[last].text.length, isCurrent: true },
      ]
    })
    view.current?.setMarks(hits)
    view.current?.show(doc.shown.findIndex(({ id }) => id === spans[0]?.id))
  }
  const goToWords = (/** @type {Stretch} */ wanted) => {
    playback.seek(wanted.start)
    showWords(wanted)
  }
  const playWords = (/** @type {Stretch} */ wanted) => {
    showWords(wanted)
    play(wanted)
  }
  useEffect(() => {
    if (stretch && doc.isLoaded) playWords(stretch)
  }, [stretch?.start, stretch?.end, playback, doc.isLoaded])
  const hasPicture = asset.kind !== 'audio'
  // A link that shows no analysis tells what has to be covered, and not what was looked for in vain.
  const isToldAll = shows(source, 'analysis') && (asset.branches.vision?.error || hasUnseen(seen.unseen, asset))
  const hasSights = seen.error || seen.cues.length > 0 || isToldAll
  const hasMedia = playable(asset).length > 0
  const hasTranscript = doc.isLoaded
  const findings = { analysis, playback }
  // Where all stands in one column, the text comes before what else is seen.
  const isOneColumn = useMedia(ONE_COLUMN)
  const seenBeside = html`
    ${analysis?.score && analysis.segments.length > 0 && duration > 0 && html`<${Timeline} segments=${analysis.segments} score=${analysis.score} lines=${doc.shown} duration=${duration} playback=${playback} nameOf=${speakerName} colourOf=${colourOf} />`}
    ${hasPicture && hasSights && html`<${FilmSeen} source=${source} asset=${asset} seen=${seen} playback=${playback} covering=${covering} duration=${duration} />`}`
  const isAlone = !shows(source, 'transcript') || !(shows(source, 'media') || shows(source, 'analysis'))
  return html`<div class="reader ${hasTranscript || speech?.status === 'open' ? '' : 'no-transcript'} ${isAlone ? 'alone' : ''}">
    <div class="watch">
      ${hasMedia && html`<${Player} source=${source} asset=${asset} playback=${playback} seen=${seen} covering=${covering} hasCaptions=${doc.isLoaded} captions=${`${doc.edition}.${asset.version}`} />`}
      ${!hasMedia && shows(source, 'media') && html`<${NoMedia} asset=${asset} />`}
      ${!isOneColumn && seenBeside}
    </div>
    <div class="read">
      <${ErrorNote} error=${transcript.error} onRetry=${transcript.reload} />
      ${hasTranscript && stretch && html`<${Linked} stretch=${stretch} lines=${doc.shown} onPlay=${playWords} />`}
      ${hasTranscript && html`<${Transcript} doc=${doc} playback=${playback} canEdit=${canEdit} speakers=${speakers} colourOf=${colourOf} language=${doc.language ?? asset.language} view=${view} isSilent=${speech?.error?.code === 'no-sound'} hurtful=${showsHurtful && places?.length ? hurtful : null} isOwn=${isOwner(asset)} marks=${marks.marks} takings=${marks.own && mayComment(asset) && !isRefused ? OWN_TAKINGS : TAKINGS} onTake=${taking.take} />`}
      ${!hasTranscript && !transcript.error && shows(source, 'transcript') && (isTranscribed(asset) ? html`<${Spinner} />` : html`<${NoTranscript} speech=${speech} heard=${asset.heard} language=${asset.language} isOver=${isOver} />`)}
    </div>
    <div class="findings">
      ${marks.own && html`<${Quotes} marks=${marks} asset=${asset} onGo=${goToWords} onPlay=${playWords} />`}
      ${taking.commented && html`<${CommentDialog} words=${taking.commented} marks=${marks} onClose=${taking.closeComment} />`}
      <p class="visually-hidden" role="status">${said}</p>
      ${isOneColumn && seenBeside}
      ${analysis && html`<${Summary} ...${findings} />`}
      ${speakers.length > 0 && html`<${Speakers} speakers=${speakers} colourOf=${colourOf} canEdit=${canEdit && !doc.old} doc=${doc} source=${source} moods=${analysis?.speaker_moods ?? {}} />`}
      ${analysis && html`<${Findings} ...${findings} onFind=${mark} />`}
      ${hasTranscript && html`<${HurtfulWords} places=${places?.map(({ place }) => place)} error=${marked.error} onRetry=${marked.reload} onGo=${goTo} isShown=${showsHurtful} onShow=${setShowsHurtful} />`}
      <${Tracks} source=${source} asset=${asset} playback=${playback} />
      <${ErrorNote} error=${analysisError} onRetry=${reload} />
      ${analysis === undefined && !analysisError && isLookedAt && html`<${Spinner} />`}
      ${(analysis === null || (analysis && !analysis.mood)) && html`<${NoAnalysis} language=${language} />`}
      ${analysis && analysis.notes.length > 0 && html`<ul class="notes small muted">${analysis.notes.map((note) => html`<li key=${note.message}>${note.message}</li>`)}</ul>`}
      ${children}
    </div>
  </div>`
}

/** @param {{asset: Asset}} props */
function NoMedia({ asset }) {
  const { status, error } = asset.branches.renditions ?? {}
  if (status === 'open' && !isFinished(asset))
    return html`<div class="picture still"><p class="waiting"><span class="spinner" aria-hidden="true"></span>${t('asset.player.coming')}</p></div>`
  return html`<${Note}><span>${error ? errorText(error) : t('asset.player.none')}</span><//>`
}

/**
 * Why there is no transcript (yet).
 * @param {{speech?: BranchView, heard?: HeardLine[], language?: string, isOver: boolean}} props
 */
function NoTranscript({ speech, heard = [], language, isOver }) {
  if (speech?.status === 'open' && !isOver) {
    return html`<section class="block"><h2>${t('asset.transcript.title')}</h2><p class="loading"><span class="spinner" aria-hidden="true"></span>${t('asset.transcript.coming')}</p>
      ${
        heard.length > 0 &&
        html`<p class="small muted">${t('asset.transcript.so-far')}</p>
      <ol class="so-far" lang=${language}>${heard.map((line) => html`<li key=${line.start} dir="auto"><span class="numbers small muted">${clock(line.start)}</span> ${line.text}</li>`)}</ol>`
      }</section>`
  }
  return html`<section class="block"><h2>${t('asset.transcript.none')}</h2><p class="muted">${speech?.error ? errorText(speech.error) : t('asset.transcript.none-text')}</p></section>`
}

/** @param {{language?: BranchView}} props */
function NoAnalysis({ language }) {
  return html`<section class="block"><h2>${t('asset.analysis.none')}</h2><p class="muted">${language?.error ? errorText(language.error) : t('asset.analysis.none-text')}</p></section>`
}

/**
 * How far the work is, while it goes on.
 * @param {{asset: Asset}} props
 */
export const Work = ({ asset }) => html`<section class="panel work" aria-label=${t('asset.work.title')}>
  <h2>${isFetched(asset) ? t('asset.work.fetching') : t(asset.status === 'processing' ? 'asset.work.title' : `asset.work.${asset.status}`)}</h2>
  <p class="muted">${isFetched(asset) ? t('asset.work.fetching-text') : t(`asset.work.${asset.status}-text`)}</p>
  <${Branches} asset=${asset} />
</section>`
