/**
 * Files on their way to a set that is learnt from: some at once, a large one in parts. A part that fails is tried again;
 * after that its file waits until somebody has it go on, and only what is missing is sent then.
 */

import { api, query } from './api.js'
import { endingOf, mayPass } from './files.js'
import { atMost, connected } from './turns.js'
import { kindOf } from './wishes.js'

/**
 * @import { Failed, MaterialKind, MultipartUpload, SingleUpload } from './types.d.ts'
 *
 * @typedef {(sent: number) => void} OnSent how many bytes of a request have gone
 * @typedef {{form: (upload: SingleUpload, file: Blob, onSent: OnSent, signal: AbortSignal) => Promise<void>,
 *   part: (url: string, part: Blob, onSent: OnSent, signal: AbortSignal) => Promise<void>}} Net
 *   how bytes get to S3; fails as the API does
 * @typedef {Record<string, {name: string, upload: MultipartUpload}>} Begun uploads in parts, by the files that they are of
 * @typedef {{read: () => Begun, write: (begun: Begun) => void}} Memory
 *   what of a set is on its way, for when the page is opened again and a file is chosen once more
 *
 * @typedef {{file: File, name: string, size: number, state: 'waiting' | 'sending' | 'sent' | 'failed',
 *   sent: number, error: Failed | null, upload: MultipartUpload | null, leaving: AbortController}} Item
 *   a file: `name` is what it is called in the set, `sent` are bytes
 */

const FILES_AT_ONCE = 3
const PARTS_AT_ONCE = 3
const PAUSES = [1000, 4000] // milliseconds before a part is tried again
const GONE = [404, 409] // of an upload that cannot go on
const TOLD_EVERY = 200 // milliseconds: bytes are counted more often than anybody can read
const TABLES = ['csv']
const CAPTIONS = ['srt', 'vtt']

/**
 * Whether a file that failed may get through the next time: not one that the service does not take.
 * @param {{state: string, error: Failed | null}} item
 */
export const mayGoOn = ({ state, error }) => state === 'failed' && (error === null || mayPass(error))

/**
 * What files of a set may end in.
 * @param {MaterialKind} kind
 * @param {readonly string[]} endings those of uploads
 */
export function endingsFor(kind, endings) {
  if (kind === 'text') return ['txt', 'zip']
  if (kind === 'words') return ['txt', ...TABLES, 'zip']
  return [...endings.filter((ending) => kindOf(ending) === null), 'txt', ...CAPTIONS, ...TABLES, 'zip']
}

/**
 * Why a file is not sent at all; null if it is.
 * @param {{name: string, size: number}} file
 * @param {readonly string[]} endings that it may have
 * @param {number} most bytes
 * @returns {Failed | null}
 */
export function refusalOf({ name, size }, endings, most) {
  if (!endings.includes(endingOf(name) ?? '')) return { code: 'not-wanted' }
  if (size === 0) return { code: 'no-bytes' }
  return size > most ? { code: 'too-many-bytes' } : null
}

/** What a file is known by when it is chosen again. @param {File} file */
const markOf = ({ name, size, lastModified }) => `${size} ${lastModified} ${name}`

/** Emits "change" whenever something of its items is another. */
export class Sending extends EventTarget {
  /** @type {Item[]} */
  items = []
  #toldAt = 0

  /**
   * @param {string} set the id
   * @param {Memory} memory
   * @param {Net} net
   * @param {(milliseconds: number) => Promise<unknown>} pause
   */
  constructor(set, memory = memoryOf(set), net = browserNet, pause = connected) {
    super()
    this.set = set
    this.memory = memory
    this.net = net
    this.pause = pause
  }

  get isBusy() {
    return this.items.some(({ state }) => state === 'waiting' || state === 'sending')
  }

  /** Sends files, each in the place of one that has its name. @param {File[]} files */
  add(files) {
    const names = new Set(files.map(({ name }) => name))
    for (const item of this.items.filter(({ file }) => names.has(file.name))) this.drop(item)
    const begun = this.memory.read()
    const added = files.map((file) => {
      const { name, upload } = begun[markOf(file)] ?? { name: file.name, upload: null }
      /** @type {Item} */
      const item = {
        file,
        name,
        size: file.size,
        state: 'waiting',
        sent: 0,
        error: null,
        upload,
        leaving: new AbortController(),
      }
      return item
    })
    this.items = [...this.items, ...added]
    this.#go()
  }

  /** Goes on with a file that failed. @param {Item} item */
  again(item) {
    if (!mayGoOn(item)) return
    Object.assign(item, { state: 'waiting', error: null })
    this.#go()
  }

  /** Sends a file no further, and forgets it. @param {Item} item */
  drop(item) {
    item.leaving.abort()
    this.items = this.items.filter((one) => one !== item)
    this.#go()
  }

  /** Sends nothing any more. */
  end() {
    for (const { leaving } of this.items) leaving.abort()
    this.items = []
    this.memory.write({})
    this.#tell()
  }

  /**
   * Notes where a file goes in parts; null: nowhere, or not any more.
   * @param {Item} item
   * @param {MultipartUpload | null} upload
   */
  #note(item, upload) {
    item.upload = upload
    const { [markOf(item.file)]: _, ...begun } = this.memory.read()
    this.memory.write(upload ? { ...begun, [markOf(item.file)]: { name: item.name, upload } } : begun)
  }

  #tell() {
    this.#toldAt = Date.now()
    this.dispatchEvent(new Event('change'))
  }

  /** Sends as many of those that wait as may be on their way at once. */
  #go() {
    const free = FILES_AT_ONCE - this.items.filter(({ state }) => state === 'sending').length
    const next = this.items.filter(({ state }) => state === 'waiting').slice(0, Math.max(0, free))
    for (const item of next) item.state = 'sending'
    this.#tell()
    for (const item of next) this.#send(item).then(() => this.#go())
  }

  /** @param {Item} item */
  async #send(item) {
    const goesOn = item.upload !== null
    try {
      await (item.upload ? this.#inParts(item, item.upload) : this.#anew(item))
      this.#note(item, null)
      Object.assign(item, { state: 'sent', sent: item.size })
    } catch (error) {
      const failed = /** @type {Failed} */ (error)
      const isGone = GONE.includes(failed.status ?? 0)
      if (isGone) this.#note(item, null)
      // What was to go on and is gone begins anew.
      if (isGone && goesOn) item.state = 'waiting'
      else Object.assign(item, { state: 'failed', error: failed })
    }
  }

  /** @param {Item} item */
  async #anew(item) {
    item.sent = 0
    const { file, size, leaving } = item
    await this.#patiently(item, async () => {
      const { file_name, upload } = await api.post(`/admin/material/${this.set}/files`, {
        file_name: file.name,
        size,
        content_type: /^[\w.+-]+\/[\w.+-]+$/.test(file.type) ? file.type : undefined,
      })
      item.name = file_name
      if (upload.method === 'multipart') this.#note(item, upload)
      else await this.net.form(upload, file, (sent) => this.#count(item, Math.min(sent, size)), leaving.signal)
    })
    if (item.upload) await this.#inParts(item, item.upload)
  }

  /**
   * Sends the parts that are missing, until none is.
   * @param {Item} item
   * @param {MultipartUpload} upload
   */
  async #inParts(item, upload) {
    const { upload_id, part_size, parts } = upload
    const path = /** @type {const} */ (`/admin/material/${this.set}/files/parts`)
    const sizeOf = (/** @type {number} */ part) => Math.min(part_size, item.size - (part - 1) * part_size)
    const numbers = Array.from({ length: parts }, (_, i) => i + 1)
    for (let left = parts + 1; ; ) {
      const there = await this.#patiently(item, () =>
        api.get(`${path}${query({ file_name: item.name, upload_id })}`, { signal: item.leaving.signal }),
      )
      const arrived = new Set(there.parts.map(({ number }) => number))
      const missing = numbers.filter((number) => !arrived.has(number))
      /** Bytes of each part that have gone. */
      const gone = new Map([...arrived].map((number) => [number, sizeOf(number)]))
      const count = (/** @type {number} */ number, /** @type {number} */ sent) => {
        gone.set(number, Math.min(sent, sizeOf(number)))
        this.#count(
          item,
          [...gone.values()].reduce((sum, one) => sum + one, 0),
        )
      }
      if (missing.length === 0) {
        const body = { file_name: item.name, upload_id, parts: there.parts }
        await this.#patiently(item, () => api.post(`/admin/material/${this.set}/files/complete`, body))
        return
      }
      // What was sent and is not there will not be the next time either.
      if (missing.length >= left) throw NOT_SENT
      left = missing.length
      await atMost(PARTS_AT_ONCE, missing, (number) =>
        this.#patiently(item, async () => {
          const told = await api.post(path, { file_name: item.name, upload_id, parts: [number] })
          const from = (number - 1) * part_size
          const part = item.file.slice(from, from + sizeOf(number))
          await this.net.part(told.parts[0].url, part, (sent) => count(number, sent), item.leaving.signal)
        }),
      )
    }
  }

  /** @param {Item} item @param {number} sent */
  #count(item, sent) {
    item.sent = sent
    if (Date.now() - this.#toldAt >= TOLD_EVERY) this.#tell()
  }

  /**
   * Does something, and tries again what may be better by then.
   * @template T
   * @param {Item} item
   * @param {() => Promise<T>} act
   */
  async #patiently(item, act) {
    for (const pause of PAUSES) {
      item.leaving.signal.throwIfAborted()
      try {
        return await act()
      } catch (error) {
        const { status = 0 } = /** @type {Failed} */ (error)
        if (item.leaving.signal.aborted || (status > 0 && status < 500 && status !== 429)) throw error
        await this.pause(pause)
      }
    }
    item.leaving.signal.throwIfAborted()
    return act()
  }
}

/** What this browser keeps. @param {string} set @returns {Memory} */
function memoryOf(set) {
  const place = `rapporteur.sending.${set}`
  return {
    read: () => JSON.parse(localStorage.getItem(place) ?? '{}'),
    write: (begun) => {
      if (Object.keys(begun).length > 0) localStorage.setItem(place, JSON.stringify(begun))
      else localStorage.removeItem(place)
    },
  }
}

/* ---- how bytes get to S3 ---- */

/** @type {Failed} */
const NOT_SENT = { code: 'not-sent', status: 0 }

/** `fetch` cannot tell how far it is. @type {Net} */
const browserNet = {
  form: ({ url, fields }, file, onSent, signal) => {
    const form = new FormData()
    for (const [name, value] of Object.entries(fields)) form.append(name, value)
    form.append('file', file) // the last: S3 reads no field after it
    return request('POST', url, form, onSent, signal)
  },
  part: (url, part, onSent, signal) => request('PUT', url, part, onSent, signal),
}

/**
 * @param {'POST' | 'PUT'} method
 * @param {string} url
 * @param {Blob | FormData} body
 * @param {OnSent} onSent
 * @param {AbortSignal} signal
 * @returns {Promise<void>}
 */
function request(method, url, body, onSent, signal) {
  return new Promise((resolve, reject) => {
    const asked = new XMLHttpRequest()
    const stop = () => asked.abort()
    asked.upload.onprogress = ({ loaded }) => onSent(loaded)
    // An address that has run out is refused: with a new one it goes on.
    asked.onload = () => (asked.status < 300 ? resolve() : reject(NOT_SENT))
    asked.onerror = () => reject(NOT_SENT)
    asked.onabort = () => reject(signal.reason)
    asked.onloadend = () => signal.removeEventListener('abort', stop)
    signal.addEventListener('abort', stop)
    asked.open(method, url)
    asked.send(body)
  })
}
