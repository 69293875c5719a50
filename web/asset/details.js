/** The small print of an asset: how its branches ended, notes, renditions, cost. */

import { addCatalogue, bytes, date, dateTime, duration, languageName, money, t } from '../i18n.js'
import { heardBy } from '../learnt.js'
import { trainerName } from '../pages/judged.js'
import { Branches, Checkbox, errorText, renditionName, toast, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { engineName, trackName } from './hearing-names.js'

/**
 * @import { Asset } from '../types.d.ts'
 * @import { OwnSource } from './source.js'
 * @typedef {{source: OwnSource, asset: Asset, onAsset: (asset: Asset) => void}} Owned
 */

/** @param {Owned} props */
export function Details({ source, asset, onAsset }) {
  const heard = asset.sound_tracks?.length > 1 && asset.sound_tracks.find((track) => track.is_heard)
  /** @type {[name: string, value: string | number | false | undefined][]} */
  const facts = [
    ['file', asset.file_name],
    ['size', asset.size && bytes(asset.size)],
    ['created', dateTime(asset.created_at)],
    ['finished', asset.finished_at && dateTime(asset.finished_at)],
    ['took', asset.finished_at && asset.started_at && duration(asset.finished_at - asset.started_at)],
    ['language', asset.language && languageName(asset.language)],
    ['track', heard && trackName(heard)],
    ['kept', asset.kept_until && date(asset.kept_until)],
    ['cost', asset.cost && t('asset.details.cost-value', { usd: money(asset.cost.usd), day: asset.cost.as_of })],
  ]
  const [isOpen, setOpen] = useState(false)
  const hasFailed = Object.values(asset.branches).some(({ status }) => !['done', 'skipped'].includes(status))
  // What a branch says of itself stands there already.
  const said = new Set(Object.values(asset.branches).map(({ error }) => error?.code))
  const notes = (asset.notes ?? []).filter(({ code }) => !said.has(code))
  return html`<details class="block details" open=${hasFailed} onToggle=${(/** @type {{target: HTMLDetailsElement}} */ { target }) => setOpen(target.open)}>
    <summary><h2>${t('asset.details.title')}</h2></summary>
    <${Branches} asset=${asset} />
    <dl>${facts.filter(([, value]) => value).map(([name, value]) => html`<div key=${name}><dt>${t(`asset.details.${name}`)}</dt><dd dir="auto">${value}</dd></div>`)}
      ${isOpen && asset.branches.speech?.status === 'done' && html`<${HeardBy} source=${source} asset=${asset} />`}</dl>
    ${asset.branches.speech && html`<${Teaching} source=${source} asset=${asset} onAsset=${onAsset} />`}
    ${
      asset.renditions?.length > 0 &&
      html`<h3>${t('asset.details.renditions')}</h3>
      <ul class="files">${asset.renditions.map(
        (one) => html`<li key=${one.preset}><span>${renditionName(one.preset)}</span>
        <span class="small muted numbers">${one.width ? `${one.width} × ${one.height} · ` : ''}${bytes(one.size)}</span></li>`,
      )}</ul>`
    }
    ${notes.length > 0 && html`<h3>${t('asset.details.notes')}</h3><ul class="notes">${notes.map((note) => html`<li key=${note.message}>${note.message}</li>`)}</ul>`}
  </details>`
}

/**
 * Which engine heard it, and what was learnt that helped.
 * @param {{source: OwnSource, asset: Asset}} props
 */
function HeardBy({ source, asset }) {
  const { data } = useLoad(async (signal) => {
    const [tracks] = await Promise.all([source.tracks(signal), addCatalogue('learning')])
    return tracks
  }, `${source.key} ${asset.version}`)
  const track = data?.tracks.find(({ name }) => name === 'transcript')
  if (!track) return null
  const { engine, models } = heardBy(track.engine)
  return html`<div><dt>${t('asset.details.heard-by')}</dt><dd>${engine && engineName(engine)}${models.map(
    ({ trainer, isForAll, number }) =>
      html`<br key=${`${trainer} ${isForAll} ${number}`} />${t(isForAll ? 'asset.details.model-everybody' : 'asset.details.model-account', { trainer: trainerName(trainer), number })}`,
  )}</dd></div>`
}

/**
 * Whether anything may be learnt from it.
 * @param {Owned} props
 */
function Teaching({ source, asset, onAsset }) {
  const change = async (/** @type {boolean} */ isLeftOut) => {
    onAsset({ ...asset, no_training: isLeftOut })
    try {
      onAsset(await source.change({ no_training: isLeftOut }))
    } catch (error) {
      onAsset(asset)
      toast(errorText(error), 'bad')
    }
  }
  return html`<div>
    <${Checkbox} label=${t('asset.details.no-training')} checked=${Boolean(asset.no_training)} onChange=${change} />
    <p class="small muted">${t('asset.details.no-training-hint')} <a href="#/settings?section=learning">${t('asset.details.training-settings')}</a></p>
  </div>`
}
