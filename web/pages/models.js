/** For administrators: what was learnt is in use, why it was taken or not, and a way back. */

import { api, query } from '../api.js'
import { date, languageName, t } from '../i18n.js'
import { actionsFor, families, nights } from '../learnt.js'
import { PairedBars } from '../plot.js'
import { Button, ConfirmDialog, EmptyState, ErrorNote, PageTitle, SelectField, Spinner, toast, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { everyAccount } from './accounts.js'
import { ModelEntry, modelName, nightText, rate, trainerName } from './judged.js'
import { Rules } from './rules.js'

/**
 * @import { Me, ModelDecision, ModelView } from '../types.d.ts'
 * @import { Family } from '../learnt.js'
 */

const EVERYBODY = 'everybody'
const SHOWN = 8 // models of a family at first

/** @typedef {{model: ModelView, action: ModelDecision['action']}} Decision */

/**
 * What a decision means for a model: also the key of the texts that say it.
 * @param {ModelView} model
 * @param {Decision['action']} action
 */
function kindOf(model, action) {
  if (action === 'retire') return model.state === 'current' ? 'retire' : 'delete'
  return actionsFor(model).isBack ? 'back' : 'use'
}

/** @param {{me?: Me}} props */
export function ModelsPage({ me }) {
  if (me && !me.is_admin)
    return html`<${PageTitle} title=${t('admin.models')} /><${EmptyState} title=${t('admin.only')} />`
  return html`<${PageTitle} title=${t('admin.models')} />
    <nav class="row more-pages" aria-label=${t('nav.admin')}><a href="#/admin">${t('nav.admin')}</a><a href="#/admin/material">${t('admin.material')}</a></nav>
    <p class="notes">${t('models.about')}</p>
    <${Models} />`
}

function Models() {
  const [owner, setOwner] = useState(EVERYBODY)
  const accounts = useLoad(everyAccount, 'accounts')
  const { data, error, isLoading, reload } = useLoad(async (signal) => {
    const wanted = { owner: owner === EVERYBODY ? undefined : owner }
    return { owner, ...(await api.get(`/admin/models${query(wanted)}`, { signal })) }
  }, owner)
  const [decided, setDecided] = useState(/** @type {Decision | null} */ (null))
  const decide = async () => {
    if (!decided) return
    const { scope, language, trainer, number } = decided.model
    await api.post(`/admin/models/${scope}/${language}/${trainer}/${number}`, { action: decided.action })
    toast(t(`models.done-${decided.action}`, { model: modelName(decided.model) }))
    setDecided(null)
    reload()
  }
  /** @type {[string, string][]} */
  const scopes = [
    [EVERYBODY, t('models.everybody')],
    ...[...(accounts.data ?? [])].sort((a, b) => (a[1] < b[1] ? -1 : 1)),
  ]
  const shown = data?.owner === owner ? data : undefined // another's are not to be taken for this one's
  const found = families(shown?.models ?? [], shown?.nights ?? [])
  const name = decided && modelName(decided.model)
  const kind = decided && kindOf(decided.model, decided.action)
  return html`<div class="sections wide-sections">
    <${SelectField} label=${t('models.whose')} value=${owner} options=${scopes} onChange=${setOwner} />
    <${ErrorNote} error=${error ?? accounts.error} onRetry=${error ? reload : accounts.reload} />
    ${isLoading && !shown && html`<${Spinner} />`}
    ${shown && found.length === 0 && html`<${EmptyState} title=${t('models.none')}>${t('models.none-text')}<//>`}
    ${found.map((family) => html`<${FamilyPanel} key=${`${owner} ${family.language} ${family.trainer}`} family=${family} onDecide=${setDecided} />`)}
    ${owner === EVERYBODY && html`<${Rules} known=${found} />`}
    ${
      decided &&
      html`<${ConfirmDialog} title=${t(`models.${kind}-title`, { model: name })} confirm=${t(`models.${kind}`)} danger=${decided.action === 'retire'}
      onConfirm=${decide} onClose=${() => setDecided(null)}><p>${t(`models.${kind}-text`)}</p><//>`
    }
  </div>`
}

/** @param {{family: Family, onDecide: (decision: Decision) => void}} props */
function FamilyPanel({ family: { language, trainer, models, current, night }, onDecide }) {
  const [isWhole, setWhole] = useState(false)
  const id = `models-${language}-${trainer}`
  const measured = nights(models)
  const shown = isWhole ? models : models.slice(0, SHOWN)
  const series = [
    { name: t('models.current'), values: measured.map((one) => one.current) },
    { name: t('models.candidate'), values: measured.map((one) => one.candidate) },
  ]
  return html`<section class="panel stack" aria-labelledby=${id}>
    <h2 id=${id}>${languageName(language)} <span class="small muted">${trainerName(trainer)}</span></h2>
    <p>${current ? t('models.in-use', { number: current.number, since: date(current.changed_at ?? current.made_at) }) : t('models.none-in-use')}</p>
    ${night && html`<p class="small">${nightText(night)}</p>`}
    ${measured.length > 0 && html`<div class="wide"><${PairedBars} title=${t('models.plot')} labels=${measured.map(({ number }) => t('models.number', { number }))} series=${series} format=${rate} /></div>`}
    <ul class="entries wide" aria-labelledby=${id}>
      ${shown.map((model) => html`<${ModelEntry} key=${model.number} model=${model}><${Actions} model=${model} onDecide=${onDecide} /><//>`)}
    </ul>
    ${shown.length < models.length && html`<${Button} onClick=${() => setWhole(true)}>${t('learning.all', { count: models.length })}<//>`}
  </section>`
}

/** @param {{model: ModelView, onDecide: (decision: Decision) => void}} props */
function Actions({ model, onDecide }) {
  const can = actionsFor(model)
  const button = (/** @type {Decision['action']} */ action) => {
    const kind = kindOf(model, action)
    return html`<${Button} size="small" variant=${action === 'retire' ? 'danger' : ''} aria-label=${`${t(`models.${kind}`)}: ${modelName(model)}`}
      onClick=${() => onDecide({ model, action })}>${t(`models.${kind}`)}<//>`
  }
  return html`<div class="row">${can.use && button('use')}${can.retire && button('retire')}</div>`
}
