/** Several recordings at once: which are selected, what is done with them, and how that is taken back. */

import { api, query } from '../api.js'
import { dropDrafts } from '../asset/drafts.js'
import { account } from '../auth.js'
import { errorText, toast } from '../ui.js'
import { useEffect, useRef, useState } from '../vendor/preact.js'
import { act, isSettled, toUndo } from './bulk.js'
import { NOTHING, toggled, upTo, withAll, without } from './selection.js'
import { asked, NO_FOLDER } from './view.js'

/**
 * @import { AssetView } from '../types.d.ts'
 * @import { Work } from './bar.js'
 * @import { Asked, Result, Wish } from './bulk.js'
 * @import { List } from './list.js'
 * @import { View } from './view.js'
 */

/**
 * @param {View} view
 * @param {List} list
 * @param {() => void} onDone what else is shown is to be loaded again
 */
export function useSeveral(view, list, onDone) {
  const [selection, setSelection] = useState(NOTHING)
  const [isSelecting, setSelecting] = useState(false)
  const [isAsking, setAsking] = useState(false)
  const [work, setWork] = useState(/** @type {Work | null} */ (null))
  const undo = useRef(/** @type {Asked[]} */ ([]))
  const seen = useRef(/** @type {Map<string, AssetView>} */ (new Map()))
  const shown = (list.assets ?? []).map((asset) => asset.id)
  for (const asset of list.assets ?? []) seen.current.set(asset.id, asset)
  const place = JSON.stringify({ ...view, sort: '' })
  useEffect(() => setSelection(NOTHING), [place]) // nothing stays selected that nobody sees

  const clear = () => {
    setSelection(NOTHING)
    setSelecting(false)
  }
  useEffect(() => {
    if (!isSelecting && !selection.ids.size) return undefined
    const key = (/** @type {KeyboardEvent} */ event) => {
      const isElsewhere = document.querySelector('dialog[open]') || event.defaultPrevented
      if (
        event.key === 'Escape' &&
        !isElsewhere &&
        !(event.target instanceof HTMLInputElement && event.target.type !== 'checkbox')
      )
        clear()
    }
    document.addEventListener('keydown', key)
    return () => document.removeEventListener('keydown', key)
  }, [isSelecting, selection.ids.size])

  const select = (/** @type {string} */ id, isRange = false) => {
    setSelecting(true)
    setSelection((now) => (isRange ? upTo(now, id, shown) : toggled(now, id)))
  }
  const selectShown = () => setSelection((now) => withAll(now, shown))
  const selectAll = async () => {
    setAsking(true)
    try {
      const { ids } = await api.get(`/assets/ids${query(asked(view))}`)
      setSelection((now) => withAll(now, ids))
    } catch (error) {
      toast(errorText(error), 'bad')
    }
    setAsking(false)
  }

  /** What is no longer where it was goes from the list; the rest is drawn as it now is. */
  const show = (/** @type {Result[]} */ results, /** @type {Wish} */ { action, folder = null }) => {
    const hasLeft = () =>
      action === 'move' && view.folder && (view.folder === NO_FOLDER ? folder !== null : folder !== view.folder)
    /** @type {Record<string, AssetView | null>} */
    const changed = {}
    for (const result of results) {
      if (!isSettled(result, action)) continue
      changed[result.id] = result.asset && !hasLeft() ? result.asset : null
    }
    list.change(changed)
    const left = without(selection, Object.keys(changed))
    setSelection(left)
    if (!left.ids.size) setSelecting(false)
    onDone()
  }
  const ask = (/** @type {Asked} */ asked) => api.post('/assets/actions', /** @type {any} */ (asked))
  const perform = async (/** @type {string[]} */ ids, /** @type {Wish} */ wish) => {
    if (!ids.length) return
    const begun = { wish, count: ids.length, done: 0, canUndo: false }
    setWork(begun)
    const results = await act(ids, wish, ask, (done) => setWork({ ...begun, done }))
    const settled = results.filter((result) => isSettled(result, wish.action)).map(({ id }) => id)
    if (wish.action === 'delete') await dropDrafts(account(), settled)
    undo.current = toUndo(results, wish)
    setWork({ ...begun, done: ids.length, results, canUndo: undo.current.length > 0 })
    show(results, wish)
  }
  const takeBack = async () => {
    const all = undo.current
    undo.current = []
    const count = all.reduce((sum, { ids }) => sum + ids.length, 0)
    const begun = { wish: all[0], count, done: 0, canUndo: false }
    setWork(begun)
    /** @type {Result[]} */
    const results = []
    for (const { ids, ...wish } of all) {
      results.push(...(await act(ids, wish, ask, (done) => setWork({ ...begun, done: results.length + done }))))
    }
    setWork({ ...begun, done: count, results, isUndone: true })
    list.reload() // what had left the list comes back to its place
    onDone()
  }
  return {
    selection,
    isSelecting: isSelecting || selection.ids.size > 0,
    isBusy: isAsking || (work !== null && !work.results),
    work,
    known: (/** @type {string[]} */ ids) => ids.flatMap((id) => seen.current.get(id) ?? []),
    select,
    selectShown,
    selectAll,
    toggle: () => (isSelecting || selection.ids.size ? clear() : setSelecting(true)),
    clear,
    perform,
    takeBack,
    closeWork: () => setWork(null),
  }
}
