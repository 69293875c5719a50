/** One's lexicon: names, terms and phrases that one's recordings are full of, and what they are misheard as. */

import { api } from '../api.js'
import { date, language, languageName, t } from '../i18n.js'
import { byLanguage, languagesOf, spellingsIn, spellingsText } from '../lexicon.js'
import {
  Button,
  ConfirmDialog,
  Dialog,
  EmptyState,
  ErrorNote,
  errorText,
  Field,
  Form,
  PageTitle,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
  withValue,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { firstOf, LanguageField } from './languages.js'

/** @import { EntryView, Failed, Rest, VocabularyView } from '../types.d.ts' */

const LONGEST = 100 // letters of an entry: chalicelib/learning/lexicon.py
const MANY = 12 // from which on there is a field to find some
const SHOWN = 200 // of a language at first

/**
 * How far a vocabulary is, as its texts are called, with the colour of its sign.
 * @type {Record<VocabularyView['state'], [name: 'making' | 'ready' | 'failed', kind: string]>}
 */
const STATES = {
  waiting: ['making', 'accent'],
  begun: ['making', 'accent'],
  building: ['making', 'accent'],
  ready: ['ready', 'good'],
  failed: ['failed', 'bad'],
}

/** @type {Record<EntryView['source'], string>} */
const SOURCE_KINDS = { typed: '', imported: '', learnt: 'mixed' }

export function LexiconPage() {
  const { data, error, isLoading, reload } = useLoad((signal) => api.get('/lexicon', { signal }), 'lexicon')
  const [dialog, setDialog] = useState(
    /** @type {{kind: 'new' | 'import'} | {kind: 'change' | 'remove', entry: EntryView} | null} */ (null),
  )
  const [wanted, setWanted] = useState('')
  const close = () => setDialog(null)
  const done = (/** @type {string} */ text) => {
    close()
    toast(text)
    reload()
  }
  const entries = data?.entries ?? []
  const found = byLanguage(entries, wanted, (a, b) => a.localeCompare(b, language()))
  const languages = languagesOf(api.config.languages, entries)
  const add = html`<div class="row"><${Button} variant="primary" onClick=${() => setDialog({ kind: 'new' })}>${t('lexicon.add')}<//>
    <${Button} onClick=${() => setDialog({ kind: 'import' })}>${t('lexicon.import')}<//></div>`
  return html`<${PageTitle} title=${t('lexicon.title')} />
    <nav class="row more-pages" aria-label=${t('nav.settings')}><a href="#/settings?section=learning">${t('settings.learning')}</a></nav>
    <p class="notes">${t('lexicon.about')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${data && entries.length === 0 && html`<${EmptyState} title=${t('lexicon.none')} action=${add}>${t('lexicon.none-text')}<//>`}
    ${
      entries.length > 0 &&
      html`<div class="sections wide-sections">
      ${add}
      ${entries.length > MANY && html`<${TextField} label=${t('lexicon.find')} type="search" value=${wanted} onInput=${setWanted} />`}
      <p class="visually-hidden" role="status">${wanted.trim() ? t('lexicon.count', { count: found.reduce((sum, [, some]) => sum + some.length, 0) }) : ''}</p>
      ${found.length === 0 && html`<p class="muted">${t('lexicon.nothing')}</p>`}
      ${found.map(([code, some]) => html`<${Language} key=${code} code=${code} entries=${some} vocabulary=${data?.vocabularies.find((one) => one.language === code)} onChange=${(/** @type {EntryView} */ entry) => setDialog({ kind: 'change', entry })} onRemove=${(/** @type {EntryView} */ entry) => setDialog({ kind: 'remove', entry })} />`)}
    </div>`
    }
    ${dialog?.kind === 'new' && html`<${EntryDialog} languages=${languages} onClose=${close} onDone=${done} />`}
    ${dialog?.kind === 'import' && html`<${ImportDialog} languages=${languages} onClose=${close} onDone=${done} />`}
    ${dialog?.kind === 'change' && html`<${EntryDialog} entry=${dialog.entry} languages=${languages} onClose=${close} onDone=${done} />`}
    ${dialog?.kind === 'remove' && html`<${RemoveDialog} entry=${dialog.entry} onClose=${close} onDone=${done} />`}`
}

/**
 * @param {{code: string, entries: EntryView[], vocabulary?: VocabularyView, onChange: (entry: EntryView) => void,
 *   onRemove: (entry: EntryView) => void}} props
 */
function Language({ code, entries, vocabulary, onChange, onRemove }) {
  const [shown, setShown] = useState(SHOWN)
  return html`<section class="panel stack" aria-labelledby=${`lexicon-${code}`}>
    <h2 id=${`lexicon-${code}`}>${languageName(code)} <span class="small muted numbers">${t('lexicon.count', { count: entries.length })}</span></h2>
    ${vocabulary && html`<${Vocabulary} vocabulary=${vocabulary} />`}
    <ul class="entries wide" aria-labelledby=${`lexicon-${code}`}>
      ${entries.slice(0, shown).map((entry) => html`<${Entry} key=${entry.id} entry=${entry} onChange=${onChange} onRemove=${onRemove} />`)}
    </ul>
    ${shown < entries.length && html`<${Button} onClick=${() => setShown(shown + SHOWN)}>${t('ui.more')}<//>`}
  </section>`
}

/**
 * Whether what hears has been told of the entries of a language: the words before are used as long as it has not.
 * @param {{vocabulary: VocabularyView}} props
 */
function Vocabulary({ vocabulary: { language: code, state, reason, left_out } }) {
  const [name, kind] = STATES[state]
  return html`<div class="stack wide">
    <p class="row chips"><span class="chip ${kind}">${t(`lexicon.vocabulary-${name}`)}</span>
      <span class="small">${t(`lexicon.vocabulary-${name}-text`)} ${reason && errorText(reason)}</span></p>
    ${
      left_out.length > 0 &&
      html`<details class="wide small"><summary>${t('lexicon.left-out', { count: left_out.length })}</summary>
      <ul class="anywhere" lang=${code}>${left_out.map((text) => html`<li key=${text}><bdi>${text}</bdi></li>`)}</ul></details>`
    }
  </div>`
}

/** @param {{entry: EntryView, onChange: (entry: EntryView) => void, onRemove: (entry: EntryView) => void}} props */
const Entry = ({ entry, onChange, onRemove }) => html`<li class="row">
  <div class="entry anywhere">
    <div class="row chips"><strong lang=${entry.language}><bdi>${entry.text}</bdi></strong>
      <span class="chip ${SOURCE_KINDS[entry.source]}">${t(`lexicon.source-${entry.source}`)}</span>
      <span class="small muted">${date(entry.added_at)}</span></div>
    ${entry.heard_as.length > 0 && html`<div class="small">${t('lexicon.heard-as')} <span lang=${entry.language}>${entry.heard_as.map((one, i) => html`${i > 0 && ', '}<q key=${one}><bdi>${one}</bdi></q>`)}</span></div>`}
    ${
      entry.recordings.length > 0 &&
      html`<div class="small muted">${t('lexicon.taught-by')} ${entry.recordings.map((id, i) => html`${i > 0 && ', '}<a key=${id} href=${`#/asset/${id}`}>${t('lexicon.recording', { number: i + 1 })}</a>`)}</div>`
    }
  </div>
  <div class="row">
    <${Button} size="small" aria-label=${`${t('lexicon.change')}: ${entry.text}`} onClick=${() => onChange(entry)}>${t('lexicon.change')}<//>
    <${Button} size="small" variant="danger" aria-label=${`${t('lexicon.remove')}: ${entry.text}`} onClick=${() => onRemove(entry)}>${t('lexicon.remove')}<//>
  </div>
</li>`

/**
 * A new entry, or one that is there.
 * @param {{entry?: EntryView, languages: string[], onClose: () => void, onDone: (text: string) => void}} props
 */
function EntryDialog({ entry, languages, onClose, onDone }) {
  const [code, setCode] = useState(entry?.language ?? firstOf(languages))
  const [text, setText] = useState(entry?.text ?? '')
  const [heardAs, setHeardAs] = useState(spellingsText(entry?.heard_as ?? []))
  const [save, isBusy, error] = useAction(async () => {
    const given = { text: text.trim(), heard_as: spellingsIn(heardAs) }
    const { entries } = await api.put(`/lexicon/${code}`, { entries: [given] })
    // Other words are another entry: the one that was there goes once that stands.
    if (entry && entries.every(({ id }) => id !== entry.id)) await api.delete(`/lexicon/${entry.language}/${entry.id}`)
    onDone(t('settings.saved'))
  })
  return html`<${Dialog} title=${entry ? t('lexicon.change-title', { text: entry.text }) : t('lexicon.add')} onClose=${onClose}>
    <${Form} onSubmit=${save}>
      ${!entry && html`<${LanguageField} languages=${languages} value=${code} onChange=${setCode} />`}
      <${TextField} label=${t('lexicon.text')} hint=${t('lexicon.text-hint')} required maxlength=${LONGEST} value=${text} onInput=${setText} />
      <${TextField} label=${t('lexicon.heard-as-field')} hint=${t('lexicon.heard-as-hint')} value=${heardAs} onInput=${setHeardAs} />
      ${entry?.source === 'learnt' && html`<p class="small">${t('lexicon.becomes-typed')}</p>`}
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} onClick=${onClose}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${isBusy}>${t('ui.save')}<//></div>
    <//>
  <//>`
}

/**
 * A list, from a file or as it is pasted.
 * @param {{languages: string[], onClose: () => void, onDone: (text: string) => void}} props
 */
function ImportDialog({ languages, onClose, onDone }) {
  const [code, setCode] = useState(firstOf(languages))
  const [text, setText] = useState('')
  const [sent, setSent] = useState('') // what was wrong with it is told until it is changed
  const [problem, setProblem] = useState(/** @type {Failed | null} */ (null))
  const take = async (/** @type {HTMLInputElement} */ field) => {
    const file = field.files?.[0]
    field.value = ''
    if (!file) return
    try {
      setText(new TextDecoder('utf-8', { fatal: true }).decode(await file.arrayBuffer()))
      setProblem(null)
    } catch {
      setProblem({ code: 'lexicon-no-text' })
    }
  }
  const [send, isBusy, error] = useAction(async () => {
    setProblem(null)
    setSent(text)
    const { entries } = await api.post(`/lexicon/${code}/import`, { text })
    onDone(t('lexicon.imported', { count: entries.length }))
  })
  return html`<${Dialog} title=${t('lexicon.import')} onClose=${onClose}>
    <${Form} onSubmit=${send}>
      <${LanguageField} languages=${languages} value=${code} onChange=${setCode} />
      <label class="button small file-button">${t('lexicon.file')}
        <input class="visually-hidden" type="file" accept=".txt,.csv,.tsv,text/plain,text/csv" aria-label=${t('lexicon.file')}
          onChange=${(/** @type {{target: HTMLInputElement}} */ event) => take(event.target)} /></label>
      <${Field} label=${t('lexicon.list')} hint=${t('lexicon.list-hint')}>
        ${(/** @type {Rest} */ bind) => html`<textarea class="input" rows="8" dir="auto" required ...${bind} value=${text} onInput=${withValue(setText)}></textarea>`}
      <//>
      <${ErrorNote} error=${problem ?? (sent === text && error)} />
      <div class="row"><${Button} onClick=${onClose}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${isBusy}>${t('lexicon.import')}<//></div>
    <//>
  <//>`
}

/** @param {{entry: EntryView, onClose: () => void, onDone: (text: string) => void}} props */
function RemoveDialog({ entry, onClose, onDone }) {
  const remove = async () => {
    await api.delete(`/lexicon/${entry.language}/${entry.id}`)
    onDone(t('lexicon.removed', { text: entry.text }))
  }
  return html`<${ConfirmDialog} title=${t('lexicon.remove-title', { text: entry.text })} confirm=${t('lexicon.remove')} danger onConfirm=${remove} onClose=${onClose}>
    <p>${t('lexicon.remove-text')}</p>
  <//>`
}
