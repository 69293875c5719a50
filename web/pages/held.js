/** For administrators: films and pictures that are held, what was seen in them, and the decision. */

import { api } from '../api.js'
import { clock } from '../asset/model/format.js'
import { dateTime, duration, language, percent, t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  ErrorNote,
  errorText,
  PageTitle,
  Spinner,
  TextField,
  titleOf,
  toast,
  useLoad,
} from '../ui.js'
import { html, useRef, useState } from '../vendor/preact.js'
import { called, everyAccount } from './accounts.js'

/**
 * @import { DecidedAsset, Decision, HeldAsset, HeldInFull, LookAt, Me, RefObject, SensitiveView } from '../types.d.ts'
 * @import { Accounts } from './accounts.js'
 */

const LONGEST_REASON = 500
const MOST_SHOWN = 30

/** @param {{me?: Me}} props */
export function HeldPage({ me }) {
  if (me && !me.is_admin)
    return html`<${PageTitle} title=${t('admin.held')} /><${EmptyState} title=${t('admin.only')} />`
  return html`<${PageTitle} title=${t('admin.held')} />
    <nav class="row more-pages" aria-label=${t('nav.admin')}><a href="#/admin">${t('nav.admin')}</a></nav>
    <p class="notes">${t('held.about')}</p>
    <${Everything} />`
}

function Everything() {
  const { data, error, isLoading, reload } = useLoad(
    (signal) => api.get('/admin/held', { signal }),
    `held ${language()}`,
  )
  const accounts = useLoad(everyAccount, 'accounts')
  if (!data) return html`<${ErrorNote} error=${error} onRetry=${reload} />${isLoading && html`<${Spinner} />`}`
  return html`<div class="sections wide-sections">
    <${ErrorNote} error=${error} onRetry=${reload} />
    <p class="visually-hidden" role="status">${t('held.count', { count: data.assets.length + data.more })}</p>
    ${data.assets.length === 0 && html`<${EmptyState} title=${t('held.none')}>${t('held.none-text')}<//>`}
    ${data.assets.map((asset) => html`<${Held} key=${`${asset.owner}/${asset.id}`} asset=${asset} accounts=${accounts.data} onDecided=${reload} />`)}
    ${data.more > 0 && html`<p class="muted">${t('held.more', { count: data.more })}</p>`}
    ${data.decided.length > 0 && html`<${Decided} assets=${data.decided} accounts=${accounts.data} />`}
  </div>`
}

/**
 * What was decided lately, and by whom: nothing of it is shown here.
 * @param {{assets: DecidedAsset[], accounts?: Accounts}} props
 */
const Decided = ({ assets, accounts }) => html`<section class="panel stack" aria-labelledby="held-decided">
  <h2 id="held-decided">${t('held.decided')}</h2>
  <ul class="entries">${assets.map(
    (asset) => html`<li key=${`${asset.owner}/${asset.id}`} class="stack">
      <strong dir="auto">${titleOf({ title: asset.title, file_name: asset.title })}</strong>
      <span class="facts">
        <span>${called(asset.owner, accounts)}</span>
        ${asset.decided_at !== undefined && html`<span>${t(`held.decided-${asset.decision}`, { moment: dateTime(asset.decided_at), who: called(asset.decided_by ?? '', accounts) })}</span>`}
      </span>
      ${asset.reason && html`<span class="small">${errorText(asset.reason)}</span>`}
      ${asset.comment && html`<span class="small" dir="auto">${t('held.because', { reason: asset.comment })}</span>`}
    </li>`,
  )}</ul>
</section>`

/** @param {HeldAsset} asset */
const placeOf = ({ owner, id }) =>
  /** @type {`/admin/held/${string}/${string}`} */ (
    `/admin/held/${encodeURIComponent(owner)}/${encodeURIComponent(id)}`
  )

/** @param {{asset: HeldAsset, accounts?: Accounts, onDecided: () => void}} props */
function Held({ asset, accounts, onDecided }) {
  const [decision, setDecision] = useState(/** @type {Decision | null} */ (null))
  const heading = `held-${asset.id}`
  const title = titleOf({ title: asset.title, file_name: asset.title })
  return html`<section class="panel stack" aria-labelledby=${heading}>
    <h2 id=${heading} dir="auto">${title}</h2>
    <p class="facts">
      <span>${called(asset.owner, accounts)}</span>
      ${asset.kind && html`<span>${t(`kind.${asset.kind}`)}</span>`}
      ${asset.duration !== undefined && asset.duration > 0 && html`<span>${duration(asset.duration)}</span>`}
      ${asset.held_at !== undefined && html`<span>${t('held.since', { moment: dateTime(asset.held_at) })}</span>`}
    </p>
    ${asset.reason && html`<p>${errorText(asset.reason)}</p>`}
    <${Evidence} asset=${asset} />
    <div class="row">
      <${Button} variant="primary" aria-label=${`${t('held.release')}: ${title}`} onClick=${() => setDecision('release')}>${t('held.release')}<//>
      <${Button} variant="danger" aria-label=${`${t('held.reject')}: ${title}`} onClick=${() => setDecision('reject')}>${t('held.reject')}<//>
    </div>
    ${decision && html`<${DecisionDialog} asset=${asset} title=${title} decision=${decision} onClose=${() => setDecision(null)} onDecided=${onDecided} />`}
  </section>`
}

/**
 * What was seen, and a place to look at it: covered, and not even loaded, until somebody asks.
 * @param {{asset: HeldAsset}} props
 */
function Evidence({ asset }) {
  const { data, error, isLoading, reload } = useLoad(
    (signal) => api.get(placeOf(asset), { signal }),
    `${asset.owner}/${asset.id}/${asset.version} ${language()}`,
  )
  const [isShown, setShown] = useState(false)
  const film = useRef(/** @type {HTMLVideoElement | null} */ (null))
  if (!data) return html`<${ErrorNote} error=${error} onRetry=${reload} />${isLoading && html`<${Spinner} />`}`
  const jump = (/** @type {number} */ time) => {
    if (film.current) film.current.currentTime = time
  }
  const show = () => {
    reload() // what was signed for the page when it came may have lapsed
    setShown(true)
  }
  return html`<div class="held-look">
    ${
      data.look_at
        ? isShown
          ? html`<${Look} look=${data.look_at} title=${asset.title} film=${film} />`
          : html`<div class="held-cover"><p>${t('held.covered')}</p><${Button} size="small" aria-label=${`${t('held.show')}: ${asset.title}`} onClick=${show}>${t('held.show')}<//></div>`
        : html`<p class="muted">${t('held.nothing-to-see')}</p>`
    }
    <${Times} whole=${data} canJump=${isShown} onJump=${jump} />
  </div>`
}

/** @param {{look: LookAt, title: string, film: RefObject<HTMLVideoElement>}} props */
function Look({ look, title, film }) {
  const address = useRef(look.url) // each answer has another one for the same film
  if (look.content_type.startsWith('image/')) return html`<img src=${address.current} alt=${title} />`
  return html`<video ref=${film} src=${address.current} controls preload="metadata" aria-label=${title}></video>`
}

/** @param {{whole: HeldInFull, canJump: boolean, onJump: (time: number) => void}} props */
function Times({ whole, canJump, onJump }) {
  if (whole.seen.length === 0) return null
  return html`<ul class="entries held-times" aria-label=${t('held.seen')}>
    ${whole.seen.slice(0, MOST_SHOWN).map(
      (one, number) => html`<li key=${number} class="row">
      ${one.start !== undefined && html`<${Button} size="small" disabled=${!canJump} aria-label=${t('held.jump', { time: clock(one.start) })} onClick=${() => onJump(one.start ?? 0)}>${stretch(one)}<//>`}
      <span dir="auto">${one.name}</span>
      <span class="small muted numbers">${percent(one.confidence)}</span></li>`,
    )}
    ${whole.seen.length > MOST_SHOWN && html`<li class="muted">${t('held.more-times', { count: whole.seen.length - MOST_SHOWN })}</li>`}
  </ul>`
}

/** @param {SensitiveView} one */
function stretch({ start = 0, end = start }) {
  const [from, to] = [clock(start), clock(end)]
  return from === to ? from : `${from}–${to}`
}

/**
 * @param {{asset: HeldAsset, title: string, decision: Decision, onClose: () => void, onDecided: () => void}} props
 */
function DecisionDialog({ asset, title, decision, onClose, onDecided }) {
  const [reason, setReason] = useState('')
  const decide = async () => {
    await api.post(placeOf(asset), { decision, reason: reason.trim() })
    toast(t(`held.done-${decision}`, { title }))
    onClose()
    onDecided()
  }
  return html`<${ConfirmDialog} title=${t(`held.${decision}-title`, { title })} confirm=${t(`held.${decision}`)} danger=${decision === 'reject'}
    onConfirm=${decide} onClose=${onClose}>
    <p>${t(`held.${decision}-text`)}</p>
    <${TextField} label=${t('held.reason')} hint=${t(`held.reason-${decision}`)} maxlength=${LONGEST_REASON} value=${reason} onInput=${setReason} />
  <//>`
}
