/** The recordings of a view, page after page; what is changed in place stays in its place. */

import { api, query } from '../api.js'
import { language } from '../i18n.js'
import { usePages } from '../ui.js'
import { useEffect, useState } from '../vendor/preact.js'
import { asked } from './view.js'

/**
 * @import { AssetView } from '../types.d.ts'
 * @import { View } from './view.js'
 */

/** @typedef {ReturnType<typeof useAssets>} List */

const PAGE = 24

/**
 * `replace` and `remove` change some in place, so that neither a poll nor a new title loads the list again and loses
 * its further pages.
 * @param {View} view
 */
export function useAssets(view) {
  const sort = view.sort === 'newest' ? '' : view.sort
  const list = usePages(
    (after, signal) => api.get(`/assets${query({ limit: PAGE, sort, ...asked(view), after })}`, { signal }),
    JSON.stringify([view, language()]),
  )
  const assets = list.pages?.flatMap((page) => page.assets)
  const [changes, setChanges] = useState(/** @type {Record<string, AssetView | null>} */ ({}))
  useEffect(() => setChanges({}), [list.pages?.[0]])
  const shown = assets?.filter((asset) => changes[asset.id] !== null).map((asset) => changes[asset.id] ?? asset)
  const change = (/** @type {Record<string, AssetView | null>} */ more) => setChanges((all) => ({ ...all, ...more }))
  return {
    ...list,
    assets: shown,
    change,
    replace: (/** @type {AssetView} */ asset) => change({ [asset.id]: asset }),
    remove: (/** @type {AssetView} */ asset) => change({ [asset.id]: null }),
  }
}
