/** What components do besides drawing: load, act, ask again, be called by an id of their own. */

import { isLoadingOn, listOf, withFailure, withPage } from '../paging.js'
import { useCallback, useEffect, useRef, useState } from '../vendor/preact.js'

/** @import { Failed } from '../types.d.ts' */

let ids = 0
/**
 * An id that stays the same for the life of a component.
 * @param {string} [prefix]
 */
export function useId(prefix = 'id') {
  const id = useRef('')
  id.current ||= `${prefix}-${++ids}`
  return id.current
}

/**
 * @template T
 * @typedef {{data: T | undefined, error: Failed | null, isLoading: boolean, reload: () => void,
 *   set: (data: T) => void, change: (how: (data: T) => T) => void}} Loading
 */

/**
 * Loads something when `key` changes.
 * @template T
 * @param {(signal: AbortSignal) => Promise<T>} load
 * @param {unknown} key what the answer depends on
 * @returns {Loading<T>}
 */
export function useLoad(load, key) {
  const [state, setState] = useState(
    /** @type {{data: T | undefined, error: Failed | null, isLoading: boolean}} */ ({
      data: undefined,
      error: null,
      isLoading: true,
    }),
  )
  const [turn, setTurn] = useState(0)
  useEffect(() => {
    const leaving = new AbortController()
    setState((before) => ({ ...before, error: null, isLoading: true }))
    load(leaving.signal).then(
      (data) => !leaving.signal.aborted && setState({ data, error: null, isLoading: false }),
      (error) => !leaving.signal.aborted && setState((before) => ({ ...before, error, isLoading: false })),
    )
    return () => leaving.abort()
  }, [key, turn])
  const reload = useCallback(() => setTurn((n) => n + 1), [])
  const set = useCallback((/** @type {T} */ data) => setState({ data, error: null, isLoading: false }), [])
  const change = useCallback(
    (/** @type {(data: T) => T} */ how) =>
      setState((now) => (now.data === undefined ? now : { ...now, data: how(now.data) })),
    [],
  )
  return { ...state, reload, set, change }
}

/**
 * @template {{next?: string}} Page
 * @typedef {{pages: Page[] | undefined, next: string | undefined, error: Failed | null, isLoading: boolean,
 *   reload: () => void, more: () => Promise<void>, isLoadingMore: boolean, moreError: Failed | null}} Pages
 */

/**
 * Loads a list page after page. A page that comes after `key` has changed, or the list was loaded again, is dropped.
 * @template {{next?: string}} Page
 * @param {(after: string | undefined, signal?: AbortSignal) => Promise<Page | null>} load a page; null: there is none
 * @param {unknown} key what the list depends on
 * @returns {Pages<Page>}
 */
export function usePages(load, key) {
  const { data: first, error, isLoading, reload } = useLoad((signal) => load(undefined, signal), key)
  const [kept, setKept] = useState(() => listOf(first))
  const list = kept.first === first ? kept : listOf(first)
  const more = async () => {
    setKept(isLoadingOn(list))
    try {
      const page = await load(list.next)
      if (page) setKept((now) => withPage(now, first, page))
    } catch (failure) {
      setKept((now) => withFailure(now, first, /** @type {Failed} */ (failure)))
    }
  }
  return { ...list, error, isLoading, reload, more }
}

/**
 * Runs something that may fail, once at a time.
 * @template {unknown[]} Given
 * @param {(...given: Given) => unknown} action
 * @returns {[run: (...given: Given) => Promise<void>, isBusy: boolean, error: Failed | null]}
 *   the function, whether it is under way, how it last failed
 */
export function useAction(action) {
  const [state, setState] = useState({ isBusy: false, error: /** @type {Failed | null} */ (null) })
  const isBusy = useRef(false)
  const run = async (/** @type {Given} */ ...given) => {
    if (isBusy.current) return
    isBusy.current = true
    setState({ isBusy: true, error: null })
    /** @type {Failed | null} */
    let error = null
    try {
      await action(...given)
    } catch (failure) {
      error = /** @type {Failed} */ (failure)
    }
    isBusy.current = false
    setState({ isBusy: false, error })
  }
  return [run, state.isBusy, state.error]
}

/**
 * Calls `poll` again and again while `isOn` and the page is visible: after 2 s at first, backing off to 10 s.
 * @param {() => Promise<unknown>} poll a failure only delays the next call
 * @param {boolean} isOn
 */
export function usePoll(poll, isOn) {
  const latest = useRef(poll)
  latest.current = poll
  useEffect(() => {
    if (!isOn) return undefined
    let delay = 2000
    /** @type {ReturnType<typeof setTimeout> | undefined} */
    let timer
    let hasEnded = false
    const later = () => {
      timer = setTimeout(tick, delay)
      delay = Math.min(10000, delay * 1.25)
    }
    const tick = async () => {
      if (document.visibilityState === 'visible') await latest.current().catch(() => {})
      if (!hasEnded) later()
    }
    later()
    return () => {
      clearTimeout(timer)
      hasEnded = true
    }
  }, [isOn])
}

/**
 * Adds a style sheet, once.
 * @param {string} file
 * @returns {Promise<unknown>} when it applies
 */
export async function loadStyle(file) {
  const link = document.querySelector(`link[href="${file}"]`) ?? document.createElement('link')
  if (link.isConnected) return undefined
  return new Promise((resolve) => {
    Object.assign(link, { rel: 'stylesheet', href: file, onload: resolve, onerror: resolve })
    document.head.append(link)
  })
}

/**
 * What is open closes when somebody presses, or goes with the focus, outside of it.
 * @param {{current: Element | null}} box what it stands in
 * @param {boolean} isOpen
 * @param {() => void} close
 */
export function useOutside(box, isOpen, close) {
  const latest = useRef(close)
  latest.current = close
  useEffect(() => {
    if (!isOpen) return undefined
    const outside = (/** @type {Event} */ { target }) => {
      if (target instanceof Node && !box.current?.contains(target)) latest.current()
    }
    document.addEventListener('pointerdown', outside)
    document.addEventListener('focusin', outside)
    return () => {
      document.removeEventListener('pointerdown', outside)
      document.removeEventListener('focusin', outside)
    }
  }, [isOpen])
}
