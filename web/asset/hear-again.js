/** A recording is heard again in another way: when that is proposed, and what can be chosen. */

import { ApiError, api } from '../api.js'
import { language, languageName, money, t } from '../i18n.js'
import { Button, Checkbox, ConfirmDialog, ErrorNote, errorText, Note, SelectField, Spinner, useLoad } from '../ui.js'
import { html, useMemo, useState } from '../vendor/preact.js'
import { engineName, trackName } from './hearing-names.js'
import { advice, chosenBefore, wanted } from './model/hearing.js'

/**
 * @import { Asset, HearingView } from '../types.d.ts'
 * @import { Choice } from './model/hearing.js'
 * @import { OwnSource } from './source.js'
 */

const MOST_SPEAKERS = 10 // that the form offers; the service takes more
const SOON = 300 // milliseconds in which several choices may be made

/**
 * @typedef {{source: OwnSource, asset: Asset, onAsset: (asset: Asset) => void, onClose: () => void, inLanguage?: string}}
 *   Props `inLanguage`: that it is to be heard in, if that is known
 * @param {Props} props
 */
export function HearAgainDialog(props) {
  const { source, asset, onClose } = props
  const { data, error, reload } = useLoad((signal) => source.hearing(signal), `${source.key} ${asset.version}`)
  if (data) return html`<${Form} ...${props} hearing=${data} />`
  return html`<${ConfirmDialog} title=${t('again.title')} confirm=${t('again.confirm')} disabled onConfirm=${() => {}} onClose=${onClose}>
    ${error ? html`<${ErrorNote} error=${error} onRetry=${reload} />` : html`<${Spinner} />`}
  <//>`
}

/** @param {Props & {hearing: HearingView}} props */
function Form({ source, asset, onAsset, onClose, inLanguage, hearing }) {
  const [choice, setChoice] = useState(() => chosenBefore(hearing.heard, inLanguage))
  const [accepts, setAccepts] = useState(false)
  const set = (/** @type {keyof Choice} */ name) => (/** @type {string | boolean} */ value) =>
    setChoice({ ...choice, [name]: value })
  const asked = wanted(choice, hearing)
  const cost = useCost(source, asked)
  const isDear = cost.data?.is_over_limit === true
  const hear = async () => {
    try {
      onAsset(await source.hear({ ...asked, accept_cost: accepts }))
      onClose()
    } catch (error) {
      if (error instanceof ApiError && error.code === 'cost-limit') cost.reload()
      throw error
    }
  }
  const engine = hearing.transcribers.find(({ name }) => name === choice.transcriber)
  const languages = useMemo(() => offered(choice.language), [language(), choice.language])
  return html`<${ConfirmDialog} title=${t('again.title')} confirm=${t('again.confirm')} disabled=${isDear && !accepts} onConfirm=${hear} onClose=${onClose}>
    <p>${t('again.text')}</p>
    <${SelectField} label=${t('again.language')} value=${choice.language} onChange=${set('language')} options=${[['', t('again.language-auto')], ...languages]} />
    <${SelectField} label=${t('again.speakers')} value=${choice.speakers} onChange=${set('speakers')} options=${[['', t('again.speakers-auto')], ...counts(choice.speakers)]} />
    ${
      hearing.transcribers.length > 1 &&
      html`<${SelectField} label=${t('again.engine')} value=${choice.transcriber} onChange=${set('transcriber')}
      options=${hearing.transcribers.map(({ name, is_usual }) => [name, is_usual ? t('again.engine-usual', { name: engineName(name) }) : engineName(name)])} />`
    }
    ${
      asset.sound_tracks.length > 1 &&
      html`<${SelectField} label=${t('again.track')} hint=${t('again.track-hint')} value=${choice.track} onChange=${set('track')}
      options=${asset.sound_tracks.map((one) => [String(one.number), trackName(one)])} />`
    }
    ${
      engine?.hears_channels &&
      html`<${SelectField} label=${t('again.channels')} hint=${t('again.channels-hint')} value=${choice.channels} onChange=${set('channels')}
      options=${['together', 'separate'].map((how) => [how, t(`again.channels-${how}`)])} />`
    }
    ${engine?.uses_lexicon && hearing.words > 0 && html`<${Checkbox} label=${t('again.lexicon', { count: hearing.words })} checked=${choice.lexicon} onChange=${set('lexicon')} />`}
    <p class="small muted">${t(asset.edition > 0 ? 'again.corrections' : 'again.beside', { version: asset.version })}</p>
    <p class="small" aria-live="polite">${priceText(cost)}</p>
    ${isDear && html`<${Note} kind="warn"><${Checkbox} label=${t('again.accept', { limit: money(cost.data?.limit_usd ?? 0) })} checked=${accepts} onChange=${setAccepts} /><//>`}
  <//>`
}

/**
 * What it will cost, as far as that is known.
 * @param {ReturnType<typeof useCost>} cost
 */
function priceText({ data, error }) {
  if (error) return errorText(error)
  if (!data) return t('again.cost-coming')
  return data.usd ? t('again.cost', { usd: money(data.usd) }) : t('again.cost-nothing')
}

/**
 * @param {OwnSource} source
 * @param {ReturnType<typeof wanted>} asked
 */
const useCost = (source, asked) =>
  useLoad(
    async (signal) => {
      await new Promise((resolve) => setTimeout(resolve, SOON))
      return signal.aborted ? undefined : source.hearingCost(asked, signal)
    },
    `${source.key} ${JSON.stringify(asked)} ${language()}`,
  )

/**
 * The languages that there are, and the one that is chosen though it is none of them ("en-GB").
 * @param {string} chosen
 * @returns {[string, string][]}
 */
const offered = (chosen) =>
  [...new Set([...api.config.languages, ...(chosen ? [chosen] : [])])]
    .map((tag) => /** @type {[string, string]} */ ([tag, languageName(tag)]))
    .sort((a, b) => a[1].localeCompare(b[1], language()))

/**
 * The language of the service that a language of the pages is.
 * @param {string} tag
 */
const closest = (tag) => api.config.languages.find((known) => known === tag || known.startsWith(`${tag}-`)) ?? tag

/**
 * @param {string} chosen
 * @returns {[string, string][]}
 */
function counts(chosen) {
  const known = Array.from({ length: MOST_SPEAKERS }, (_, at) => String(at + 1))
  return (chosen && !known.includes(chosen) ? [...known, chosen] : known).map((count) => [count, count])
}

/**
 * What to do where a recording was heard poorly, or not at all: nothing where there is no reason.
 * @param {{source: OwnSource, asset: Asset, onAsset: (asset: Asset) => void}} props
 */
export function HearingAdvice({ source, asset, onAsset }) {
  const [opened, setOpened] = useState(/** @type {{inLanguage?: string} | null} */ (null))
  const found = advice(asset, language())
  const isOpen = opened !== null
  const dialog =
    isOpen &&
    html`<${HearAgainDialog} source=${source} asset=${asset} onAsset=${onAsset} ...${opened} onClose=${() => setOpened(null)} />`
  if (!found) return dialog || null
  const { reason } = found
  const proposed = found.language && closest(found.language)
  const heardIn = asset.language && reason !== 'failed' ? 'again.advice-language' : null
  return html`<${Note} kind=${reason === 'fair' ? '' : 'warn'} class="note ${reason === 'fair' ? '' : 'warn'} again-advice">
    <div>
      <p><strong>${t(`again.advice-${reason}`)}</strong></p>
      <p class="muted">${heardIn ? t(heardIn, { language: languageName(asset.language ?? '') }) : t(`again.advice-${reason}-do`)}</p>
    </div>
    <div class="row">
      ${proposed && html`<${Button} size="small" variant="primary" onClick=${() => setOpened({ inLanguage: proposed })}>${t('again.advice-as', { language: languageName(proposed) })}<//>`}
      <${Button} size="small" onClick=${() => setOpened({})}>${t('again.advice-choose')}<//>
    </div>
    ${dialog}
  <//>`
}
