/** Find in the transcript, and what leads on from there: to replace, and to the words that wait for somebody. */

import { t } from '../i18n.js'
import { isConverting } from '../typing.js'
import { Button, withValue } from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { Tool } from './controls.js'
import { offsets } from './model/lines.js'
import { find } from './model/search.js'

/**
 * @import { RefObject } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { Line } from './model/lines.js'
 * @import { Playback } from './playback.js'
 * @import { TranscriptView } from './transcript-view.js'
 */

/**
 * Find in the transcript; Enter goes to the next place, Shift+Enter to the one before.
 * @param {{doc: TranscriptDocument, view: RefObject<TranscriptView>, input: RefObject<HTMLInputElement>,
 *   lines: Line[], playback: Playback, held: number, isAtDesk: boolean, canEdit: boolean, onUnsure: (step: 1 | -1) => void,
 *   onReplace: (wanted: string) => void}} props `held`: how many words wait for somebody
 */
export function FindBar({ doc, view, input, lines, playback, held, isAtDesk, canEdit, onUnsure, onReplace }) {
  const [query, setQuery] = useState('')
  const [at, setAt] = useState(0)
  const hits = useMemo(() => (query.trim() ? find(lines, query) : []), [query, lines])
  const shownAt = Math.min(at, Math.max(0, hits.length - 1))
  const isUsed = useRef(false)

  useEffect(() => {
    if (isAtDesk || (!query.trim() && !isUsed.current)) return // marks of others stay
    isUsed.current = Boolean(query.trim())
    view.current?.setMarks(
      hits.map((hit, i) => ({ id: lines[hit.line].id, from: hit.from, to: hit.to, isCurrent: i === shownAt })),
    )
  }, [hits, shownAt, isAtDesk])

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
    ${canEdit && html`<${Button} size="small" variant="quiet" onClick=${() => onReplace(query)}>${t('desk.replace.open')}<//>`}
    ${!isAsked && canEdit && held > 0 && html`<${Button} size="small" variant=${isAtDesk ? '' : 'primary'} disabled=${isAtDesk} onClick=${() => onUnsure(1)}>${t('desk.open', { count: held })}<//>`}
    ${!isAsked && !canEdit && html`<${Button} size="small" variant="quiet" onClick=${() => onUnsure(1)}>${t('asset.unsure.next')}<//>`}
  </div>`

  /** @param {{line: number, from: number}} hit */
  function seekTo(hit) {
    const line = lines[hit.line]
    const word = line.words.find((one, i) => offsets(line)[i] + one.text.length > hit.from)
    playback.seek(word?.start ?? line.start)
    view.current?.setFollow(true)
  }
}
