/** Models that were made of corrections: how they stand, what they were measured by, and why they were taken or not. */

import { dateTime, hasText, languageName, number, percent, t } from '../i18n.js'
import { STATE_KINDS, whyOf } from '../learnt.js'
import { errorText } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { Children, ModelView, NightView } from '../types.d.ts' */

/** A share of wrong words, with one decimal. @param {number} share */
export const rate = (share) => number(share, { style: 'percent', maximumFractionDigits: 1 })

/** What makes models of corrections, as people may know it. @param {string} name */
export function trainerName(name) {
  const key = `learning.trainer.${name}`
  return hasText(key) ? t(key) : name
}

/** @param {ModelView} model */
export const modelName = ({ language, trainer, number: at }) =>
  t('learning.model', { language: languageName(language), trainer: trainerName(trainer), number: at })

/**
 * Why a model stands as it does, in a sentence.
 * @param {ModelView} model
 */
function whyText({ judged, reason, recordings, words }) {
  const why = whyOf(judged)
  if (!why) return reason ? errorText(reason) : t('learning.made-of', { recordings, words })
  const shares = { current: rate(why.current), candidate: rate(why.candidate), sureness: percent(why.sureness) }
  return t(why.key, { ...shares, recordings: why.recordings, words: why.words })
}

/**
 * A model as an entry of a list; what can be done with it stands beside.
 * @param {{model: ModelView, children?: Children}} props
 */
export const ModelEntry = ({ model, children }) => html`<li class="row">
  <div class="entry anywhere">
    <div class="row chips"><strong>${modelName(model)}</strong> <span class="chip ${STATE_KINDS[model.state]}">${t(`learning.state.${model.state}`)}</span>
      <span class="small muted">${dateTime(model.made_at)}</span></div>
    <div class="small">${whyText(model)}</div>
    ${model.judged && model.reason && html`<div class="small">${errorText(model.reason)}</div>`}
    ${model.judged && html`<div class="small muted">${t('learning.made-of', { recordings: model.recordings, words: model.words })}</div>`}
  </div>
  ${children}
</li>`

/**
 * What the last night has come to, in a sentence or two.
 * @param {NightView} night
 */
export function nightText({ outcome, at, number: model, reason }) {
  const told = t(`learning.night.${outcome}`, { when: dateTime(at), number: model ?? 0 })
  return reason ? `${told} ${errorText(reason)}` : told
}
