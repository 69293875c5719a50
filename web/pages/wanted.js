/** What to look for in what is uploaded: folded, each with what it costs. */

import { money, number, t } from '../i18n.js'
import { Checkbox, ErrorNote, errorText, Field, Note, SelectField, useId, withValue } from '../ui.js'
import { html } from '../vendor/preact.js'
import {
  BIOMETRIC,
  countOf,
  FRAME_MODES,
  isBiometric,
  MOST_MODELS,
  missingIn,
  pricesOf,
  READ,
  REGIONS,
  SEEN,
} from '../wishes.js'

/**
 * @import { ChoicesView, Failed, PriceView, Rest } from '../types.d.ts'
 * @import { Wishes } from '../wishes.js'
 */

/**
 * @param {{offer?: ChoicesView, error: Failed | null, onRetry: () => void, wishes: Wishes,
 *   onChange: (change: Wishes) => void, isAgreed: boolean, onAgree: (isAgreed: boolean) => void}} props
 */
export function Wanted({ offer, error, onRetry, wishes, onChange, isAgreed, onAgree }) {
  if (error) return html`<${ErrorNote} error=${error} onRetry=${onRetry} />`
  if (!offer) return null
  const seen = SEEN.filter((name) => offer.biometrics || !BIOMETRIC.includes(name))
  const count = countOf(wishes)
  const common = { offer, wishes, onChange }
  const missing = missingIn(wishes)
  return html`<details class="wanted">
      <summary><span class="wanted-title">${t('upload.wanted')}</span> <span class="small muted">${count ? t('upload.wanted-count', { count }) : t('upload.wanted-none')}</span></summary>
      <div class="stack">
        <fieldset><legend>${t('upload.wanted-seen')}</legend>
          ${seen.map((name) => html`<${Wish} key=${name} name=${name} ...${common} />`)}
        </fieldset>
        <${HowLooked} ...${common} />
        <fieldset><legend>${t('upload.wanted-read')}</legend>
          ${READ.map((name) => html`<${Wish} key=${name} name=${name} ...${common} />`)}
        </fieldset>
      </div>
    </details>
    ${missing.map((name) => html`<p key=${name} class="small problem-text" role="alert">${t(`upload.missing-${name}`)}</p>`)}
    ${
      isBiometric(wishes) &&
      html`<${Note} kind="warn"><div class="stack">
      <p>${t('upload.biometric')}</p>
      <${Checkbox} label=${t('upload.biometric-agreed')} checked=${isAgreed} onChange=${onAgree} />
    </div><//>`
    }`
}

/** @typedef {{offer: ChoicesView, wishes: Wishes, onChange: (change: Wishes) => void}} Common */

/**
 * One thing that may be looked for, and under it what has to be said about it once it is chosen.
 * @param {Common & {name: (typeof SEEN)[number] | (typeof READ)[number]}} props
 */
function Wish({ name, offer, wishes, onChange }) {
  const why = offer.why_not[name]
  const can = offer.can[name] !== false
  const isChosen = can && wishes[name] === true
  const prices = pricesOf(offer.costs[name], wishes.framebased)
  const id = useId('wish')
  const words = html`${t(`wish.${name}`)} ${prices.length > 0 && html`<span class="muted small numbers">${prices.map(priceText).join(' · ')}</span>`}`
  return html`<div class="wish">
    <${Checkbox} label=${words} checked=${isChosen} disabled=${!can} aria-describedby=${can ? undefined : id} onChange=${(/** @type {boolean} */ is) => onChange({ [name]: is })} />
    ${!can && html`<p class="small muted wish-more" id=${id}>${why ? errorText(why) : t('upload.not-here')}</p>`}
    ${isChosen && html`<${More} name=${name} offer=${offer} wishes=${wishes} onChange=${onChange} />`}
  </div>`
}

/** @param {PriceView} price */
const priceText = ({ per, usd }) => t(`upload.per-${per}`, { usd: money(usd) })

/** @param {Common & {name: string}} props */
function More({ name, offer, wishes, onChange }) {
  const one = (
    /** @type {'faceCollectionId' | 'customLanguageModel' | 'customVocabulary' | 'customEntityRecognizer'} */ field,
    isOptional = false,
  ) => {
    const names = offer.names[field] ?? []
    if (!names.length) return null
    const first = /** @type {[string, string]} */ (['', isOptional ? t('upload.name-none') : t('upload.name-choose')])
    return html`<div class="wish-more"><${SelectField} label=${t(`upload.${field}`)} value=${wishes[field] ?? ''} options=${[first, ...names.map((value) => [value, value])]}
      onChange=${(/** @type {string} */ value) => onChange({ [field]: value || undefined })} /></div>`
  }
  if (name === 'text') return html`<${Regions} wishes=${wishes} onChange=${onChange} />`
  if (name === 'facematch') return one('faceCollectionId')
  if (name === 'customentity') return one('customEntityRecognizer')
  if (name === 'transcribe') return html`${one('customLanguageModel', true)}${one('customVocabulary', true)}`
  if (name === 'customlabel') return html`<${Models} offer=${offer} wishes=${wishes} onChange=${onChange} />`
  return null
}

/** @param {Common} props */
function Models({ offer, wishes, onChange }) {
  const chosen = wishes.customLabelModels ?? []
  const toggle = (/** @type {string} */ name) => (/** @type {boolean} */ is) =>
    onChange({ customLabelModels: is ? [...chosen, name] : chosen.filter((one) => one !== name) })
  return html`<fieldset class="wish-more"><legend>${t('upload.customLabelModels', { count: MOST_MODELS })}</legend>
    ${(offer.names.customLabelModels ?? []).map(
      (name) =>
        html`<div key=${name}><${Checkbox} label=${name} checked=${chosen.includes(name)} disabled=${!chosen.includes(name) && chosen.length >= MOST_MODELS} onChange=${toggle(name)} /></div>`,
    )}
    ${!wishes.framebased && html`<p class="small muted">${t('upload.models-hint')}</p>`}
  </fieldset>`
}

/**
 * Where in the picture text is looked for: nine fields, none of them meaning all.
 * @param {{wishes: Wishes, onChange: (change: Wishes) => void}} props
 */
function Regions({ wishes, onChange }) {
  const chosen = wishes.textROI ?? Array(REGIONS).fill(false)
  const toggle = (/** @type {number} */ place) => () =>
    onChange({ textROI: chosen.map((is, i) => (i === place ? !is : is)) })
  return html`<fieldset class="wish-more"><legend>${t('upload.regions')}</legend>
    <div class="regions">${chosen.map(
      (
        is,
        i,
      ) => html`<button type="button" key=${i} aria-pressed=${String(is)} aria-label=${t('upload.region', { row: number(Math.floor(i / 3) + 1), column: number((i % 3) + 1) })}
        onClick=${toggle(i)}></button>`,
    )}</div>
    <p class="small muted">${t('upload.regions-hint')}</p>
  </fieldset>`
}

/**
 * How sure an engine has to be, and whether it looks at the film or at stills of it.
 * @param {Common} props
 */
function HowLooked({ offer, wishes, onChange }) {
  const canFrames = offer.can.framebased !== false
  const mode = wishes.framebased ? String(wishes.frameCaptureMode ?? 0) : ''
  const choose = (/** @type {string} */ value) => {
    const frameCaptureMode = /** @type {Wishes['frameCaptureMode']} */ (Number(value))
    onChange(value ? { framebased: true, frameCaptureMode } : { framebased: false, frameCaptureMode: 0 })
  }
  const setConfidence = (/** @type {string} */ value) => {
    const percent = Number(value)
    if (value !== '' && percent >= 0 && percent <= 100) onChange({ minConfidence: percent })
  }
  return html`<div class="row wanted-how">
    <${Field} label=${t('upload.confidence')} hint=${t('upload.confidence-hint')}>
      ${(/** @type {Rest} */ bind) => html`<input class="input" type="number" min="0" max="100" step="1" ...${bind} value=${wishes.minConfidence ?? 80} onInput=${withValue(setConfidence)} />`}
    <//>
    ${canFrames && html`<${SelectField} label=${t('upload.frames')} hint=${t('upload.frames-hint')} value=${mode} onChange=${choose} options=${[['', t('upload.frames-none')], ...FRAME_MODES.map((one) => [String(one), t(`upload.frames-${one}`)])]} />`}
  </div>`
}
