/** An asset at a glance: its title, its state, how far the work is. */

import { duration, hasText, number, percent, t } from '../i18n.js'
import { secondsLeft } from '../progress.js'
import { html } from '../vendor/preact.js'
import { errorText, Progress } from './feedback.js'

/** @import { Asset, BranchView, FetchView } from '../types.d.ts' */

/** @type {Record<string, string>} the colours of states and moods */
const STATUS_KINDS = {
  completed: 'good',
  failed: 'bad',
  rejected: 'bad',
  expired: 'bad',
  held: 'warn',
  processing: 'accent',
  queued: 'accent',
  'awaiting-upload': 'warn',
}
/** @type {Record<string, string>} */
const MOOD_KINDS = { POSITIVE: 'good', NEGATIVE: 'bad', MIXED: 'mixed', NEUTRAL: '' }

/**
 * The state of an asset as a word in its colour.
 * @param {{status: string}} props
 */
export const StatusChip = ({ status }) =>
  html`<span class="chip ${STATUS_KINDS[status]}">${t(`status.${status}`)}</span>`
/** @param {{mood: string}} props */
export const MoodChip = ({ mood }) => html`<span class="chip ${MOOD_KINDS[mood]}">${t(`mood.${mood}`)}</span>`

/**
 * Whether nothing more will happen to an asset by itself.
 * @param {{status: string}} asset
 */
export const isFinished = (asset) => !['awaiting-upload', 'queued', 'processing'].includes(asset.status)

/**
 * Whether its file is just being fetched from an address.
 * @param {Asset} asset
 */
export const isFetched = (asset) => asset.status === 'awaiting-upload' && asset.fetch !== undefined

/**
 * Whether it was rejected for what was seen in it: the same file would be again.
 * @param {{status: string, is_withheld: boolean}} asset
 */
export const isRefused = (asset) => asset.status === 'rejected' && asset.is_withheld

/**
 * What something that was made of an asset is called, by its preset: "Film, 720p (MP4)".
 * @param {string} preset
 */
export const renditionName = (preset) => (hasText(`rendition.${preset}`) ? t(`rendition.${preset}`) : preset)

/** Presets whose files are called otherwise. @type {Record<string, string>} */
const CALLED = { preview: 'gif' }

/**
 * What a file is, in words: its name, and what it is for where its ending says that to programs only. A file of a kind
 * that a deployment has brought along keeps its own name.
 * @param {{name: string}} file "captions.srt"
 * @returns {{title: string, use: string}}
 */
export function fileWords({ name }) {
  const [stem, ending = ''] = name.split(/\.(?=[^.]*$)/)
  const use = hasText(`file-use.${ending}`) ? t(`file-use.${ending}`) : ''
  const rendition = `rendition.${CALLED[stem] ?? stem}`
  if (hasText(rendition)) return { title: t(rendition), use }
  const known = [`file.${stem}`, `seen.${stem}`].find(hasText)
  return { title: known ? `${t(known)} (${ending.toUpperCase()})` : name, use }
}

/** What an asset was rejected for that passes: its owner accepts a price, or a new month has begun. */
const PASSES = ['cost-limit', 'quota-minutes']

/**
 * Whether doing the work again may come to something else. A file that was rejected for what it is would be again.
 * @param {{status: string, is_withheld: boolean, error?: {code: string}, branches: Record<string, {status: string}>}}
 *   asset
 */
export function mayTryAgain({ status, is_withheld, error, branches }) {
  if (status === 'rejected') return !is_withheld && PASSES.includes(error?.code ?? '')
  return (
    status === 'failed' || (status === 'completed' && Object.values(branches).some((one) => one.status === 'failed'))
  )
}

const BRANCHES = ['renditions', 'speech', 'vision', 'document', 'language', 'entities']

/** @type {Record<string, 'sound' | 'film' | 'picture' | 'paper'>} the drawing of each kind of asset */
const KIND_ICONS = { audio: 'sound', video: 'film', image: 'picture', document: 'paper' }

/** The drawing of what an asset is; of what nobody knows yet that of a film. @param {string} [kind] */
export const kindIcon = (kind = 'video') => KIND_ICONS[kind] ?? 'film'

/** Its branches, those that a deployment has brought behind ours. @param {Asset} asset */
const branchesOf = (asset) => [
  ...BRANCHES.filter((name) => asset.branches[name]),
  ...Object.keys(asset.branches).filter((name) => !BRANCHES.includes(name)),
]

/** @param {string} name */
const branchName = (name) => (BRANCHES.includes(name) ? t(/** @type {any} */ (`branch.${name}`)) : name)

/** @type {Record<string, string>} */
const BRANCH_KINDS = { done: 'good', failed: 'bad' }

/**
 * How far each branch of the work on an asset is, with a bar where the engine says so.
 * @param {{asset: Asset}} props
 */
export const Branches = ({ asset }) => html`<ul class="branches">
  ${isFetched(asset) && html`<${Fetching} ...${asset.fetch} />`}
  ${branchesOf(asset).map((name) => html`<${Branch} key=${name} name=${name} branch=${asset.branches[name]} startedAt=${asset.started_at} isOver=${isFinished(asset)} />`)}
</ul>`

/** @param {FetchView} props */
function Fetching({ host, progress }) {
  const name = t('fetching.from', { host })
  return html`<li>
    <span><bdi>${name}</bdi></span>
    <span class="small branch-state">${progress === undefined ? t('fetching.begun') : t('fetching.far', { share: percent(progress) })}</span>
    <${Progress} value=${progress} label=${name} />
  </li>`
}

/** @param {{name: string, branch: BranchView, startedAt?: number, isOver: boolean}} props */
function Branch({ name, branch, startedAt, isOver }) {
  const { status, progress, error } = branch
  const isRunning = status === 'open' && !isOver
  const left = isRunning ? secondsLeft(progress, startedAt) : null
  const known =
    isRunning && progress
      ? ` · ${percent(progress)}${left === null ? '' : ` · ${t('branch.left', { time: duration(left) })}`}`
      : ''
  return html`<li>
    <span>${branchName(name)}</span>
    <span class="small branch-state ${BRANCH_KINDS[status] ?? ''}">${t(isRunning ? 'branch.open' : status === 'open' ? 'branch.stopped' : `branch.${status}`)}${known}</span>
    ${isRunning && html`<${Progress} value=${progress} label=${branchName(name)} />`}
    ${error && html`<span class="small ${status === 'skipped' ? 'muted skipped-text' : 'problem-text'}">${errorText(error)}</span>`}
  </li>`
}

/**
 * How much of it there is: its length, its pages, or its pixels.
 * @param {{asset: Asset}} props
 */
export function Size({ asset: { kind, duration: seconds, pages, width, height } }) {
  if (kind === 'document') return pages && html`<span>${t('ui.pages', { count: pages })}</span>`
  if (kind === 'image') return width && html`<span class="numbers">${number(width)} × ${number(height ?? 0)}</span>`
  return seconds !== undefined && seconds > 0 && html`<span>${duration(seconds)}</span>`
}

/**
 * The name of an asset for people.
 * @param {{title: string, file_name: string}} asset
 */
export const titleOf = (asset) => asset.title || asset.file_name

/**
 * Have the browser keep what lies at an address. Where that is another server's, its answer says that it is to be kept,
 * and under which name: the page stays where it is.
 * @param {string} url
 * @param {string} [name]
 */
export function download(url, name = '') {
  const link = Object.assign(document.createElement('a'), { href: url, download: name, rel: 'noopener' })
  document.body.append(link) // Firefox wants it in the document
  link.click()
  link.remove()
}

/**
 * Hand a Blob to the browser as a download.
 * @param {Blob} blob
 * @param {string} name
 */
export function saveAs(blob, name) {
  const url = URL.createObjectURL(blob)
  download(url, name)
  setTimeout(() => URL.revokeObjectURL(url), 60_000)
}
