/** The upload: files or recordings, what to make of them, what it costs, and how far they are. */

import { api } from '../api.js'
import { endingOf } from '../files.js'
import { bytes, language, languageName, money, t } from '../i18n.js'
import { FolderChoice } from '../library/folder-choice.js'
import {
  Branches,
  Button,
  Checkbox,
  ErrorNote,
  errorText,
  isFinished,
  loadStyle,
  Note,
  PageTitle,
  renditionName,
  SelectField,
  Spinner,
  StatusChip,
  TextField,
  titleOf,
  useAction,
  useLoad,
  usePoll,
} from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { isBiometric, missingIn, toSend, worksAs } from '../wishes.js'
import { FromAddress } from './from-address.js'
import { Recorder } from './record.js'
import { Transfer } from './transfer.js'
import { Wanted } from './wanted.js'

/**
 * @import { AiOptionsWanted, AssetView, Me, NewAsset, PresetView } from '../types.d.ts'
 * @import { Sending } from './transfer.js'
 * @import { Wishes } from '../wishes.js'
 */

/** One for as long as the pages are open, and for one person. @type {Transfer | null} */
let transfer = null
/** @type {string | null} */
let transferOwner = null

/** @param {string} owner */
async function openTransfer(owner) {
  const [lib] = await Promise.all([import('../vendor/uppy.js'), loadStyle('vendor/uppy.css'), loadStyle('upload.css')])
  if (!transfer || transferOwner !== owner) {
    transfer?.uppy.destroy()
    transfer = new Transfer(lib, owner)
    transferOwner = owner
  }
  return transfer
}

/** @param {{me?: Me, folder?: string}} props */
export function UploadPage({ me, folder }) {
  const { data, error, reload } = useLoad(async () => me && openTransfer(me.owner), me?.owner)
  return html`<${PageTitle} title=${t('upload.title')} />
    <${ErrorNote} error=${error && { code: 'no-page' }} onRetry=${reload} />
    ${data ? html`<${Desk} transfer=${data} me=${me} folder=${folder} />` : !error && html`<${Spinner} />`}`
}

/** @type {[string, string][]} */
const SPEAKERS = Array.from({ length: 10 }, (_, i) => [String(i + 1), String(i + 1)])

/** Until it is known what a deployment does by itself. @type {Wishes} */
const NO_WISHES = {}

/** @type {Chosen['channels'][]} */
const CHANNELS = ['together', 'separate']

/**
 * What is chosen for the next files; empty: it is left to the service.
 * @typedef {NonNullable<NewAsset['presets']>} Presets
 * @typedef {{language: string, speakers: string, channels: 'together' | 'separate', presets: Presets, title: string,
 *   urgent: boolean, email: string, folder: string}} Chosen
 */

/** @param {{transfer: Transfer, me: Me, folder?: string}} props */
function Desk({ transfer, me, folder = '' }) {
  const others = useOthers()
  const files = useFiles(transfer.uppy)
  const waiting = files.filter((file) => !file.progress.uploadStarted && !file.error)
  const [choices, setChoices] = useState(
    /** @type {Chosen} */ ({
      language: '',
      speakers: '',
      channels: 'together',
      presets: /** @type {Presets} */ (api.config.default_presets),
      title: '',
      urgent: false,
      email: '',
      folder,
    }),
  )
  useEffect(() => setChoices((before) => ({ ...before, folder })), [folder])
  const offer = useLoad((signal) => api.get('/options', { signal }), language())
  const defaults = offer.data?.defaults ?? NO_WISHES
  const [changed, setChanged] = useState(/** @type {Wishes} */ ({}))
  const [mayLookAtFaces, setMayLookAtFaces] = useState(false)
  const wishes = useMemo(() => ({ ...defaults, ...changed }), [defaults, changed])
  const wanted = useMemo(() => toSend(wishes, defaults), [wishes, defaults])
  const isAllowed = missingIn(wishes).length === 0 && (!isBiometric(wishes) || mayLookAtFaces)
  const estimate = useEstimate(waiting, choices.presets, wishes, missingIn(wishes).length ? undefined : wanted)
  const [isAccepted, setAccepted] = useState(false)
  const isOver = estimate.isOver && waiting.length > 0
  const isReady = waiting.length > 0 && choices.presets.length > 0 && isAllowed && (!isOver || isAccepted)
  const chosen = {
    language: choices.language || undefined,
    speakers: Number(choices.speakers) || undefined,
    channels: choices.channels,
    presets: choices.presets,
    urgent: choices.urgent || undefined,
    email: choices.email || undefined,
    folder: choices.folder || undefined,
    ai_options: wanted,
  }

  const [start, isStarting, error] = useAction(async () => {
    transfer.choices = {
      ...chosen,
      title: (waiting.length === 1 && choices.title.trim()) || undefined,
      accept_cost: (isOver && isAccepted) || undefined,
    }
    const isDone = transfer.uppy.upload()
    setChoices({ ...choices, title: '' })
    setAccepted(false)
    setMayLookAtFaces(false)
    transfer.refuse([])
    await isDone
  })

  return html`<div class="desk">
      <div class="stack">
        <${Drop} transfer=${transfer} />
        <${Refused} transfer=${transfer} />
        <${Troubled} transfer=${transfer} files=${files} />
        <${Recorder} transfer=${transfer} />
        <${FromAddress} transfer=${transfer} choices=${chosen} isReady=${choices.presets.length > 0 && isAllowed} onStarted=${() => setMayLookAtFaces(false)} />
      </div>
      <div>
        <section class="panel stack" aria-labelledby="choices">
          <h2 id="choices">${t('upload.choices')}</h2>
          <${Choices} choices=${choices} setChoices=${setChoices} isSingle=${waiting.length === 1} me=${me} others=${others} />
          <${Wanted} offer=${offer.data} error=${offer.error} onRetry=${offer.reload} wishes=${wishes} onChange=${(/** @type {Wishes} */ change) => setChanged({ ...changed, ...change })} isAgreed=${mayLookAtFaces} onAgree=${setMayLookAtFaces} />
          <${Price} estimate=${estimate} isOver=${isOver} isAccepted=${isAccepted} setAccepted=${setAccepted} />
          <${ErrorNote} error=${error} />
          <${Button} variant="primary" busy=${isStarting && waiting.length === 0} disabled=${!isReady} onClick=${start}>
            ${waiting.length ? t('upload.start', { count: waiting.length }) : t(isStarting ? 'upload.starting' : 'upload.start-none')}<//>
          <p class="small muted">${t('upload.limit', { size: bytes(api.config.max_upload_bytes) })}</p>
        </section>
        <${Sent} transfer=${transfer} />
      </div>
    </div>`
}

/** Whom else a report may be sent to: the addresses that were confirmed. */
function useOthers() {
  const { data } = useLoad((signal) => api.get('/me/addresses', { signal }), 'addresses')
  return (data?.addresses ?? []).filter(({ status }) => status === 'confirmed').map(({ address }) => address)
}

/**
 * Uppy's files, kept up to date.
 * @param {Transfer['uppy']} uppy
 */
function useFiles(uppy) {
  const [files, setFiles] = useState(() => uppy.getFiles())
  useEffect(() => {
    const update = () => setFiles(uppy.getFiles())
    uppy.on('state-update', update)
    return () => uppy.off('state-update', update)
  }, [uppy])
  return files
}

/**
 * Uppy's own surface: files, progress, pause and resume. What went wrong stands below it, for as long as it is so.
 * @param {{transfer: Transfer}} props
 */
function Drop({ transfer: { lib, uppy } }) {
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const tongue = language()
  const theme = document.documentElement.dataset.theme === 'dark' ? 'dark' : 'light'
  useEffect(() => {
    uppy.use(lib.Dashboard, {
      inline: true,
      target: box.current ?? undefined,
      width: '100%',
      height: matchMedia('(max-width: 600px)').matches ? 280 : 400,
      theme,
      proudlyDisplayPoweredByUppy: false,
      disableThumbnailGenerator: true,
      hideUploadButton: true,
      hideRetryButton: true,
      disableInformer: true,
      doneButtonHandler: null,
    })
    return () => {
      const plugin = uppy.getPlugin('Dashboard')
      if (plugin) uppy.removePlugin(plugin)
    }
  }, [uppy])
  useEffect(() => {
    const locale = lib.locales[tongue] ?? uppy.defaultLocale
    const removeFile = t('upload.remove-file', { file: '%{file}' }) // Uppy's own does not say which
    uppy.setOptions({ locale: { ...locale, strings: { ...locale.strings, removeFile } } })
  }, [uppy, tongue])
  useEffect(() => {
    // Of few files Uppy's list is none: its items would be nobody's.
    const changes = new MutationObserver(() => {
      box.current?.querySelector('.uppy-Dashboard-files:not([role])')?.setAttribute('role', 'list')
    })
    if (box.current) changes.observe(box.current, { childList: true, subtree: true })
    return () => changes.disconnect()
  }, [uppy])
  useEffect(() => uppy.getPlugin('Dashboard')?.setOptions({ theme }), [uppy, theme])
  useEffect(() => {
    // Who misses the box means it all the same: a browser would leave the page, and show the file.
    const taken = (/** @type {DragEvent} */ event) => {
      if (event.defaultPrevented || !event.dataTransfer?.types.includes('Files')) return
      event.preventDefault()
      if (event.type !== 'drop') return
      uppy.addFiles(
        Array.from(event.dataTransfer.files, (file) => ({
          source: 'Dashboard',
          name: file.name,
          type: file.type,
          data: file,
        })),
      )
    }
    window.addEventListener('dragover', taken)
    window.addEventListener('drop', taken)
    return () => {
      window.removeEventListener('dragover', taken)
      window.removeEventListener('drop', taken)
    }
  }, [uppy])
  return html`<section aria-label=${t('upload.files')} class="drop" ref=${box}></section>`
}

/**
 * @param {{choices: Chosen, setChoices: (choices: Chosen) => void, isSingle: boolean, me: Me, others: string[]}}
 *   props
 */
function Choices({ choices, setChoices, isSingle, me, others }) {
  const set = (/** @type {keyof Chosen} */ name) => (/** @type {unknown} */ value) =>
    setChoices({ ...choices, [name]: value })
  const toggle = (/** @type {Presets[number]} */ name) => (/** @type {boolean} */ isOn) =>
    set('presets')(isOn ? [...choices.presets, name] : choices.presets.filter((one) => one !== name))
  const presets = /** @type {(PresetView & {name: Presets[number]})[]} */ (api.config.presets)
  const languages = useMemo(
    () =>
      api.config.languages.map((tag) => [tag, languageName(tag)]).sort((a, b) => a[1].localeCompare(b[1], language())),
    [language()],
  )
  return html`
    ${isSingle && html`<${TextField} label=${t('upload.name')} hint=${t('upload.name-hint')} maxlength=${api.config.limits.title} value=${choices.title} onInput=${set('title')} />`}
    <${FolderChoice} value=${choices.folder} onChange=${set('folder')} />
    <${SelectField} label=${t('upload.language')} value=${choices.language} onChange=${set('language')} options=${[['', t('upload.language-auto')], ...languages]} />
    <${SelectField} label=${t('upload.speakers')} value=${choices.speakers} onChange=${set('speakers')} options=${[['', t('upload.speakers-auto')], ...SPEAKERS]} />
    <${SelectField} label=${t('upload.channels')} hint=${t('upload.channels-hint')} value=${choices.channels} onChange=${set('channels')} options=${CHANNELS.map((how) => [how, t(`upload.channels-${how}`)])} />
    <fieldset><legend>${t('upload.presets')}</legend>
      ${presets.map(
        ({ name }) =>
          html`<div key=${name}><${Checkbox} checked=${choices.presets.includes(name)} onChange=${toggle(name)} label=${renditionName(name)} /></div>`,
      )}
      ${choices.presets.length === 0 && html`<p class="small problem-text" role="alert">${t('upload.presets-none')}</p>`}
    </fieldset>
    ${
      others.length > 0 &&
      html`<${SelectField} label=${t('upload.email')} value=${choices.email} onChange=${set('email')}
      options=${[['', t('upload.email-none')], ...others.map((address) => [address, address])]} />`
    }
    ${me.may_be_urgent && html`<${Checkbox} label=${t('upload.urgent')} checked=${choices.urgent} onChange=${set('urgent')} />`}`
}

/* ---- the price ---- */

/**
 * What the waiting files will cost, one request for each of which it is known how much there is.
 * @param {Sending[]} files
 * @param {Presets} presets
 * @param {Wishes} wishes what is looked for
 * @param {AiOptionsWanted | undefined} wanted what of that is sent
 * @returns {{usd: number, unknown: number, isOver: boolean, limit: number|null}}
 *   unknown: files of which nobody can tell yet
 */
function useEstimate(files, presets, wishes, wanted) {
  const measured = files.flatMap(({ name = '', meta: { duration } }) =>
    duration ? [{ ...duration, kind: worksAs({ kind: duration.kind, ending: endingOf(name) ?? '' }, wishes) }] : [],
  )
  const key = JSON.stringify([measured, presets, wanted])
  const { data } = useLoad(async (signal) => {
    await new Promise((resolve) => setTimeout(resolve, 300)) // several files and clicks often come at once
    if (signal.aborted || presets.length === 0) return []
    return Promise.all(
      measured.map(({ seconds, video, kind, pages }) =>
        api.post(
          '/estimate',
          { ...(kind ? { kind, pages } : { duration: seconds, video }), presets, ai_options: wanted },
          { signal },
        ),
      ),
    )
  }, key)
  const known = measured.length ? (data ?? []) : []
  return {
    usd: known.reduce((sum, { usd }) => sum + usd, 0),
    unknown: files.filter((file) => file.meta.duration === null).length,
    isOver: known.some(({ is_over_limit }) => is_over_limit),
    limit: known.find(({ is_over_limit }) => is_over_limit)?.limit_usd ?? null,
  }
}

/**
 * @param {{estimate: ReturnType<typeof useEstimate>, isOver: boolean, isAccepted: boolean,
 *   setAccepted: (isAccepted: boolean) => void}} props
 */
const Price = ({
  estimate: { usd, unknown, limit },
  isOver,
  isAccepted,
  setAccepted,
}) => html`<div class="stack" aria-live="polite">
  ${usd > 0 && html`<p>${t('upload.price')} <strong class="numbers">${money(usd)}</strong></p>`}
  ${unknown > 0 && html`<p class="small muted">${t('upload.price-unknown', { count: unknown })}</p>`}
  ${
    isOver &&
    html`<${Note} kind="warn"><div>
    <p>${limit === null ? t('upload.over') : t('upload.over-limit', { limit: money(limit) })}</p>
    <${Checkbox} label=${t('upload.accept')} checked=${isAccepted} onChange=${setAccepted} />
  </div><//>`
  }
</div>`

/* ---- what was refused, what was sent ---- */

/**
 * A list of the transfer's, kept up to date by the event of the same name.
 * @template {'sent' | 'refused'} Name
 * @param {Transfer} transfer
 * @param {Name} name
 */
function useTold(transfer, name) {
  const [told, setTold] = useState(transfer[name])
  useEffect(() => {
    const update = () => setTold(transfer[name])
    transfer.addEventListener(name, update)
    return () => transfer.removeEventListener(name, update)
  }, [transfer])
  return told
}

/**
 * Every file that is not taken, why, and what to do. To try again would come to the same.
 * @param {{transfer: Transfer}} props
 */
function Refused({ transfer }) {
  const refused = useTold(transfer, 'refused')
  if (refused.length === 0) return null
  return html`<${Note} kind="warn" role="alert"><div class="stack">
    <p>${t('upload.refused', { count: refused.length })}</p>
    <ul>${refused.map(({ name, message }) => html`<li class="small"><bdi>${name}</bdi>: ${message}</li>`)}</ul>
    <${Button} size="small" onClick=${() => transfer.refuse([])}>${t('ui.close')}<//>
  </div><//>`
}

/**
 * Every file that did not get through and may the next time.
 * @param {{transfer: Transfer, files: unknown[]}} props files: those that Uppy has now
 */
function Troubled({ transfer }) {
  const { troubled, uppy } = transfer
  return html`<div role="status">
    ${
      troubled.length > 0 &&
      html`<${Note} kind="bad"><div class="stack wide">
      <p>${t('upload.troubled', { count: troubled.length })}</p>
      <ul class="troubled wide">${troubled.map(
        ({ id, name, message }) => html`<li key=${id} class="row">
        <span class="small"><bdi>${name}</bdi>: ${message}</span>
        <span class="row">
          <${Button} size="small" aria-label=${t('upload.troubled-again', { name })} onClick=${() => uppy.retryUpload(id).catch(() => {})}>${t('ui.try-again')}<//>
          <${Button} size="small" variant="quiet" aria-label=${t('upload.troubled-drop', { name })} onClick=${() => uppy.removeFile(id)}>${t('upload.drop')}<//>
        </span></li>`,
      )}</ul>
    </div><//>`
    }
  </div>`
}

/** @param {{transfer: Transfer}} props */
function Sent({ transfer }) {
  const sent = useTold(transfer, 'sent')
  if (sent.length === 0) return null
  return html`<section class="sent" aria-labelledby="sent"><h2 id="sent">${t('upload.sent')}</h2>
    <ul class="cards">${sent.map((asset) => html`<${SentCard} key=${asset.id} first=${asset} transfer=${transfer} />`)}</ul>
  </section>`
}

/** @param {{first: AssetView, transfer: Transfer}} props */
function SentCard({ first, transfer }) {
  const [asset, setAsset] = useState(first)
  usePoll(async () => {
    const latest = await api.get(`/assets/${first.id}`)
    transfer.sent = transfer.sent.map((one) => (one.id === latest.id ? latest : one)) // for when one comes back to this page
    setAsset(latest)
  }, !isFinished(asset))
  return html`<li class="card panel">
    <h3><a href="#/asset/${asset.id}">${titleOf(asset)}</a></h3>
    <div class="row"><${StatusChip} status=${asset.status} /></div>
    <${Branches} asset=${asset} />
    ${asset.error && html`<p class="small problem-text">${errorText(asset.error)}</p>`}
  </li>`
}
