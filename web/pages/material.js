/** For administrators: what is brought to learn from, or to measure by, and how it stands. */

import { api } from '../api.js'
import { dateTime, duration, language, languageName, t } from '../i18n.js'
import { bareCode } from '../lexicon.js'
import {
  Button,
  Checkbox,
  ConfirmDialog,
  Dialog,
  EmptyState,
  ErrorNote,
  errorText,
  Form,
  PageTitle,
  Progress,
  SelectField,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useEffect, useRef, useState } from '../vendor/preact.js'
import { called, everyAccount } from './accounts.js'
import { Agreed, AgreedFields, AgreedNoted, NOT_YET } from './agreed.js'
import { Bring, forgetSending } from './bring.js'
import { firstOf, LanguageField } from './languages.js'

/**
 * @import { Failed, MaterialView, MaterialWanted, Me } from '../types.d.ts'
 * @import { Accounts } from './accounts.js'
 */

const SHOWN = 20 // sets at first
const MOST_FINDINGS = 200 // that are told: chalicelib/learning/material.py
/** @type {MaterialView['kind'][]} */
const KINDS = ['sound', 'text', 'words']
/** @type {MaterialView['purpose'][]} */
const PURPOSES = ['teach', 'measure']
/** @type {Record<MaterialView['stage'], string>} */
const STAGE_KINDS = { open: '', checking: 'accent', ready: 'good', refused: 'bad', leaving: 'warn' }

/** @param {{me?: Me}} props */
export function MaterialPage({ me }) {
  if (me && !me.is_admin)
    return html`<${PageTitle} title=${t('admin.material')} /><${EmptyState} title=${t('admin.only')} />`
  return html`<${PageTitle} title=${t('admin.material')} />
    <nav class="row more-pages" aria-label=${t('nav.admin')}><a href="#/admin">${t('nav.admin')}</a><a href="#/admin/models">${t('admin.models')}</a></nav>
    <p class="notes">${t('material.about')}</p>
    <${Sets} />`
}

function Sets() {
  const { data, error, isLoading, reload, set } = useLoad(
    (signal) => api.get('/admin/material', { signal }),
    'material',
  )
  const accounts = useLoad(everyAccount, 'accounts')
  const [isBringing, setBringing] = useState(false)
  const [shown, setShown] = useState(SHOWN)
  const sets = data?.sets ?? []
  usePoll(
    async () => reload(),
    sets.some(({ stage }) => stage === 'checking' || stage === 'leaving'),
  )
  const bring = html`<${Button} variant="primary" onClick=${() => setBringing(true)}>${t('material.bring')}<//>`
  const begun = (/** @type {MaterialView} */ made) => {
    setBringing(false)
    set({ sets: [made, ...sets] })
    reload() // and no list that was asked for before
    toast(t('material.begun', { name: made.name }))
  }
  return html`<div class="sections wide-sections">
    <${How} isOpen=${sets.length === 0} />
    <${ErrorNote} error=${error ?? accounts.error} onRetry=${error ? reload : accounts.reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${data && sets.length === 0 && html`<${EmptyState} title=${t('material.none')} action=${bring}>${t('material.none-text')}<//>`}
    ${sets.length > 0 && html`<div class="row">${bring}</div>`}
    ${sets.slice(0, shown).map((one) => html`<${Brought} key=${one.id} set=${one} accounts=${accounts.data} onChanged=${reload} />`)}
    ${shown < sets.length && html`<div><${Button} onClick=${() => setShown(shown + SHOWN)}>${t('ui.more')}<//></div>`}
    ${isBringing && html`<${BringDialog} onClose=${() => setBringing(false)} onMade=${begun} />`}
  </div>`
}

/** How files belong together, in plain words. @param {{isOpen: boolean}} props */
const How = ({ isOpen }) => html`<details class="panel" open=${isOpen}><summary>${t('material.how')}</summary>
  <ul>${['pair', 'table', 'length', 'text', 'words', 'zip'].map((one) => html`<li key=${one}>${t(`material.how-${one}`)}</li>`)}</ul>
</details>`

/* ---- a set begins ---- */

/** @param {{onClose: () => void, onMade: (made: MaterialView) => void}} props */
function BringDialog({ onClose, onMade }) {
  const languages = [...new Set(api.config.languages.map(bareCode))]
  const [name, setName] = useState('')
  const [code, setCode] = useState(/** @type {string} */ (firstOf(languages)))
  const [kind, setKind] = useState(KINDS[0])
  const [purpose, setPurpose] = useState(PURPOSES[0])
  const [consent, setConsent] = useState(NOT_YET)
  const [haveAgreed, setHaveAgreed] = useState(false)
  const isSound = kind === 'sound'
  const [make, isBusy, error] = useAction(async () => {
    /** @type {MaterialWanted} */
    const wanted = { name: name.trim(), language: code, kind }
    onMade(await api.post('/admin/material', isSound ? { ...wanted, purpose, consent } : wanted))
  })
  return html`<${Dialog} title=${t('material.bring')} onClose=${onClose}>
    <${Form} onSubmit=${make}>
      <${TextField} label=${t('material.name')} required maxlength="100" value=${name} onInput=${setName} autocomplete="off" />
      <${LanguageField} languages=${languages} value=${code} onChange=${setCode} />
      <${SelectField} label=${t('material.kind')} hint=${t(`material.kind-${kind}-hint`)} value=${kind} onChange=${setKind}
        options=${KINDS.map((one) => [one, t(`material.kind-${one}`)])} />
      ${
        isSound &&
        html`<${SelectField} label=${t('material.purpose')} hint=${t(`material.purpose-${purpose}-hint`)} value=${purpose} onChange=${setPurpose}
          options=${PURPOSES.map((one) => [one, t(`material.purpose-${one}`)])} />
        <${AgreedFields} consent=${consent} onChange=${setConsent} />
        <${Checkbox} label=${t('material.have-agreed')} checked=${haveAgreed} onChange=${setHaveAgreed} required />`
      }
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} onClick=${onClose}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${isBusy}>${t('material.begin')}<//></div>
    <//>
  <//>`
}

/* ---- a set ---- */

/** @param {{set: MaterialView, accounts: Accounts | undefined, onChanged: () => void}} props */
function Brought({ set, accounts, onChanged }) {
  const { id, name, kind, purpose, stage, made_by, made_at, consent } = set
  const [isRemoving, setRemoving] = useState(false)
  const heading = `material-${id}`
  const head = useRef(/** @type {HTMLElement | null} */ (null))
  const hasActed = useRef(false)
  const changed = () => {
    hasActed.current = true
    onChanged()
  }
  useEffect(() => {
    if (hasActed.current) head.current?.focus() // the button that was pressed is gone
    hasActed.current = false
  }, [stage])
  const remove = async () => {
    await api.delete(`/admin/material/${id}`)
    forgetSending(id)
    setRemoving(false)
    toast(t('material.removed', { name }))
    changed()
  }
  return html`<section class="panel stack" aria-labelledby=${heading}>
    <div class="row wide"><h2 id=${heading} ref=${head} tabindex="-1" class="anywhere"><bdi>${name}</bdi></h2> <span class="chip ${STAGE_KINDS[stage]}">${t(`material.stage-${stage}`)}</span></div>
    <div class="wide"><p class="facts"><span>${languageName(set.language)}</span><span>${t(`material.kind-${kind}`)}</span>${kind === 'sound' && html`<span>${t(`material.purpose-${purpose}`)}</span>`}</p>
      <p class="small muted anywhere">${t('material.brought-by', { who: called(made_by, accounts), when: dateTime(made_at) })}</p>
      ${consent && html`<div class="small anywhere"><${Agreed} consent=${consent} /><span class="muted"><${AgreedNoted} consent=${consent} accounts=${accounts} /></span></div>`}</div>
    ${stage === 'open' && html`<${Bring} set=${set} onChecked=${changed} />`}
    ${stage === 'checking' && html`<${Checking} set=${set} />`}
    ${stage === 'ready' && html`<${Ready} set=${set} />`}
    ${stage === 'refused' && html`<p>${t('material.refused-text')}</p><${Findings} set=${set} />`}
    ${stage === 'leaving' && html`<p>${t('material.leaving-text')}</p>`}
    ${stage !== 'leaving' && html`<div class="row"><${Button} size="small" variant="danger" aria-label=${`${t('material.remove')}: ${name}`} onClick=${() => setRemoving(true)}>${t('material.remove')}<//></div>`}
    ${
      isRemoving &&
      html`<${ConfirmDialog} title=${t('material.remove-title', { name })} confirm=${t('material.remove')} danger onConfirm=${remove} onClose=${() => setRemoving(false)}>
        <p>${t('material.remove-text')}</p><p>${t(`material.remove-text-${kind === 'words' ? 'words' : purpose}`)}</p><//>`
    }
  </section>`
}

/** @param {{set: MaterialView}} props */
const Checking = ({ set: { done, members } }) => html`<div class="wide">
  <p class="small numbers">${members > 0 ? t('material.checked', { done, members }) : t('material.check-begins')}</p>
  <${Progress} value=${members > 0 ? done / members : undefined} label=${t('material.stage-checking')} />
</div>`

/** @param {{set: MaterialView}} props */
function Ready({ set }) {
  const { kind, files, words, seconds, left_out } = set
  const [isOpen, setOpen] = useState(false)
  return html`<p class="facts wide"><span>${t('material.files', { count: files })}</span>
      <span>${kind === 'words' ? t('lexicon.count', { count: words }) : t('material.words', { count: words })}</span>
      ${kind === 'sound' && html`<span>${duration(seconds)}</span>`}</p>
    ${
      left_out > 0 &&
      html`<details class="wide" onToggle=${(/** @type {{target: HTMLDetailsElement}} */ { target }) => setOpen(target.open)}>
      <summary>${t('material.left-out', { count: left_out })}</summary>${isOpen && html`<${Findings} set=${set} />`}</details>`
    }`
}

/**
 * What is wrong with its files, by their names.
 * @param {{set: MaterialView}} props
 */
function Findings({ set: { id, name } }) {
  const { data, error, isLoading, reload } = useLoad(
    (signal) => api.get(`/admin/material/${id}`, { signal }),
    `${id} ${language()}`,
  )
  const findings = data?.findings ?? []
  return html`<${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${
      findings.length > 0 &&
      html`<ul class="entries wide" aria-label=${`${t('material.findings')}: ${name}`}>${findings.map(
        (one) => html`<li class="row"><div class="entry anywhere"><bdi>${one.name}</bdi>
        <div class="small problem-text">${errorText(/** @type {Failed} */ (one.reason))}</div></div></li>`,
      )}</ul>`
    }
    ${findings.length >= MOST_FINDINGS && html`<p class="small muted">${t('material.first-only')}</p>`}`
}
