/** The versions of the text: who made them and when, their names, and what differs between two. */

import { dateTime, number, percent, t } from '../i18n.js'
import { Button, Dialog, ErrorNote, errorText, Form, Spinner, TextField, toast, useLoad } from '../ui.js'
import { html, useEffect, useLayoutEffect, useRef, useState } from '../vendor/preact.js'
import { Comparing } from './comparing.js'
import { Drawing } from './controls.js'

/**
 * @import { EditionView, Failed } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { OwnSource } from './source.js'
 */

const LONGEST_NAME = 100

/** What an edition is called: as somebody has named it, or by its number. @param {EditionView} edition */
const titleOf = ({ name, number: n }) =>
  name || (n === 0 ? t('editions.heard') : t('editions.number', { n: number(n) }))

/** The same with when it was, so that one can be told from another in a list. @param {EditionView} edition */
const titleWithDay = (edition) => (edition.at ? `${titleOf(edition)} · ${dateTime(edition.at)}` : titleOf(edition))

/**
 * All of them, the newest first: read one, compare it, bring it back, give it a name.
 * @param {{source: OwnSource, doc: TranscriptDocument, onClose: () => void}} props
 */
export function EditionsDialog({ source, doc, onClose }) {
  const known = useLoad((signal) => source.editions(signal), `${source.key} ${doc.edition}`)
  const [compared, setCompared] = useState(/** @type {[number, number] | null} */ (null))
  const [named, setNamed] = useState(/** @type {number | null} */ (null))
  const wasNamed = useRef(/** @type {number | null} */ (null))
  const list = useRef(/** @type {HTMLElement | null} */ (null))
  useEffect(() => {
    // Who has named one, or does not want to after all, goes on where it was begun.
    if (named === null && wasNamed.current !== null)
      /** @type {HTMLElement | null | undefined} */ (
        list.current?.querySelector(`[data-number="${wasNamed.current}"] .tool`)
      )?.focus()
    wasNamed.current = named
  }, [named])
  const [busy, setBusy] = useState(/** @type {string | null} */ (null))
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  useEffect(() => {
    if (doc.autosave.isPending && doc.autosave.state !== 'conflict') doc.autosave.flush()
  }, [doc])
  const all = known.data?.editions
  const run = async (/** @type {string} */ what, /** @type {() => Promise<void>} */ action) => {
    setBusy(what)
    setError(null)
    try {
      await action()
      onClose()
    } catch (failure) {
      setError(/** @type {Failed} */ (failure))
      setBusy(null)
    }
  }
  const read = (/** @type {EditionView} */ one) =>
    run(`read ${one.number}`, async () => {
      if (one.edition === doc.edition) doc.lookBack()
      else await doc.look(one.edition, titleOf(one))
    })
  const bringBack = (/** @type {EditionView} */ one) =>
    run(`bring ${one.number}`, async () => {
      await doc.look(one.edition, titleOf(one))
      await doc.bringBack()
      if (doc.autosave.state === 'saved') toast(t('asset.editions.brought-back', { title: titleOf(one) }))
    })
  if (all && compared) {
    return html`<${Dialog} title=${t('editions.compare-title')} onClose=${onClose}>
      <${Comparing} texts=${all.map((one) => [one.edition, titleWithDay(one)])} chosen=${compared} read=${source.lines} back=${t('editions.back')} onChoose=${setCompared} onBack=${() => setCompared(null)} />
    <//>`
  }
  return html`<${Dialog} title=${t('editions.title')} onClose=${onClose}>
    <p>${t('editions.about')}</p>
    <${ErrorNote} error=${error} />
    ${known.isLoading && !all && html`<${Spinner} />`}
    <${ErrorNote} error=${known.error} onRetry=${known.reload} />
    ${
      all &&
      html`<ol class="editions" ref=${list}>
      ${all.map((one, at) => {
        const title = titleOf(one)
        const isNewest = one.edition === doc.edition
        const other = isNewest ? all[at + 1] : all[0]
        return html`<li key=${one.number} data-number=${one.number}>
          ${
            named === one.number
              ? html`<${Naming} source=${source} edition=${one} onDone=${(/** @type {EditionView | null} */ view) => {
                  setNamed(null)
                  if (view) known.set({ editions: all.map((was) => (was.number === view.number ? view : was)) })
                }} />`
              : html`<p class="edition-title"><strong dir="auto">${title}</strong>
            ${isNewest && html`<span class="chip plain">${t('editions.present')}</span>`}
            ${one.number > 0 && html`<button type="button" class="tool" aria-label=${t('editions.name', { title })} title=${t('editions.name', { title })} onClick=${() => setNamed(one.number)}><${Drawing} name="pen" /></button>`}</p>`
          }
          <p class="small muted">${factsOf(one, all).join(' · ')}</p>
          <div class="row">
            <${Button} size="small" busy=${busy === `read ${one.number}`} aria-label=${t('editions.read-of', { title })} onClick=${() => read(one)}>${t('editions.read')}<//>
            ${other && html`<${Button} size="small" aria-label=${t('editions.compare-of', { title })} onClick=${() => setCompared(isNewest ? [other.edition, one.edition] : [one.edition, other.edition])}>${t('editions.compare')}<//>`}
            ${!isNewest && html`<${Button} size="small" busy=${busy === `bring ${one.number}`} aria-label=${t('editions.bring-of', { title })} onClick=${() => bringBack(one)}>${t('editions.bring')}<//>`}
          </div>
        </li>`
      })}
    </ol>`
    }
    <div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>
  <//>`
}

/**
 * When it was, by whom, how much of it is confirmed, and whose text it is again.
 * @param {EditionView} one
 * @param {EditionView[]} all
 */
function factsOf(one, all) {
  const source = one.brings_back === undefined ? undefined : all.find((other) => isOf(other, one.brings_back ?? 0))
  return [
    one.name && t('editions.number', { n: number(one.number) }),
    one.at !== undefined && dateTime(one.at),
    one.by !== undefined && byOf(one),
    one.confirmed !== undefined && t('editions.confirmed', { share: percent(one.confirmed / 100) }),
    source && t('editions.text-of', { title: titleOf(source) }),
    one.is_open && t('editions.open'),
  ].filter(Boolean)
}

/** @param {EditionView} one */
function byOf({ is_yours: isYours, by_name: name }) {
  if (isYours) return t('editions.by-you')
  return name ? t('editions.by-name', { name }) : t('editions.by-other')
}

/** @param {EditionView} edition @param {number} save */
const isOf = (edition, save) => edition.first <= save && save <= edition.edition

/**
 * The name of an edition, written in its place.
 * @param {{source: OwnSource, edition: EditionView, onDone: (view: EditionView | null) => void}} props
 */
function Naming({ source, edition, onDone }) {
  const [name, setName] = useState(edition.name ?? '')
  const [isBusy, setBusy] = useState(false)
  const form = useRef(/** @type {HTMLElement | null} */ (null))
  // Before anything is drawn: a key that is pressed at once is meant for the field.
  useLayoutEffect(() => form.current?.querySelector('input')?.focus(), [])
  const save = async () => {
    setBusy(true)
    try {
      onDone(await source.nameEdition(edition.edition, name))
    } catch (failure) {
      setBusy(false)
      toast(errorText(/** @type {Failed} */ (failure)), 'bad')
    }
  }
  const leave = (/** @type {KeyboardEvent} */ event) => {
    if (event.key !== 'Escape') return
    event.preventDefault() // which would close the dialog
    event.stopPropagation()
    onDone(null)
  }
  return html`<div ref=${form} onKeyDown=${leave}><${Form} onSubmit=${save}>
    <${TextField} label=${t('editions.name', { title: titleOf({ ...edition, name: undefined }) })} value=${name} maxlength=${LONGEST_NAME} onInput=${setName} />
    <div class="row"><${Button} type="submit" size="small" variant="primary" busy=${isBusy}>${t('editions.save')}<//><${Button} size="small" onClick=${() => onDone(null)}>${t('ui.cancel')}<//></div>
  <//></div>`
}
