/** For administrators: people and their allowances, what went wrong, what it costs, and the state of the mail. */

import { api, query } from '../api.js'
import { bytes, date, dateTime, language, money, month, number, t } from '../i18n.js'
import { StackedBars } from '../plot.js'
import {
  Button,
  Checkbox,
  Dialog,
  EmptyState,
  ErrorNote,
  errorText,
  Form,
  Note,
  PageTitle,
  Spinner,
  StatusChip,
  TextField,
  titleOf,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useEffect, useState } from '../vendor/preact.js'

/**
 * @import { Children, MailState, Me, Moved, OwnedAssets, Quota, UserView } from '../types.d.ts'
 * @import { Costs as CostsView, DeadLetterQueue, DeadLetters as DeadLettersView } from '../types.d.ts'
 * @import { Series } from '../plot.js'
 */

/** @param {{me?: Me}} props */
export function AdminPage({ me }) {
  if (me && !me.is_admin)
    return html`<${PageTitle} title=${t('nav.admin')} /><${EmptyState} title=${t('admin.only')} />`
  return html`<${PageTitle} title=${t('nav.admin')} />
    <nav class="row more-pages" aria-label=${t('nav.admin')}>
      <a href="#/admin/held">${t('admin.held')}</a>
      <a href="#/admin/releases">${t('admin.releases')}</a>
      <a href="#/admin/faces">${t('admin.faces')}</a>
      <a href="#/admin/models">${t('admin.models')}</a>
      <a href="#/admin/material">${t('admin.material')}</a>
    </nav>
    <div class="sections wide-sections">
      <${Mail} />
      <${Costs} />
      <${Troubled} kind="failed" />
      <${Troubled} kind="stuck" />
      <${DeadLetters} />
      <${Users} />
    </div>`
}

/**
 * A section with what `load` answered.
 * @template T
 * @param {{name: string, load: (signal: AbortSignal) => Promise<T>,
 *   children: (data: T, reload: () => void) => Children}} props
 */
function Loaded({ name, load, children }) {
  const { data, error, isLoading, reload } = useLoad(load, `${name} ${language()}`)
  return html`<section class="panel stack" aria-labelledby=${`admin-${name}`}>
    <h2 id=${`admin-${name}`}>${t(`admin.${name}`)}</h2>
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data ? children(data, reload) : isLoading && html`<${Spinner} />`}
  </section>`
}

/** @param {{label: string, heads: string[], children?: Children}} props */
export const Table = ({
  label,
  heads,
  children,
}) => html`<div class="table-box" tabindex="0" role="group" aria-label=${label}><table>
  <thead><tr>${heads.map((head) => (head ? html`<th key=${head} scope="col">${head}</th>` : html`<td></td>`))}</tr></thead>
  <tbody>${children}</tbody>
</table></div>`

/**
 * Runs something for a row, says how it went, then loads the rows anew.
 * @template T
 * @param {{text: string, label: string, run: () => Promise<T>, done: (answer: T) => string, reload: () => void}} props
 */
function RowAction({ text, label, run, done, reload }) {
  const [start, isBusy] = useAction(async () => {
    try {
      toast(done(await run()))
      reload()
    } catch (error) {
      toast(errorText(error), 'bad')
    }
  })
  return html`<${Button} size="small" busy=${isBusy} aria-label=${label} onClick=${start}>${text}<//>`
}

/* ---- mail and costs ---- */

const Mail =
  () => html`<${Loaded} name="mail" load=${(/** @type {AbortSignal} */ signal) => api.get('/admin/mail', { signal })}>
  ${(
    /** @type {MailState} */ {
      sandbox,
      sender,
      refused,
      help_url,
      is_sending,
      sent_in_a_day: sent,
      most_in_a_day: most,
      most_in_a_second: rate,
    },
  ) => html`
    <p>${t('admin.sender')} <strong>${sender ?? '–'}</strong></p>
    <${Note} kind=${sandbox === undefined ? '' : sandbox ? 'warn' : 'good'}><span>${t(`admin.sandbox-${sandbox ?? 'unknown'}`)}</span>
      ${help_url && html`<a href=${help_url} rel="noopener noreferrer" target="_blank">${t('admin.sandbox-leave')}</a>`}<//>
    ${refused && html`<${Note} kind="bad">${t('admin.mail-refused', { code: refused })}<//>`}
    ${is_sending === false && html`<${Note} kind="bad">${t('admin.mail-paused')}<//>`}
    ${sent !== undefined && most !== undefined && rate !== undefined && html`<p class="muted">${t('admin.mail-quota', { sent: number(sent), most: number(most), rate: number(rate) })}</p>`}`}
<//>`

const Costs =
  () => html`<${Loaded} name="costs" load=${(/** @type {AbortSignal} */ signal) => api.get('/admin/costs', { signal })}>
  ${(/** @type {CostsView} */ { months, by_owner, by_engine }) =>
    by_owner.every(({ usd }) => usd.every((one) => one === 0))
      ? html`<p class="muted">${t('admin.no-costs')}</p>`
      : html`
    <${CostPlot} title=${t('admin.by-engine')} months=${months} rows=${by_engine.map(({ engine, usd }) => ({ name: engine, values: usd }))} />
    <${CostPlot} title=${t('admin.by-owner')} months=${months} rows=${by_owner.map(({ owner, email, usd }) => ({ name: email ?? owner, values: usd }))} />`}
<//>`

/** @param {{title: string, months: string[], rows: Series[]}} props */
function CostPlot({ title, months, rows }) {
  const total = (/** @type {Series} */ { values }) => values.reduce((sum, value) => sum + value, 0)
  const series = [...rows].sort((a, b) => total(b) - total(a))
  const labels = months.map((one) => month(one, { month: 'short', year: '2-digit' }))
  return html`<div class="wide"><${StackedBars} title=${title} labels=${labels} series=${series} format=${money} /></div>`
}

/* ---- what went wrong ---- */

/** @param {{kind: 'failed' | 'stuck'}} props */
const Troubled = ({
  kind,
}) => html`<${Loaded} name=${kind} load=${(/** @type {AbortSignal} */ signal) => api.get(`/admin/assets${query({ status: kind })}`, { signal })}>
  ${(/** @type {OwnedAssets} */ { assets }, /** @type {() => void} */ reload) =>
    assets.length === 0
      ? html`<p class="muted">${t('admin.none')}</p>`
      : html`
    <${Table} label=${t(`admin.${kind}`)} heads=${[t('admin.asset'), t('admin.owner'), t('admin.problem'), t('admin.created'), '']}>
      ${assets.map(
        (asset) => html`<tr key=${asset.id}>
        <th scope="row">${titleOf(asset)}</th><td>${asset.owner}</td>
        <td><${StatusChip} status=${asset.status} /> ${asset.error && html`<span class="small">${errorText(asset.error)}</span>`}</td>
        <td>${dateTime(asset.created_at)}</td>
        <td class="number"><${RowAction} text=${t('library.retry')} label=${`${t('library.retry')}: ${titleOf(asset)}`} reload=${reload}
          run=${() => api.post(`/admin/assets/${encodeURIComponent(asset.owner)}/${asset.id}/retry`)} done=${() => t('library.retried')} /></td>
      </tr>`,
      )}
    <//>`}
<//>`

const DeadLetters =
  () => html`<${Loaded} name="dead-letters" load=${(/** @type {AbortSignal} */ signal) => api.get('/admin/dead-letters', { signal })}>
  ${(/** @type {DeadLettersView} */ { queues }, /** @type {() => void} */ reload) => queues.map((queue) => html`<${Queue} key=${queue.name} queue=${queue} reload=${reload} />`)}
<//>`

/** @param {{queue: DeadLetterQueue, reload: () => void}} props */
const Queue = ({ queue: { name, waiting, messages }, reload }) => html`<div class="stack wide">
  <div class="row"><h3>${name}</h3><span class="chip ${waiting ? 'bad' : 'good'}">${t('admin.waiting', { count: waiting })}</span>
    ${
      waiting > 0 &&
      html`<${RowAction} text=${t('admin.redrive')} label=${`${t('admin.redrive')}: ${name}`} reload=${reload}
      run=${() => api.post(`/admin/dead-letters/${encodeURIComponent(name)}/redrive`)} done=${(/** @type {Moved} */ { moved }) => t('admin.moved', { count: moved })} />`
    }</div>
  ${
    messages.length > 0 &&
    html`<${Table} label=${name} heads=${[t('admin.message'), t('admin.owner'), t('admin.asset'), t('admin.received')]}>
    ${messages.map(
      ({
        id,
        body,
        received,
      }) => html`<tr key=${id}><th scope="row"><code>${id}</code></th><td>${body?.owner ?? '–'}</td>
      <td>${body ? `${body.asset} (${body.version})` : '–'}</td><td>${number(received)}</td></tr>`,
    )}
  <//>`
  }
</div>`

/* ---- people ---- */

function Users() {
  const [next, setNext] = useState(/** @type {string | undefined} */ (undefined))
  const [users, setUsers] = useState(/** @type {UserView[]} */ ([]))
  const [edited, setEdited] = useState(/** @type {UserView | null} */ (null))
  const { data, error, isLoading, reload } = useLoad((signal) => api.get('/admin/users', { signal }), 'users')
  useEffect(() => {
    if (!data) return
    setUsers(data.users)
    setNext(data.next)
  }, [data])
  const [more, isLoadingMore, moreError] = useAction(async () => {
    const page = await api.get(`/admin/users${query({ after: next })}`)
    setUsers((known) => [...known, ...page.users])
    setNext(page.next)
  })
  const used = (/** @type {Quota} */ { used: value, limit }, /** @type {(value: number) => string} */ format) =>
    t('ui.of', { used: format(value), limit: format(limit) })
  const minutes = (/** @type {number} */ value) => number(value, { maximumFractionDigits: 0 })
  return html`<section class="panel stack" aria-labelledby="admin-users">
    <h2 id="admin-users">${t('admin.users')}</h2>
    <${ErrorNote} error=${error ?? moreError} onRetry=${error ? reload : more} />
    ${isLoading && !data && html`<${Spinner} />`}
    ${
      users.length > 0 &&
      html`<${Table} label=${t('admin.users')} heads=${[t('sign.email'), t('admin.status'), t('admin.created'), t('settings.minutes'), t('settings.bytes'), t('settings.in-flight'), t('admin.urgent'), '']}>
      ${users.map(
        (
          user,
        ) => html`<tr key=${user.owner}><th scope="row">${user.email}</th><td>${user.status}</td><td>${date(user.created_at)}</td>
        <td class="numbers">${used(user.quota.minutes, minutes)}</td><td class="numbers">${used(user.quota.bytes, bytes)}</td><td class="numbers">${used(user.quota.in_flight, number)}</td>
        <td>${user.may_be_urgent ? t('ui.yes') : t('ui.no')}</td>
        <td class="number"><${Button} size="small" aria-label=${`${t('admin.change')}: ${user.email}`} onClick=${() => setEdited(user)}>${t('admin.change')}<//></td></tr>`,
      )}
    <//>`
    }
    ${next && html`<${Button} busy=${isLoadingMore} onClick=${more}>${t('ui.more')}<//>`}
    ${
      edited &&
      html`<${QuotaDialog} user=${edited} onClose=${() => setEdited(null)} onSaved=${(/** @type {UserView} */ user) => {
        setUsers(users.map((one) => (one.owner === user.owner ? user : one)))
        setEdited(null)
      }} />`
    }
  </section>`
}

const GIGABYTE = 1e9

/** @param {{user: UserView, onClose: () => void, onSaved: (user: UserView) => void}} props */
function QuotaDialog({ user, onClose, onSaved }) {
  const { minutes, bytes: size, in_flight } = user.quota
  const [form, setForm] = useState({
    minutes: minutes.limit,
    gigabytes: size.limit / GIGABYTE,
    in_flight: in_flight.limit,
    may_be_urgent: user.may_be_urgent,
  })
  const set = (/** @type {string} */ name) => (/** @type {string | boolean} */ value) =>
    setForm({ ...form, [name]: value })
  const [save, isBusy, error] = useAction(async () => {
    const limits = {
      minutes: Number(form.minutes),
      bytes: Math.round(Number(form.gigabytes) * GIGABYTE),
      in_flight: Number(form.in_flight),
    }
    await api.put(`/admin/users/${encodeURIComponent(user.owner)}`, { ...limits, may_be_urgent: form.may_be_urgent })
    const quota = {
      ...user.quota,
      minutes: { ...minutes, limit: limits.minutes },
      bytes: { ...size, limit: limits.bytes },
      in_flight: { ...in_flight, limit: limits.in_flight },
    }
    toast(t('settings.saved'))
    onSaved({ ...user, quota, may_be_urgent: form.may_be_urgent })
  })
  const field = (
    /** @type {'minutes' | 'gigabytes' | 'in_flight'} */ name,
    /** @type {string} */ label,
    /** @type {string} */ step,
  ) =>
    html`<${TextField} label=${label} type="number" min="0" step=${step} required value=${form[name]} onInput=${set(name)} />`
  return html`<${Dialog} title=${t('admin.edit', { email: user.email })} onClose=${onClose}>
    <${Form} onSubmit=${save}>
      ${field('minutes', t('admin.limit-minutes'), '1')}
      ${field('gigabytes', t('admin.limit-gigabytes'), 'any')}
      ${field('in_flight', t('admin.limit-in-flight'), '1')}
      <${Checkbox} label=${t('admin.may-be-urgent')} checked=${form.may_be_urgent} onChange=${set('may_be_urgent')} />
      <${ErrorNote} error=${error} />
      <div class="row"><${Button} onClick=${onClose}>${t('ui.cancel')}<//><${Button} type="submit" variant="primary" busy=${isBusy}>${t('ui.save')}<//></div>
    <//>
  <//>`
}
