/** What is chosen of the recordings, and in what order they stand. */

import { api } from '../api.js'
import { language, languageName, number, t } from '../i18n.js'
import { Button, Field, Select, SelectField, withValue } from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'
import { CHOOSING, EVERYTHING, isSame, KINDS, SORTS, STATUSES } from './view.js'

/**
 * @import { LibraryView, Rest } from '../types.d.ts'
 * @import { Part, View } from './view.js'
 */

/** How long somebody is left to type, in milliseconds. */
const TYPING = 350

/**
 * @param {{view: View, show: (view: View) => void, overview: LibraryView | undefined, onSave: () => void,
 *   isSelecting: boolean, onSelecting: () => void, isWide: boolean}} props
 */
export function Filters({ view, show, overview, onSave, isSelecting, onSelecting, isWide }) {
  const [text, setText] = useState(view.text)
  useEffect(() => setText(view.text), [view.text])
  useEffect(() => {
    const timer = setTimeout(() => text.trim() !== view.text && show({ ...view, text: text.trim() }), TYPING)
    return () => clearTimeout(timer)
  }, [text])
  const set = (/** @type {Part} */ part) => (/** @type {string} */ value) => show({ ...view, [part]: value })
  const chosen = CHOOSING.filter((part) => part !== 'text' && view[part])
  const states = STATUSES.map((status) => [status, t(`status.${status}`)])
  const kinds = KINDS.map((kind) => [kind, t(`kind.${kind}`)])
  const tags = counted(overview?.tags, view.tag, (name) => name)
  const languages = counted(overview?.languages, view.language, languageName)
  const any = (/** @type {string[][]} */ options) => [['', t('folders.any')], ...options]
  return html`<div class="library-tools">
    <div class="filter-pair" role="group" aria-label=${t('library.filters')}>
      <input class="input" type="search" dir="auto" aria-label=${t('library.filter-text')} placeholder=${t('library.filter-text')} value=${text} maxlength=${api.config.limits.text} onInput=${withValue(setText)} />
      <${Select} aria-label=${t('folders.sort')} value=${view.sort} options=${SORTS.map((sort) => [sort, t(`folders.sort-${sort}`)])} onChange=${set('sort')} />
    </div>
    <div class="row">
      <${Button} size="small" aria-pressed=${String(isSelecting)} onClick=${onSelecting}>${t('folders.select')}<//>
      ${!isSame(view, EVERYTHING) && html`<${Button} size="small" onClick=${onSave}>${t('folders.save')}<//>`}
      <details class="filter-more" open=${isWide && chosen.length > 0}>
        <summary class="button small">${t('folders.filters')}${chosen.length > 0 && html` <span class="count">${number(chosen.length)}</span>`}</summary>
        <div class="filter-fields panel">
          <${SelectField} label=${t('folders.status')} value=${view.status} options=${any(states)} onChange=${set('status')} />
          <${SelectField} label=${t('folders.kind')} value=${view.kind} options=${any(kinds)} onChange=${set('kind')} />
          <${SelectField} label=${t('folders.tag')} value=${view.tag} options=${any(tags)} onChange=${set('tag')} />
          <${SelectField} label=${t('folders.language')} value=${view.language} options=${any(languages)} onChange=${set('language')} />
          <${Day} label=${t('folders.from')} value=${view.from} onChange=${set('from')} />
          <${Day} label=${t('folders.to')} value=${view.to} onChange=${set('to')} />
        </div>
      </details>
    </div>
    <${Chosen} view=${view} show=${show} />
  </div>`
}

/**
 * @param {{name: string, count: number}[] | undefined} found
 * @param {string} chosen one that may have nobody by now
 * @param {(name: string) => string} called
 */
function counted(found = [], chosen, called) {
  const all = found.some(({ name }) => name === chosen) || !chosen ? found : [...found, { name: chosen, count: 0 }]
  return all
    .map(({ name, count }) => [name, `${called(name)} (${number(count)})`])
    .sort((a, b) => a[1].localeCompare(b[1], language()))
}

/** @param {{label: string, value: string, onChange: (day: string) => void}} props */
const Day = ({ label, value, onChange }) => html`<${Field} label=${label}>
  ${(/** @type {Rest} */ bind) => html`<input class="input" type="date" ...${bind} value=${value} onChange=${withValue(onChange)} />`}
<//>`

/**
 * What is chosen, each with a way to have it no more.
 * @param {{view: View, show: (view: View) => void}} props
 */
function Chosen({ view, show }) {
  const chosen = CHOOSING.filter((part) => view[part])
  if (!chosen.length) return null
  return html`<ul class="row chosen" aria-label=${t('folders.chosen')}>
    ${chosen.map((part) => {
      const what = `${t(`folders.${part}`)}: ${valueText(part, view[part])}`
      return html`<li key=${part}><button type="button" class="chip plain chosen-one" aria-label=${t('folders.drop', { what })} title=${t('folders.drop', { what })} onClick=${() => show({ ...view, [part]: '' })}><bdi>${what}</bdi> <span aria-hidden="true">×</span></button></li>`
    })}
    <li><button type="button" class="link-button small" onClick=${() => show({ ...EVERYTHING, folder: view.folder, sort: view.sort })}>${t('folders.drop-all')}</button></li>
  </ul>`
}

/** @param {Part} part @param {string} value */
function valueText(part, value) {
  if (part === 'status') return t(/** @type {any} */ (`status.${value}`))
  if (part === 'kind') return t(/** @type {any} */ (`kind.${value}`))
  return part === 'language' ? languageName(value) : value
}
