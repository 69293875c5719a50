/** The meter: how much of a transcript somebody stands behind, how many held words are left, by whom and when. */

import { api } from '../api.js'
import { dateTime, floorPercent, number, t } from '../i18n.js'
import { Progress, useLoad, useOutside } from '../ui.js'
import { html, useMemo, useRef, useState } from '../vendor/preact.js'
import { measured, shareOf } from './model/confirmed.js'

/**
 * @import { Line } from './model/lines.js'
 * @import { Measured, Person } from './model/confirmed.js'
 */

/**
 * Who only reads is told nothing while that is nothing, and not who confirmed what.
 * @param {{lines: Line[], canConfirm: boolean}} props
 */
export function Confirmed({ lines, canConfirm }) {
  const found = useMemo(() => measured(lines), [lines])
  const share = shareOf(found)
  if (share === null || (!canConfirm && share === 0)) return null
  const text = t('asset.confirm.share', { share: floorPercent(share) })
  const bar = html`<${Progress} value=${share} label=${text} /><span class="numbers" aria-hidden="true">${text}</span>`
  if (!canConfirm)
    return html`<div class="confirmed-share small muted" title=${t('asset.confirm.share-hint')}>${bar}</div>`
  return html`<${Meter} found=${found} text=${text}>${bar}<//>`
}

/** @param {{found: Measured, text: string, children?: import('../types.d.ts').Children}} props */
function Meter({ found, text, children }) {
  const [isOpen, setOpen] = useState(false)
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  useOutside(box, isOpen, () => setOpen(false))
  const key = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape' || !isOpen) return
    event.stopPropagation()
    event.preventDefault()
    setOpen(false)
    box.current?.querySelector('button')?.focus()
  }
  const held = t('desk.meter.held', { count: found.held })
  return html`<div class="meter-box" ref=${box} onKeyDown=${key}>
    <button type="button" class="meter-button small" aria-expanded=${String(isOpen)} aria-label=${`${text}. ${held}`}
      title=${t('asset.confirm.share-hint')} onClick=${() => setOpen(!isOpen)}>
      <span class="confirmed-share muted">${children}</span><span class="numbers muted held-left" aria-hidden="true">${held}</span></button>
    ${isOpen && html`<${People} found=${found} />`}
  </div>`
}

/** @param {{found: Measured}} props */
function People({ found }) {
  const { data: me, error } = useLoad((signal) => api.get('/me', { signal }), 'meter')
  return html`<div class="meter-more panel" role="group" aria-label=${t('desk.meter.who')}>
    <p>${t('desk.meter.words', { confirmed: found.confirmed, count: found.words })}</p>
    ${found.people.length === 0 && html`<p class="muted">${t('desk.meter.nobody')}</p>`}
    ${
      (me || error) &&
      found.people.length > 0 &&
      html`<table class="meter-people"><thead><tr><th scope="col">${t('desk.meter.person')}</th><th scope="col">${t('desk.meter.count')}</th><th scope="col">${t('desk.meter.last')}</th></tr></thead>
      <tbody>${people(found.people, me?.owner).map(({ name, words, last }) => html`<tr key=${name}><th scope="row">${name}</th><td class="numbers">${number(words)}</td><td>${last === null ? t('desk.meter.now') : dateTime(last)}</td></tr>`)}</tbody></table>`
    }
  </div>`
}

/**
 * People by name: what was confirmed here is one's own too.
 * @param {Person[]} found
 * @param {string | undefined} owner
 */
function people(found, owner) {
  /** @type {Map<string, Person & {name: string}>} */
  const named = new Map()
  let others = 0
  for (const person of found) {
    const isYou = person.by === null || person.by === owner
    const name = isYou ? t('desk.meter.you') : t('desk.meter.other', { number: ++others })
    const known = named.get(name)
    const last =
      known && (known.last === null || person.last === null) ? null : Math.max(known?.last ?? 0, person.last ?? 0)
    named.set(name, {
      ...person,
      name,
      words: (known?.words ?? 0) + person.words,
      last: known ? last : person.last,
    })
  }
  return [...named.values()]
}
