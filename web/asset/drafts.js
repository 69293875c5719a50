/**
 * Drafts: what was changed in a transcript and is not saved yet, kept in this browser's IndexedDB until it is. Where that
 * cannot be (private windows, no room) nothing is kept, and nothing is said: the page still warns before it is closed.
 *
 * A draft belongs to an account, a recording and the tab that it was made in. Another tab takes it over once that one is
 * gone, which it knows by a lock that the tab held.
 */

import { clear, createStore, delMany, entries, promisifyRequest } from '../vendor/idb-keyval.js'
import { isOld, pack, unpack } from './model/draft.js'

/**
 * @import { Line } from './model/lines.js'
 * @import { Pieces } from './model/draft.js'
 *
 * What the store holds: two entries a draft, since what it began from changes less often.
 * @typedef {{at: number, version: number, pieces: Pieces, sent: Pieces[]}} Kept
 * @typedef {{at: number, lines: string}} KeptBase as JSON
 *
 * What is not saved: `lines` began from `saved`; each of `sent` is on its way to the service, and may have arrived.
 * @typedef {{lines: Line[], saved: Line[], sent: Line[][]}} Unsaved
 *
 * One that a tab left behind, which no other tab takes meanwhile: `drop` removes it, `free` leaves it where it is.
 * @typedef {Unsaved & {drop: () => Promise<void>, free: () => void}} Left
 */

const store = createStore('rapporteur.drafts', 'drafts')
const BASE = '/base'
const AT_ONCE = 200 // lines that are written at one go

/**
 * The result, or `otherwise` where the browser keeps nothing.
 * @template Result
 * @param {() => Promise<Result>} work
 * @param {Result} otherwise
 */
async function attempt(work, otherwise) {
  try {
    return await work()
  } catch {
    return otherwise
  }
}

/** @returns {Promise<[string, Kept & KeptBase][]>} */
const everything = () => attempt(() => entries(store), [])

/**
 * Writes all or nothing. It is handed over at once, and not when the page next has time: there may be no next.
 * @param {[string, Kept | KeptBase][]} pairs
 */
const write = (pairs) =>
  store('readwrite', (drafts) => {
    for (const [key, value] of pairs) drafts.put(value, key)
    drafts.transaction.commit()
    return promisifyRequest(drafts.transaction)
  })

/** @param {string[]} keys */
const remove = (keys) => attempt(() => delMany([...keys, ...keys.map((key) => key + BASE)], store), undefined)

/** In which tabs tell one another what becomes of work that is not saved. */
export const CHANNEL = 'rapporteur.transcripts'
export const SIGNED_OUT = 'signed out'

/** Somebody signs out: all drafts are forgotten, and what tabs hold that is not saved. */
export async function clearDrafts() {
  const channel = new BroadcastChannel(CHANNEL)
  channel.postMessage(SIGNED_OUT)
  channel.close()
  await attempt(() => clear(store), undefined)
}

/**
 * How many recordings of an account have something that is not saved.
 * @param {string} owner
 */
export async function countDrafts(owner) {
  const keys = (await everything()).map(([key]) => key.split('/'))
  return new Set(keys.filter(([whose]) => whose === owner).map(([, asset]) => asset)).size
}

/**
 * Forgets what is not saved of recordings.
 * @param {string | undefined} owner
 * @param {string[]} assets
 */
export async function dropDrafts(owner, assets) {
  const gone = new Set(assets)
  const keys = (await everything()).map(([key]) => key)
  await remove(
    keys.filter((key) => {
      const [whose, asset] = key.split('/')
      return whose === owner && gone.has(asset)
    }),
  )
}

/**
 * Holds the lock of a tab's draft until what is returned is called; null where another tab holds it.
 * @param {string} key
 * @returns {Promise<(() => void) | null>}
 */
function hold(key) {
  return new Promise((resolve) => {
    navigator.locks
      .request(`rapporteur.draft.${key}`, { ifAvailable: true }, (lock) => {
        if (lock) return new Promise((free) => resolve(() => free(undefined)))
        resolve(null)
        return undefined
      })
      .catch(() => resolve(null))
  })
}

/** @type {WeakMap<Line, string>} */
const written = new WeakMap()

/**
 * Lines as JSON. Each is written once, as most stay as they are: three hours of them take longer than a frame.
 * @param {Line[]} lines
 */
function toJson(lines) {
  const texts = lines.map((line) => {
    const text = written.get(line) ?? JSON.stringify(line)
    written.set(line, text)
    return text
  })
  return `[${texts.join(',')}]`
}

/** The draft of a document in this tab. */
export class Draft {
  /** @type {Unsaved | null} what is to be written next */
  #next = null
  #isWriting = false
  /** @type {Line[] | null} what the draft in the store began from */
  #base = null
  /** @type {(() => Promise<void>)[]} what removes the drafts that went into this one */
  #taken = []
  /** @type {Promise<(() => void) | null> | null} */
  #held = null

  /**
   * @param {string} owner
   * @param {string} asset
   * @param {number} version
   */
  constructor(owner, asset, version) {
    this.place = `${owner}/${asset}/`
    this.version = version
    this.key = this.place + crypto.randomUUID()
    this.hide = () => document.visibilityState === 'hidden' && this.#write()
    this.go = () => this.#write()
    document.addEventListener('visibilitychange', this.hide)
    window.addEventListener('pagehide', this.go)
  }

  /**
   * What tabs that are gone have left of this recording, oldest first; what is too old is forgotten.
   * @returns {Promise<Left[]>}
   */
  async left() {
    this.#held ??= hold(this.key)
    const known = await everything()
    const now = Date.now()
    const old = known.filter(([key, { at }]) => !key.endsWith(BASE) && isOld(at, now)).map(([key]) => key)
    if (old.length) await remove(old)
    const others = known
      .filter(([key, kept]) => key.startsWith(this.place) && key !== this.key && kept.version === this.version)
      .map(([key]) => key)
    /** @type {Map<string, () => void>} */
    const free = new Map()
    for (const key of others) {
      const held = await hold(key)
      if (held) free.set(key, held)
    }
    if (!free.size) return []
    const later = new Map(await everything()) // another tab may have taken one over before it was held
    /** @type {[number, Left][]} */
    const left = []
    for (const [key, release] of free) {
      const drop = async () => {
        await remove([key])
        release()
      }
      const kept = later.get(key)
      const base = later.get(key + BASE)
      const found = kept && base && !isOld(kept.at, now) ? legible(kept, base) : null
      if (kept && found) left.push([kept.at, { ...found, drop, free: release }])
      else release()
    }
    return left.sort(([some], [other]) => some - other).map(([, one]) => one)
  }

  /**
   * These lines may soon be what a draft begins from: they are written while nothing else is to be done.
   * @param {Line[]} lines
   */
  prepare(lines) {
    for (let from = 0; from < lines.length; from += AT_ONCE) {
      const some = lines.slice(from, from + AT_ONCE)
      if ('requestIdleCallback' in window) requestIdleCallback(() => toJson(some))
    }
  }

  /**
   * What was left is in this one now: it goes once this one is written, or saved.
   * @param {Left} left
   */
  take(left) {
    this.#taken.push(left.drop)
  }

  /**
   * Something has changed: it is written at once, or as soon as what is being written just now is.
   * @param {Unsaved} unsaved
   */
  keep(unsaved) {
    this.#next = unsaved
    if (!this.#isWriting) this.#write()
  }

  async #write() {
    if (!this.#next) return
    const { lines, saved, sent } = this.#next
    this.#next = null
    const at = Date.now()
    const kept = { at, version: this.version, pieces: pack(lines, saved), sent: sent.map((one) => pack(one, saved)) }
    /** @type {[string, Kept | KeptBase][]} */
    const both = [[this.key, kept]]
    if (saved !== this.#base) both.push([this.key + BASE, { at, lines: toJson(saved) }])
    this.#base = saved
    this.#isWriting = true
    const isKept = await attempt(() => write(both).then(() => true), false)
    this.#isWriting = false
    if (isKept) await this.#dropTaken()
    else this.#base = null
    await this.#write()
  }

  /** All is saved. */
  async drop() {
    this.#next = null
    if (this.#base) {
      this.#base = null
      await remove([this.key])
    }
    await this.#dropTaken()
  }

  async #dropTaken() {
    await Promise.all(this.#taken.splice(0).map((drop) => drop()))
  }

  /** The document is gone. */
  end() {
    this.#write()
    document.removeEventListener('visibilitychange', this.hide)
    window.removeEventListener('pagehide', this.go)
    this.#held?.then((free) => free?.())
    this.#held = null
  }
}

/**
 * A draft as it is read; null if it cannot be: the recording is to be read all the same.
 * @param {Parameters<typeof read>[0]} kept
 * @param {Parameters<typeof read>[1]} base
 */
function legible(kept, base) {
  try {
    return read(kept, base)
  } catch {
    return null
  }
}

/**
 * @param {Kept} kept
 * @param {KeptBase} base
 * @returns {Unsaved}
 */
function read({ pieces, sent }, { lines }) {
  const { base, texts } = unpack(JSON.parse(lines), [pieces, ...sent])
  return { lines: texts[0], saved: base, sent: texts.slice(1) }
}
