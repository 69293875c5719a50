/** Questions to what was said: answered by quotes, each to be played, or by "nobody says so". */

import { api } from '../api.js'
import { clock } from '../asset/model/format.js'
import { linkTo } from '../asset/model/quotes.js'
import { speakerName } from '../asset/speakers.js'
import { presetOf, usePlayer } from '../boards/player.js'
import { dateTime, locale, money, number, t } from '../i18n.js'
import { later, withParts } from '../ui/later.js'
import {
  Button,
  CopyButton,
  EmptyState,
  ErrorNote,
  errorText,
  PageTitle,
  Spinner,
  toast,
  useAction,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'

/** @import { AnswerQuote, BoardEntryView, QuestionLine, QuestionView, Questions } from '../types.d.ts' */

const AddToBoard = later(() => withParts(import('../boards/adding.js'), ['boards'], []), 'AddToBoard')
const LONGEST = 300
const SHORTEST = 2

/**
 * @param {{question: string, text: string}} props the id of the one that is shown; what stands in the field, to be asked
 *   once somebody has read it: words from the search, say
 */
export function AskPage({ question, text }) {
  const list = useLoad((signal) => api.get('/questions', { signal }), question)
  if (list.error && !list.data)
    return html`<${PageTitle} title=${t('ask.title')} /><${ErrorNote} error=${list.error} onRetry=${list.reload} />`
  const lines = list.data?.questions ?? []
  const remove = async (/** @type {QuestionLine} */ line) => {
    try {
      await api.delete(`/questions/${encodeURIComponent(line.id)}`)
    } catch (failure) {
      toast(errorText(failure), 'bad')
      return
    }
    toast(t('ask.deleted'))
    document.querySelector('h1')?.focus()
    if (line.id === question) location.hash = '#/ask'
    else list.reload()
  }
  return html`<${PageTitle} title=${t('ask.title')} />
    <div class="ask">
      <${Form} known=${list.data} given=${text.slice(0, LONGEST)} />
      ${question && html`<${Answer} key=${question} id=${question} onAnswer=${list.reload} />`}
      ${lines.length > 0 && html`<${Earlier} lines=${lines} shown=${question} onDelete=${remove} />`}
    </div>`
}

/** @param {{known?: Questions, given: string}} props */
function Form({ known, given }) {
  const [text, setText] = useState(given)
  useEffect(() => {
    if (given) setText(given)
  }, [given])
  const [ask, isAsking, error] = useAction(async (/** @type {boolean} */ accepts) => {
    if (text.trim().length < SHORTEST) return
    const asked = await api.post('/questions', { question: text.trim(), accept_cost: accepts })
    location.hash = `#/ask?question=${asked.id}`
  })
  const submit = (/** @type {SubmitEvent} */ event) => {
    event.preventDefault()
    ask(false)
  }
  const left = known && t('ask.left', { count: known.left })
  const cost = known && known.usd > 0 && t('ask.costs', { usd: money(known.usd) })
  return html`<form class="ask-form" onSubmit=${submit}>
    <div class="search-box">
      <input class="input" type="text" name="question" dir="auto" autocomplete="off" aria-label=${t('ask.label')} placeholder=${t('ask.label')} aria-describedby="ask-how ask-costs" minlength=${SHORTEST} maxlength=${LONGEST} required value=${text} onInput=${(/** @type {{target: HTMLInputElement}} */ { target }) => setText(target.value)} />
      <${Button} type="submit" variant="primary" busy=${isAsking}>${t('ask.go')}<//>
    </div>
    <p class="small muted" id="ask-how">${t('ask.how')}</p>
    <p class="small muted" id="ask-costs">${[cost, left].filter(Boolean).join(' ')}</p>
    <${ErrorNote} error=${error} />
    ${error?.code === 'question-cost-limit' && html`<p><${Button} busy=${isAsking} onClick=${() => ask(true)}>${t('ask.accept')}<//></p>`}
  </form>`
}

/** @param {{id: string, onAnswer: () => void}} props */
function Answer({ id, onAnswer }) {
  /** @type {`/questions/${string}`} */
  const path = `/questions/${encodeURIComponent(id)}`
  const { data, error, reload, set } = useLoad((signal) => api.get(path, { signal }), locale())
  const isOpen = data?.state === 'asked'
  const wasOpen = useRef(false)
  usePoll(async () => set(await api.get(path)), isOpen)
  useEffect(() => {
    if (isOpen) wasOpen.current = true
    else if (data && wasOpen.current) onAnswer()
  }, [isOpen, Boolean(data)])
  if (error && !data) return html`<${ErrorNote} error=${error} onRetry=${reload} />`
  if (!data) return html`<${Spinner} />`
  const gone = data.gone ?? 0
  const isNobody = data.state === 'answered' && data.quotes.length === 0 && gone === 0
  return html`<section class="answer" aria-labelledby="asked">
    <h2 id="asked" dir="auto">${data.question}</h2>
    <p class=${data.state === 'answered' && data.quotes.length === 0 ? 'visually-hidden' : 'small muted'} role="status">${saidOf(data)}</p>
    ${isOpen && html`<${Spinner} />`}
    ${data.error && html`<${ErrorNote} error=${data.error} />`}
    ${isNobody && html`<${EmptyState} title=${t('ask.nobody')}>${t('ask.nobody-text', counts(data))}<//>`}
    ${gone > 0 && data.quotes.length === 0 && html`<${EmptyState} title=${t('ask.gone-title')}>${t('ask.gone', { count: gone })}<//>`}
    ${gone > 0 && data.quotes.length > 0 && html`<p class="small muted">${t('ask.gone', { count: gone })}</p>`}
    <${Quotes} quotes=${data.quotes} />
    ${data.quotes.length > 0 && html`<p class="small muted">${t('ask.looked', counts(data))}${data.usd > 0 && ` ${t('ask.cost', { usd: money(data.usd) })}`}</p>`}
  </section>`
}

/** @param {QuestionView} question */
const counts = ({ looked, of }) => ({ looked: number(looked), count: of })

/**
 * What is read out when it changes.
 * @param {QuestionView} question
 */
function saidOf({ state, quotes, gone }) {
  if (state === 'asked') return t('ask.waiting')
  if (state === 'failed') return t('ask.failed')
  if (quotes.length > 0) return t('ask.found', { count: quotes.length })
  return t(gone ? 'ask.gone-title' : 'ask.nobody')
}

/** @param {{quotes: AnswerQuote[]}} props */
function Quotes({ quotes }) {
  const player = usePlayer()
  const [added, setAdded] = useState(/** @type {{asset: string, mark: string} | null} */ (null))
  const entries = quotes.map(
    (quote, at) =>
      /** @type {BoardEntryView} */ (/** @type {unknown} */ ({ id: String(at), asset: quote.asset, quote })),
  )
  const add = async (/** @type {AnswerQuote} */ { asset, start, end }) => {
    try {
      const { id } = await api.post(`/assets/${encodeURIComponent(asset)}/marks`, { kind: 'quote', start, end })
      setAdded({ asset, mark: id })
    } catch (failure) {
      toast(errorText(failure), 'bad')
    }
  }
  const { played } = player
  return html`<ol class="answer-quotes">
      ${quotes.map((quote, at) => {
        const isPlaying = player.isPlaying && played?.id === String(at)
        const onPlay = () => (isPlaying ? player.stop() : player.play(/** @type {BoardEntryView} */ (entries[at])))
        return html`<${Quote} key=${at} quote=${quote} isPlaying=${isPlaying} onPlay=${onPlay} onAdd=${() => add(quote)} />`
      })}
    </ol>
    <div class="board-player ${played ? '' : 'unused'}" role="group" aria-label=${t('boards.player')}>
      <video ref=${player.media} controls playsinline preload="none" aria-label=${t('boards.player')} ...${player.events}></video>
      <p class="small" dir="auto">${played?.quote && html`<bdi>${played.quote.title}</bdi>, <span class="numbers">${clock(played.quote.start)}–${clock(played.quote.end)}</span>`}</p>
      <${ErrorNote} error=${player.error} />
    </div>
    ${added && html`<${AddToBoard} asset=${added.asset} mark=${added.mark} onClose=${() => setAdded(null)} />`}`
}

/** @param {{quote: AnswerQuote, isPlaying: boolean, onPlay: () => void, onAdd: () => void}} props */
function Quote({ quote, isPlaying, onPlay, onAdd }) {
  const { asset, start, end, text, title, language } = quote
  const who = quote.speakers.map(speakerName).join(', ')
  const time = `${clock(start)}–${clock(end)}`
  const place = linkTo(`#/asset/${encodeURIComponent(asset)}`, { start, end })
  const facts = [quote.is_corrected && t('ask.is-corrected'), !quote.is_confirmed && t('boards.is-unconfirmed')]
  const shown = facts.filter(Boolean)
  const canPlay = Boolean(presetOf(/** @type {any} */ (quote)))
  const copied = [`“${text}”`, [who, title, time].filter(Boolean).join(', '), location.href.split('#')[0] + place]
  return html`<li class="answer-quote">
    <blockquote class="entry-words" dir="auto" lang=${language}>${text}</blockquote>
    <p class="small">${who && html`<strong><bdi>${who}</bdi></strong>, `}<span class="numbers">${time}</span> · <a href=${place}><bdi>${title}</bdi></a></p>
    ${shown.length > 0 && html`<ul class="answer-facts small muted">${shown.map((fact) => html`<li key=${fact}>${fact}</li>`)}</ul>`}
    <div class="row entry-tools" role="group" aria-label=${t('ask.tools', { time })}>
      ${canPlay && html`<${Button} size="small" variant="primary" onClick=${onPlay}>${t(isPlaying ? 'boards.stop' : 'boards.play')}<//>`}
      <${CopyButton} text=${copied.join('\n')} label=${t('ask.copy')} />
      <${Button} size="small" variant="quiet" onClick=${onAdd}>${t('boards.add')}<//>
    </div>
  </li>`
}

/** @param {QuestionLine} line */
const stateOf = ({ state, count }) =>
  state === 'answered' && count === 0 ? t('ask.nobody') : t(`ask.state.${state}`, { count })

/** @param {{lines: QuestionLine[], shown: string, onDelete: (line: QuestionLine) => void}} props */
function Earlier({ lines, shown, onDelete }) {
  return html`<section class="asked-before" aria-labelledby="asked-before">
    <h2 id="asked-before">${t('ask.earlier')}</h2>
    <p class="small muted">${t('ask.kept')}</p>
    <ul>${lines.map(
      (line) => html`<li key=${line.id}>
      <a href="#/ask?question=${line.id}" aria-current=${line.id === shown ? 'true' : undefined}><bdi>${line.question}</bdi></a>
      <span class="small muted">${dateTime(line.asked_at)} · ${stateOf(line)}</span>
      <${Button} size="small" variant="quiet" aria-label=${t('ask.delete-of', { question: line.question })} onClick=${() => onDelete(line)}>${t('ask.delete')}<//>
    </li>`,
    )}</ul>
  </section>`
}
