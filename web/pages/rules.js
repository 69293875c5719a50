/** What accounts teach that agreed to teach everybody, for an administrator to let through or not. */

import { api } from '../api.js'
import { language, t } from '../i18n.js'
import { languagesOf } from '../lexicon.js'
import { Button, Checkbox, ConfirmDialog, ErrorNote, Spinner, toast, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { firstOf, LanguageField } from './languages.js'

/** @import { RuleView } from '../types.d.ts' */

const SHOWN = 20
/** @type {Record<RuleView['state'], string>} */
const STATE_KINDS = { open: '', approved: 'good', never: 'bad' }

/** @typedef {{rule: RuleView, isLetThrough: boolean}} Decision */

/** @param {{known: {language: string}[]}} props what is learnt for everybody: any language may be taught */
export function Rules({ known }) {
  const codes = languagesOf(api.config.languages, known)
  const [code, setCode] = useState(/** @type {string} */ (firstOf(codes)))
  const { data, error, isLoading, reload } = useLoad(
    async (signal) => ({ code, ...(await api.get(`/admin/rules/${code}`, { signal })) }),
    code,
  )
  const [shown, setShown] = useState(SHOWN)
  const [decided, setDecided] = useState(/** @type {Decision | null} */ (null))
  const rules = data?.code === code ? data.rules : undefined
  const saved = () => {
    setDecided(null)
    toast(t('settings.saved'))
    reload()
  }
  return html`<section class="panel stack" aria-labelledby="rules">
    <h2 id="rules">${t('rules.title')}</h2>
    <p class="muted">${t('rules.about')}</p>
    <${LanguageField} languages=${codes} value=${code} onChange=${setCode} />
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !rules && html`<${Spinner} />`}
    ${rules?.length === 0 && html`<p>${t('rules.none')}</p>`}
    ${
      rules &&
      rules.length > 0 &&
      html`<ul class="entries wide" aria-labelledby="rules">
      ${rules.slice(0, shown).map((rule) => html`<${Rule} key=${`${rule.heard} ${rule.written}`} rule=${rule} code=${code} onDecide=${setDecided} />`)}
    </ul>`
    }
    ${rules && shown < rules.length && html`<${Button} onClick=${() => setShown(shown + SHOWN)}>${t('ui.more')}<//>`}
    ${decided && html`<${DecideDialog} decision=${decided} code=${code} onClose=${() => setDecided(null)} onSaved=${saved} />`}
  </section>`
}

/** @param {{rule: RuleView, code: string, onDecide: (decision: Decision) => void}} props */
const Rule = ({ rule, code, onDecide }) => html`<li class="row">
  <div class="entry anywhere">
    <div class="row chips" lang=${code}><span><q><bdi>${rule.heard}</bdi></q> → <strong><bdi>${rule.written}</bdi></strong></span>
      <span class="chip ${STATE_KINDS[rule.state]}" lang=${language()}>${t(`rules.state-${rule.state}`)}</span></div>
    <div class="small muted">${t('rules.taught-by', { accounts: rule.accounts, recordings: rule.recordings })} ${rule.may_be_name && t('rules.may-be-name')}</div>
  </div>
  <div class="row">
    ${rule.state !== 'approved' && html`<${Button} size="small" aria-label=${`${t('rules.approve')}: ${rule.heard} → ${rule.written}`} onClick=${() => onDecide({ rule, isLetThrough: true })}>${t('rules.approve')}<//>`}
    ${rule.state !== 'never' && html`<${Button} size="small" variant="danger" aria-label=${`${t('rules.never')}: ${rule.heard} → ${rule.written}`} onClick=${() => onDecide({ rule, isLetThrough: false })}>${t('rules.never')}<//>`}
  </div>
</li>`

/** @param {{decision: Decision, code: string, onClose: () => void, onSaved: () => void}} props */
function DecideDialog({ decision: { rule, isLetThrough }, code, onClose, onSaved }) {
  const [isNoName, setNoName] = useState(false)
  const { heard, written } = rule
  const mustSay = isLetThrough && rule.may_be_name
  const decide = async () => {
    await api.post(
      `/admin/rules/${code}`,
      isLetThrough ? { heard, written, no_name: isNoName } : { heard, written: '' },
    )
    onSaved()
  }
  const kind = isLetThrough ? 'approve' : 'never'
  return html`<${ConfirmDialog} title=${t(`rules.${kind}-title`, { heard, written })} confirm=${t(`rules.${kind}`)} danger=${!isLetThrough}
    disabled=${mustSay && !isNoName} onConfirm=${decide} onClose=${onClose}>
    <p>${t(`rules.${kind}-text`, { heard, written })}</p>
    ${mustSay && html`<${Checkbox} label=${t('rules.no-name')} checked=${isNoName} onChange=${setNoName} />`}
  <//>`
}
