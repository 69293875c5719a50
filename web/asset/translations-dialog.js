/** Captions in other languages, made by a machine: asked for, kept up with, downloaded. */

import { ApiError } from '../api.js'
import { dateTime, languageName, money, language as ownLanguage, t } from '../i18n.js'
import {
  Button,
  Checkbox,
  Dialog,
  ErrorNote,
  errorText,
  Note,
  SelectField,
  Spinner,
  saveAs,
  toast,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'
import { tellOfTranslations, translatedName } from './translations.js'

/**
 * @import { Asset, Failed, TranslationView } from '../types.d.ts'
 * @import { OwnSource } from './source.js'
 */

const FORMATS = /** @type {const} */ (['vtt', 'srt', 'txt'])
/** What has been asked for so long ago (s) and is not there may be asked for again. */
const LONG = 600

/** @param {{source: OwnSource, asset: Asset, onClose: () => void}} props */
export function TranslationsDialog({ source, asset, onClose }) {
  const known = useLoad((signal) => source.translations(signal), `${source.key} ${asset.edition} ${ownLanguage()}`)
  const [chosen, setChosen] = useState('')
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  const [busy, setBusy] = useState('')
  const [dear, setDear] = useState('') // the language that is above its owner's limit
  const [accepts, setAccepts] = useState(false)
  const all = known.data?.translations ?? []
  usePoll(
    async () => {
      known.set(await source.translations())
    },
    all.some((one) => one.state === 'asked'),
  )
  const there = all.filter((one) => one.is_there).map((one) => `${one.language} ${one.at}`)
  useEffect(() => {
    if (there.length) tellOfTranslations()
  }, [there.join()])
  const ask = async (/** @type {string} */ language) => {
    setBusy(language)
    setError(null)
    try {
      await source.translate({ language, accept_cost: (dear === language && accepts) || undefined })
      setDear('')
      setChosen('')
      known.set(await source.translations())
    } catch (failure) {
      if (failure instanceof ApiError && failure.code === 'cost-limit') setDear(language)
      setError(/** @type {Failed} */ (failure))
    }
    setBusy('')
  }
  const names = (known.data?.languages ?? [])
    .filter((tag) => !all.some((one) => one.language === tag))
    .map((tag) => /** @type {[string, string]} */ ([tag, languageName(tag)]))
    .sort((a, b) => a[1].localeCompare(b[1], ownLanguage()))
  const usd = known.data?.usd
  return html`<${Dialog} title=${t('asset.translations')} onClose=${onClose}>
    <p>${t('captions.translated-text')}</p>
    ${known.isLoading && !known.data && html`<${Spinner} />`}
    <${ErrorNote} error=${known.error} onRetry=${known.reload} />
    ${
      all.length > 0 &&
      html`<ul class="translations">${all.map(
        (one) => html`<li key=${one.language}>
        <p><strong>${translatedName(one.language)}</strong></p>
        <${State} one=${one} />
        <div class="row">
          ${one.is_there && FORMATS.map((format) => html`<${Download} key=${format} source=${source} asset=${asset} one=${one} format=${format} />`)}
          ${mayAskAgain(one) && html`<${Button} size="small" busy=${busy === one.language} aria-label=${t('captions.again-of', { language: languageName(one.language) })} onClick=${() => ask(one.language)}>${t('captions.again')}<//>`}
        </div></li>`,
      )}</ul>`
    }
    ${
      names.length > 0 &&
      html`<div class="translations-new"><${SelectField} label=${t('captions.language')} value=${chosen} onChange=${setChosen} options=${[['', t('captions.choose')], ...names]} />
      <${Button} variant="primary" busy=${busy !== '' && busy === chosen} disabled=${!chosen || (dear === chosen && !accepts)} onClick=${() => chosen && ask(chosen)}>${t('captions.translate')}<//>
      ${usd !== undefined && html`<p class="small muted">${usd ? t('captions.cost', { usd: money(usd) }) : t('captions.cost-nothing')}</p>`}</div>`
    }
    ${known.data && !names.length && !all.length && html`<p class="muted">${t('captions.no-languages')}</p>`}
    <${ErrorNote} error=${error} />
    ${dear && html`<${Note} kind="warn"><${Checkbox} label=${t('asset.retry.accept')} checked=${accepts} onChange=${setAccepts} /><//>`}
    <div class="row end"><${Button} onClick=${onClose}>${t('ui.close')}<//></div>
  <//>`
}

/** @param {TranslationView} one */
const mayAskAgain = (one) =>
  one.state === 'failed' || one.is_outdated || (one.state === 'asked' && Date.now() / 1000 - one.asked_at > LONG)

/** @param {{one: TranslationView}} props */
function State({ one }) {
  if (one.state === 'asked') return html`<${Spinner} label=${t('captions.asked')} />`
  return html`<p class="small muted" role="status">${one.at !== undefined && t('captions.made', { moment: dateTime(one.at) })}
    ${one.is_outdated && html` <strong>${t('captions.outdated')}</strong>`}
    ${one.error && html` <strong>${t('captions.failed')}</strong> ${errorText(one.error)}`}</p>`
}

/** @param {{source: OwnSource, asset: Asset, one: TranslationView, format: 'vtt' | 'srt' | 'txt'}} props */
function Download({ source, asset, one, format }) {
  const [isBusy, setBusy] = useState(false)
  const run = async () => {
    setBusy(true)
    try {
      saveAs(await source.translation(one.language, format), `${asset.download_name} ${one.language}.${format}`)
    } catch (failure) {
      toast(errorText(failure), 'bad')
    }
    setBusy(false)
  }
  return html`<${Button} size="small" busy=${isBusy} aria-label=${`${translatedName(one.language)}: ${t(`asset.downloads.${format}`)}`} onClick=${run}>${t(`asset.downloads.${format}`)}<//>`
}
