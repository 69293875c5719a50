/** Learning from one's corrections: whether one agrees to it, what it has learnt, and what came of it. */

import { api } from '../api.js'
import { date, dateTime, language, languageName, number, t } from '../i18n.js'
import { learntByLanguage } from '../learnt.js'
import { atMost } from '../turns.js'
import {
  Button,
  ConfirmDialog,
  ErrorNote,
  Form,
  Note,
  SelectField,
  Spinner,
  titleOf,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { ModelEntry, nightText, trainerName } from './judged.js'

/** @import { ConsentWanted, LearningView, LearntView, LessonView } from '../types.d.ts' */

/**
 * The points of what one agrees to. They are the wording of `TRAINING_WORDING` (chalicelib/domain/accounts.py), which
 * docs/privacy.md has too: whoever changes what they say gives it a new date.
 */
const WORDING = ['1', '2', '3', '4', '5', '6']
/** @type {ConsentWanted['scope'][]} */
const SCOPES = ['account', 'everybody']
const MANY = 10 // models that are shown
const SHOWN = 50 // lessons at a time, and what was learnt in a language
const TITLES_AT_ONCE = 6

export function LearningSettings() {
  const { data, error, reload, isLoading, set } = useLoad((signal) => api.get('/me/learning', { signal }), 'learning')
  return html`<div class="stack wide">
    <p class="muted">${t('learning.what')}</p>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${data && html`<${Consent} key=${`${data.agreed} ${data.scope}`} learning=${data} onChange=${set} /><${Learnt} learning=${data} onChange=${set} />`}
    <p><a href="#/lexicon">${t('learning.to-lexicon')}</a></p>
  </div>`
}

/** @param {{learning: LearningView, onChange: (learning: LearningView) => void}} props */
function Consent({ learning, onChange }) {
  const { agreed, since, wording } = learning
  const [scope, setScope] = useState(learning.scope)
  const [isLeaving, setLeaving] = useState(false)
  const isOther = agreed && learning.agreed_wording !== wording
  const [agree, isBusy, error] = useAction(async () => {
    onChange(await api.put('/me/learning', { agreed: true, scope, wording }))
    toast(t('learning.agreed'))
  })
  const withdraw = async () => {
    onChange(await api.put('/me/learning', { agreed: false }))
    setLeaving(false)
    toast(t('learning.withdrawn'))
  }
  const isChanged = scope !== learning.scope
  return html`<p class="row"><span class="chip ${agreed ? 'good' : ''}">${t(agreed ? `learning.on-${learning.scope}` : 'learning.off')}</span>
      ${agreed && since && html`<span class="small muted">${t('learning.since', { when: dateTime(since) })}</span>`}</p>
    ${isOther && html`<${Note} kind="warn"><span>${t('learning.other-wording')}</span><//>`}
    <details class="wide" open=${!agreed || isOther}><summary>${t('learning.wording')}</summary>
      <ul>${WORDING.map((one) => html`<li key=${one}>${t(`learning.wording-${one}`)}</li>`)}</ul>
      <p class="small muted">${t('learning.wording-of', { day: date(Date.parse(`${wording}T12:00:00Z`) / 1000) })}</p>
    </details>
    <${Form} onSubmit=${agree}>
      <${SelectField} label=${t('learning.scope')} hint=${t(`learning.scope-${scope}-hint`)} value=${scope} onChange=${setScope}
        options=${SCOPES.map((one) => [one, t(`learning.scope-${one}`)])} />
      ${agreed && isChanged && scope === 'account' && html`<p class="small">${t('learning.narrower')}</p>`}
      <${ErrorNote} error=${error} />
      <div class="row">
        ${(!agreed || isChanged || isOther) && html`<${Button} type="submit" variant="primary" busy=${isBusy}>${t(agreed && !isOther ? 'ui.save' : 'learning.agree')}<//>`}
        ${agreed && html`<${Button} variant="danger" onClick=${() => setLeaving(true)}>${t('learning.withdraw')}<//>`}
      </div>
    <//>
    ${
      isLeaving &&
      html`<${ConfirmDialog} title=${t('learning.withdraw-title')} confirm=${t('learning.withdraw')} danger onConfirm=${withdraw} onClose=${() => setLeaving(false)}>
      <p>${t('learning.withdraw-text')}</p>
      <ul><li>${t('learning.withdraw-lessons', { count: learning.lessons.length })}</li>
        <li>${t('learning.withdraw-models', { count: learning.models.filter(({ state }) => state !== 'retired').length })}</li>
        <li>${t('learning.withdraw-words')}</li></ul>
      ${learning.scope === 'everybody' && html`<p>${t('learning.withdraw-everybody')}</p>`}
      <p>${t('learning.withdraw-stays')}</p><//>`
    }`
}

/** @param {{learning: LearningView, onChange: (learning: LearningView) => void}} props */
function Learnt({ learning, onChange }) {
  const [most, setMost] = useState(SHOWN)
  const heading = useRef(/** @type {HTMLElement | null} */ (null))
  const hasActed = useRef(false)
  const lessons = useMemo(() => [...learning.lessons].sort((a, b) => b.at - a.at), [learning.lessons])
  const shown = lessons.slice(0, most)
  const titles = useTitles(shown.map(({ asset_id }) => asset_id))
  const { agreed, learnt, next_at, models, nights } = learning
  const takenBack = (/** @type {LearntView} */ gone) => {
    onChange({ ...learning, learnt: learnt.filter((one) => one.id !== gone.id || one.language !== gone.language) })
    toast(t('learning.taken-back'))
    hasActed.current = true
  }
  useEffect(() => {
    if (hasActed.current) heading.current?.focus() // the button that was pressed is gone
    hasActed.current = false
  }, [learnt])
  if (!agreed && !lessons.length && !models.length && !learnt.length) return null
  const made = [...models].sort((a, b) => b.made_at - a.made_at || b.number - a.number)
  return html`<h3 ref=${heading} tabindex="-1">${t('learning.learnt')}</h3>
    ${agreed && html`<p>${t('learning.next', { when: dateTime(next_at) })}</p>`}
    ${nights.map((night) => html`<p key=${`${night.language} ${night.trainer}`} class="small">${languageName(night.language)}, ${trainerName(night.trainer)}: ${nightText(night)}</p>`)}
    ${lessons.length === 0 && learnt.length === 0 && html`<p class="muted">${t('learning.nothing')}</p>`}
    ${learnt.length > 0 && html`<${Written} learnt=${learnt} onTakenBack=${takenBack} />`}
    ${
      lessons.length > 0 &&
      html`<h4>${t('learning.teachers')}</h4>
    <div class="table-box" tabindex="0" role="group" aria-label=${t('learning.teachers')}><table>
      <thead><tr>${['recording', 'language', 'confirmed', 'changes', 'at'].map((head) => html`<th key=${head} scope="col" class=${['confirmed', 'changes'].includes(head) ? 'number' : ''}>${t(`learning.${head}`)}</th>`)}</tr></thead>
      <tbody>${shown.map((lesson) => html`<${Lesson} key=${lesson.asset_id} lesson=${lesson} title=${titles.get(lesson.asset_id)} />`)}</tbody>
    </table></div>`
    }
    ${shown.length < lessons.length && html`<${Button} size="small" onClick=${() => setMost(most + SHOWN)}>${t('ui.more')}<//>`}
    ${
      made.length > 0 &&
      html`<h3>${t('learning.models')}</h3>
      <ul class="entries wide" aria-label=${t('learning.models')}>${made.slice(0, MANY).map((model) => html`<${ModelEntry} key=${`${model.language} ${model.trainer} ${model.number}`} model=${model} />`)}</ul>`
    }`
}

/**
 * What is written in the place of what is heard, by language, until somebody takes it back.
 * @param {{learnt: LearntView[], onTakenBack: (gone: LearntView) => void}} props
 */
function Written({ learnt, onTakenBack }) {
  const [leaving, setLeaving] = useState(/** @type {LearntView | null} */ (null))
  const found = useMemo(() => learntByLanguage(learnt, (a, b) => a.localeCompare(b, language())), [learnt, language()])
  const takeBack = async () => {
    if (!leaving) return
    await api.delete(`/me/learning/learnt/${leaving.language}/${leaving.id}`)
    setLeaving(null)
    onTakenBack(leaving)
  }
  return html`<p>${t('learning.rules')}</p>
    ${found.map(([code, some]) => html`<${WrittenIn} key=${code} code=${code} learnt=${some} onTakeBack=${setLeaving} />`)}
    ${
      leaving &&
      html`<${ConfirmDialog} title=${t('learning.take-back-title')} confirm=${t('learning.take-back')} danger onConfirm=${takeBack} onClose=${() => setLeaving(null)}>
      <p class="anywhere"><${Instead} rule=${leaving} /></p><p>${t('learning.take-back-text')}</p><//>`
    }`
}

/** @param {{code: string, learnt: LearntView[], onTakeBack: (rule: LearntView) => void}} props */
function WrittenIn({ code, learnt, onTakeBack }) {
  const [most, setMost] = useState(SHOWN)
  const heading = `learnt-${code}`
  return html`<div class="stack wide"><h4 id=${heading}>${languageName(code)}</h4>
    <ul class="entries wide" aria-labelledby=${heading}>
      ${learnt.slice(0, most).map(
        (rule) => html`<li key=${rule.id} class="row">
        <div class="entry anywhere"><${Instead} rule=${rule} />
          <div class="small muted">${rule.scope === 'everybody' ? html`${t('models.everybody')}. ` : ''}${t('learning.learnt-from', { count: rule.recordings })}</div></div>
        <${Button} size="small" variant="quiet" aria-label=${`${t('learning.take-back')}: ${rule.heard} → ${rule.written}`} onClick=${() => onTakeBack(rule)}>${t('learning.take-back')}<//>
      </li>`,
      )}
    </ul>
    ${most < learnt.length && html`<${Button} size="small" onClick=${() => setMost(most + SHOWN)}>${t('ui.more')}<//>`}
  </div>`
}

/** @param {{rule: LearntView}} props */
const Instead = ({ rule: { heard, written, language: code } }) =>
  html`<span lang=${code}><q><bdi>${heard}</bdi></q> → <strong><bdi>${written}</bdi></strong></span>`

/**
 * The titles of recordings, by their ids, as they come: some at once, each once.
 * @param {string[]} ids
 * @returns {Map<string, string>} without those that are not there yet, or could not be had
 */
function useTitles(ids) {
  const [titles, setTitles] = useState(/** @type {Map<string, string>} */ (new Map()))
  useEffect(() => {
    const leaving = new AbortController()
    const missing = ids.filter((id) => !titles.has(id))
    atMost(TITLES_AT_ONCE, missing, async (id) => {
      const asset = await api.get(`/assets/${id}`, { signal: leaving.signal }).catch(() => null)
      leaving.signal.throwIfAborted()
      if (asset) setTitles((before) => new Map(before).set(id, titleOf(asset)))
    }).catch(() => {})
    return () => leaving.abort()
  }, [ids.join()])
  return titles
}

/** @param {{lesson: LessonView, title: string | undefined}} props */
const Lesson = ({
  lesson: { asset_id, language, words, confirmed, changes, at },
  title = asset_id,
}) => html`<tr><th scope="row" dir="auto"><a href=${`#/asset/${asset_id}`}>${title}</a></th>
    <td>${languageName(language)}</td><td class="number">${t('ui.of', { used: number(confirmed), limit: number(words) })}</td>
    <td class="number">${number(changes)}</td><td>${dateTime(at)}</td></tr>`
