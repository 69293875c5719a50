/** A recording as somebody shares it by a link: to watch and to read, without an account. */

import { api } from '../api.js'
import { FileList } from '../asset/file-list.js'
import { Facts } from '../asset/header.js'
import { isTranscribed, useDocument } from '../asset/reader.js'
import { sharedSource, shows } from '../asset/source.js'
import { dateTime, t } from '../i18n.js'
import {
  Button,
  Checkbox,
  EmptyState,
  ErrorNote,
  errorText,
  Form,
  PageTitle,
  Spinner,
  TextField,
  titleOf,
  useAction,
  useId,
  useLoad,
} from '../ui.js'
import { html, useLayoutEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { Whole } from './asset.js'

/**
 * @import { Failed } from '../types.d.ts'
 * @import { Stretch } from '../asset/model/quotes.js'
 * @import { SharedSource } from '../asset/source.js'
 */

/** @param {{token: string, stretch?: Stretch}} props `stretch`: words to show and play */
export function SharedPage({ token, stretch }) {
  const source = useMemo(() => sharedSource(token), [token])
  const [isLocked, setLocked] = useState(false)
  source.onLocked = () => setLocked(true)
  const { data, error, reload } = useLoad((signal) => source.shared(signal), token)
  const asset = data?.asset
  const isReady = !isLocked && isTranscribed(asset) && shows(source, 'transcript')
  const transcript = useDocument(source, isReady, asset?.version)
  const enter = () => {
    document.body.dataset.moved = 'yes' // the heading of what follows takes the focus: the field is gone
    setLocked(false)
    reload()
  }

  if (error?.status === 404) {
    return html`<${PageTitle} title=${t('asset.page')} /><${EmptyState} title=${t('asset.shared.ended')}>${t('asset.shared.ended-text')}<//>`
  }
  if (isLocked) return html`<${Locked} source=${source} onOpen=${enter} />`
  if (!asset)
    return error
      ? html`<${PageTitle} title=${t('asset.page')} /><${ErrorNote} error=${error} onRetry=${reload} />`
      : html`<${Spinner} />`
  return html`<article class="asset shared">
    <header class="asset-head">
      <${PageTitle} title=${titleOf(asset)} />
      <${Facts} asset=${asset} />
      <p class="small muted">${t('asset.shared.until', { until: dateTime(data.expires_at) })}</p>
    </header>
    <${Whole} source=${source} asset=${asset} transcript=${transcript} stretch=${stretch}>
      ${shows(source, 'downloads') && html`<${Downloads} source=${source} />`}
    <//>
  </article>`
}

/**
 * Asks for the password. Nothing of what the link leads to is known here yet.
 * @param {{source: SharedSource, onOpen: () => void}} props
 */
function Locked({ source, onOpen }) {
  const [password, setPassword] = useState('')
  const [isSeen, setSeen] = useState(false)
  const [problem, setProblem] = useState('')
  const field = useRef(/** @type {HTMLElement | null} */ (null))
  useLayoutEffect(() => field.current?.querySelector('input')?.focus(), [])
  const [open, isBusy] = useAction(async () => {
    try {
      setProblem('')
      await source.prove(password)
      onOpen()
    } catch (error) {
      setProblem(refusal(/** @type {Failed & {retryAfter?: number}} */ (error)))
      field.current?.querySelector('input')?.select()
    }
  })
  return html`<div class="narrow locked"><${PageTitle} title=${t('links.locked')} />
    <p class="muted">${t('links.locked-text')}</p>
    <div ref=${field}><${Form} onSubmit=${() => password && open()}>
      <${TextField} label=${t('links.password')} type=${isSeen ? 'text' : 'password'} autocomplete="off" autocapitalize="off" spellcheck=${false}
        maxlength=${api.config.limits.longest_password} required value=${password} onInput=${setPassword} problem=${problem} />
      <${Checkbox} label=${t('links.see')} checked=${isSeen} onChange=${setSeen} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('links.open')}<//>
    <//></div>
    <p class="visually-hidden" role="alert">${problem}</p>
  </div>`
}

/** Why a password was not taken, and for how long none is. @param {Failed & {retryAfter?: number}} error */
function refusal(error) {
  const seconds = error.retryAfter ?? 0
  const wait = t(seconds > 90 ? 'links.wait-minutes' : 'links.wait', {
    count: seconds > 90 ? Math.ceil(seconds / 60) : seconds,
  })
  if (error.code === 'too-many-tries') return wait
  if (error.code === 'wrong-password') return seconds ? `${t('links.wrong')} ${wait}` : t('links.wrong')
  return errorText(error)
}

/** Files of what the link shows. @param {{source: SharedSource}} props */
function Downloads({ source }) {
  const files = useLoad((signal) => source.files(signal), source.key)
  const id = useId('downloads')
  return html`<section class="block" aria-labelledby=${id}>
    <h2 id=${id}>${t('asset.downloads.title')}</h2>
    ${files.isLoading && !files.data && html`<${Spinner} />`}
    <${ErrorNote} error=${files.error} onRetry=${files.reload} />
    ${files.data?.files.length === 0 && html`<p class="muted">${t('asset.downloads.none')}</p>`}
    ${files.data && html`<${FileList} files=${files.data.files} />`}
  </section>`
}
