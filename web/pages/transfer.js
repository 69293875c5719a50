/**
 * The transfer of files: one Uppy for as long as the pages are open, so that uploads go on while somebody looks elsewhere.
 *
 * Every file is announced to the API before its bytes move (a Uppy preprocessor). The answer, kept in the file's `meta`,
 * says where the bytes go: `{asset, upload}`. It survives a reload, because Golden Retriever keeps the meta.
 */

import { ApiError, api, query } from '../api.js'
import { asAdded, endingOf, mayPass, whyRefused } from '../files.js'
import { bytes, t } from '../i18n.js'
import { connected } from '../turns.js'
import { errorText } from '../ui.js'
import { kindOf } from '../wishes.js'

/**
 * @import { Announced, AssetView, Failed, MultipartUpload, NewAsset, PartAddresses, SingleUpload } from '../types.d.ts'
 * @import { Body, Meta, UppyFile } from '@uppy/core'
 */

/**
 * @typedef {Meta & {asset?: AssetView, upload?: SingleUpload | MultipartUpload, expires_at?: number,
 *   duration?: Measured | null}} FileMeta what is known of a file: null as its duration: nobody can tell
 * @typedef {{seconds: number, video: boolean, kind?: 'image' | 'document', pages?: number}} Measured how much of it there
 *   is; of a document its pages
 * @typedef {UppyFile<FileMeta, Body>} Sending a file on its way
 */

const BATCH = 50 // assets per POST /assets/batch
const SIGNED_AHEAD = 20 // part addresses asked for at once, so that a large file does not ask a thousand times
const PAUSES = [1000, 3000, 5000, 10000, 20000] // milliseconds, as Uppy's own for the parts
const GONE = [403, 404, 409, 410] // of an upload that cannot go on: a retry has to begin anew

/** What Uppy would write to the console is told on the page. */
const QUIET = { debug() {}, warn() {}, error() {} }

/** Emits "sent" when the last byte of an asset has arrived, "refused" when a file was not, or is no longer, taken. */
export class Transfer extends EventTarget {
  /** What the next files are announced with. @type {Omit<NewAsset, 'file_name' | 'size' | 'content_type'>} */
  choices = { presets: [] }
  /** The assets that were sent since the pages were opened, newest first. @type {AssetView[]} */
  sent = []
  /** The files that are not taken, each with why and what to do. @type {{name?: string, message: string}[]} */
  refused = []
  /** Why a file did not get through, by its id, where another try may help. @type {Map<string, string>} */
  #troubles = new Map()
  /**
   * The answer with the address of `${asset id}/${part}`; each address is used once.
   * @type {Map<string, Promise<PartAddresses>>}
   */
  #addresses = new Map()

  /**
   * @param {typeof import('../vendor/uppy.js')} lib
   * @param {string} owner whose uploads these are: what was interrupted is offered only to the one it belongs to
   */
  constructor(lib, owner) {
    super()
    this.lib = lib
    /** @type {import('@uppy/core').Uppy<FileMeta, Body>} */
    this.uppy = new lib.Uppy({
      id: `rapporteur-${owner}`,
      autoProceed: false,
      logger: QUIET,
      allowMultipleUploadBatches: true,
      onBeforeFileAdded: (file, files) => asAdded(file, files, (id) => this.uppy.checkIfFileAlreadyExists(id)),
      restrictions: {
        maxFileSize: api.config.max_upload_bytes,
        minFileSize: 1,
        allowedFileTypes: api.config.endings.map((ending) => `.${ending}`),
      },
    })
    this.uppy.addPreProcessor((ids) => this.#announce(ids.map((id) => this.uppy.getFile(id)).filter(Boolean)))
    // Uppy's types know no meta of a plugin's files but its own.
    this.uppy.use(lib.AwsS3, /** @type {import('@uppy/aws-s3').AwsS3Options<any, any>} */ (this.#s3()))
    this.uppy.use(lib.GoldenRetriever)
    this.uppy.on('upload-success', (file) => this.#arrived(file))
    this.uppy.on('complete', ({ successful = [] }) =>
      this.uppy.removeFiles(successful.map((file) => file.id).filter((id) => this.uppy.getFile(id))),
    )
    this.uppy.on('file-removed', (file) => this.#dropped(file))
    this.uppy.on('file-added', (file) => this.#measure(file))
    this.uppy.on('restriction-failed', (file, error) => this.#turnAway(file, error))
    this.uppy.on('upload-error', (file, error) => this.#failed(file, error))
    window.addEventListener('beforeunload', (event) => this.isBusy && event.preventDefault())
  }

  get isBusy() {
    return this.uppy.getFiles().some(({ progress }) => progress.uploadStarted && !progress.uploadComplete)
  }

  /* ---- the API's side ---- */

  /** @param {Sending[]} files */
  async #announce(files) {
    const fresh = files.filter((file) => !file.error && !file.progress.uploadComplete && !this.#goesOn(file))
    await Promise.all(fresh.map((file) => file.meta.asset && discard(file.meta.asset.id)))
    for (let at = 0; at < fresh.length; at += BATCH) {
      const group = fresh.slice(at, at + BATCH)
      for (const [index, result] of (await this.#answers(group)).entries()) this.#announced(group[index], result)
    }
  }

  /**
   * What the API says to each of these files. Where it refuses a whole request for one of them, each is asked for alone.
   * @param {Sending[]} group
   * @returns {Promise<Announced[]>}
   */
  async #answers(group) {
    try {
      const { results } = await api.post('/assets/batch', { assets: group.map((file) => this.#newAsset(file)) })
      return results
    } catch (failure) {
      const error = /** @type {Failed} */ (failure)
      if (mayPass(error)) throw new Error(errorText(error), { cause: error })
      if (group.length > 1) return (await Promise.all(group.map((file) => this.#answers([file])))).flat()
      return [{ error: { code: error.code ?? '', message: error.message ?? '' } }]
    }
  }

  /**
   * Whether a file has a place to go to already, as on a retry; if so, its parts that arrived are not sent again.
   * @param {Sending} file
   */
  #goesOn(file) {
    const { upload, asset } = file.meta
    if (!asset || !upload) return false
    if (upload.method === 'post') return (file.meta.expires_at ?? 0) >= Date.now()
    this.#setMultipart(file, { uploadId: upload.upload_id, key: asset.id })
    return true
  }

  /**
   * What the plugin for S3 knows of a file, which it keeps beside what Uppy knows.
   * @param {Sending} file
   * @param {{uploadId?: string, key?: string}} s3Multipart
   */
  #setMultipart(file, s3Multipart) {
    this.uppy.setFileState(file.id, /** @type {Partial<Sending>} */ ({ s3Multipart }))
  }

  /**
   * @param {Sending} file
   * @returns {NewAsset}
   */
  #newAsset({ name, size, type }) {
    return { file_name: name, size: size ?? 0, content_type: type || undefined, ...this.choices }
  }

  /**
   * @param {Sending} file
   * @param {Announced} result
   */
  #announced(file, { asset, upload, error }) {
    if (!asset || !upload) {
      // Whoever may not upload more just now may later, but not by trying again at once.
      const cause = { code: error?.code, status: 400 }
      this.uppy.emit('upload-error', file, new Error(errorText(error), { cause }))
      return
    }
    const seconds = upload.method === 'post' ? upload.expires_in : 0
    this.uppy.setFileMeta(file.id, { asset, upload, expires_at: Date.now() + seconds * 1000 })
    this.#goesOn(this.uppy.getFile(file.id))
  }

  /** @returns {import('@uppy/aws-s3').AwsS3Options<FileMeta, Body>} */
  #s3() {
    return {
      limit: 4,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      shouldUseMultipart: (file) => file.meta.upload?.method === 'multipart',
      getChunkSize: (data) => partsOf(this.uppy.getFiles().find((file) => file.data === data)).part_size,
      getUploadParameters: (file) => formOf(file),
      createMultipartUpload: (file) => ({ uploadId: partsOf(file).upload_id, key: partsOf(file).id }),
      listParts: (file, { uploadId = '' }) => this.#listParts(file, uploadId),
      signPart: (file, { uploadId, partNumber }) => this.#signPart(file, uploadId, partNumber),
      completeMultipartUpload: (file, { uploadId, parts }) => this.#complete(file, uploadId, parts),
      abortMultipartUpload: () => {}, // #dropped does it, and only for a file that is really removed
    }
  }

  /**
   * @param {Sending} file
   * @param {string} upload_id
   */
  async #listParts(file, upload_id) {
    const { parts } = await this.#orAnew(file, () =>
      api.get(`/assets/${partsOf(file).id}/upload/parts${query({ upload_id })}`),
    )
    return parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
  }

  /**
   * @param {Sending} file
   * @param {string} upload_id
   * @param {number} part
   */
  async #signPart(file, upload_id, part) {
    const key = `${partsOf(file).id}/${part}`
    const answer = this.#addresses.get(key) ?? this.#askFrom(file, upload_id, part)
    this.#addresses.delete(key)
    const found = (await answer).parts.find(({ number }) => number === part)
    if (!found) throw new Error(`There is no address for part ${part}.`)
    return { method: /** @type {const} */ ('PUT'), url: found.url }
  }

  /**
   * Asks where a part goes, and where those after it do.
   * @param {Sending} file
   * @param {string} upload_id
   * @param {number} part
   */
  #askFrom(file, upload_id, part) {
    const { id, parts } = partsOf(file)
    const numbers = Array.from({ length: Math.min(SIGNED_AHEAD, parts + 1 - part) }, (_, index) => part + index)
    const answer = this.#orAnew(file, () => api.post(`/assets/${id}/upload/parts`, { upload_id, parts: numbers }))
    for (const number of numbers.slice(1)) this.#addresses.set(`${id}/${number}`, answer)
    // A failure is told to the one that asks first; the others ask again.
    answer.catch(() => {
      for (const number of numbers) this.#addresses.delete(`${id}/${number}`)
    })
    return answer
  }

  /**
   * @param {Sending} file
   * @param {string} upload_id
   * @param {{PartNumber?: number, ETag?: string}[]} parts
   */
  async #complete(file, upload_id, parts) {
    const arrived = parts
      .map(({ PartNumber = 0, ETag = '' }) => ({ number: PartNumber, etag: ETag }))
      .sort((a, b) => a.number - b.number)
    await this.#orAnew(file, () =>
      api.post(`/assets/${partsOf(file).id}/upload/complete`, { upload_id, parts: arrived }),
    )
    return {}
  }

  /**
   * Fails in words; where the upload is gone, lets the next try begin anew.
   * @template T
   * @param {Sending} file
   * @param {() => Promise<T>} ask
   */
  async #orAnew(file, ask) {
    try {
      return await inWords(patiently(ask))
    } catch (error) {
      const cause = error instanceof Error && error.cause
      if (cause instanceof ApiError && GONE.includes(cause.status) && this.uppy.getFile(file.id)) {
        this.uppy.setFileMeta(file.id, { upload: undefined })
        this.#setMultipart(file, {})
      }
      throw error
    }
  }

  /* ---- what happens to a file ---- */

  /** @param {Sending | undefined} file */
  async #arrived(file) {
    const announced = file?.meta.asset
    if (!announced) return
    /** @type {AssetView} */
    const queued = { ...announced, status: 'queued' }
    this.tell(await api.get(`/assets/${announced.id}`).catch(() => queued))
  }

  /** Have an asset listed as sent. @param {AssetView} asset */
  tell(asset) {
    this.sent = [asset, ...this.sent]
    this.dispatchEvent(new Event('sent'))
  }

  /**
   * A file was not added. Uppy's own sentence lists endings, and is gone after some seconds.
   * @param {Sending | undefined} file
   * @param {Error} problem
   */
  #turnAway(file, { message }) {
    const { max_upload_bytes: most, endings } = api.config
    const size = file?.data instanceof Blob ? file.data.size : (file?.size ?? 0)
    const why = file && whyRefused({ name: file.name ?? '', size }, { most, endings })
    const isTwice = file && this.uppy.checkIfFileAlreadyExists(file.id)
    const said = why ?? (isTwice ? 'twice' : null)
    const told = said ? t(`upload.refused-${said}`, { size: bytes(size), most: bytes(most) }) : message
    this.refuse([...this.refused, { name: file?.name, message: told }])
  }

  /**
   * A file did not get through. One that would not the next time either is taken out of the list, and told of as refused;
   * any other stays, and can be sent again.
   * @param {Sending | undefined} file
   * @param {Error} error
   */
  #failed(file, error) {
    if (!file) return
    const cause = /** @type {Failed | undefined} */ (error.cause)
    // An upload that is gone begins anew the next time.
    const isGone = cause instanceof ApiError && GONE.includes(cause.status)
    if (cause && !isGone && !mayPass(cause)) {
      this.refuse([...this.refused, { name: file.name, message: error.message }])
      // Uppy is still about to note the error with the file.
      queueMicrotask(() => this.uppy.getFile(file.id) && this.uppy.removeFile(file.id))
    } else this.#troubles.set(file.id, cause ? error.message : t('upload.not-sent'))
  }

  /**
   * The files that did not get through and may the next time, each with why.
   * @returns {{id: string, name?: string, message: string}[]}
   */
  get troubled() {
    return this.uppy
      .getFiles()
      .filter((file) => file.error)
      .map(({ id, name }) => ({ id, name, message: this.#troubles.get(id) ?? t('upload.not-sent') }))
  }

  /**
   * Sets what was refused; empty once it was read.
   * @param {{name?: string, message: string}[]} refused
   */
  refuse(refused) {
    this.refused = refused
    this.dispatchEvent(new Event('refused'))
  }

  /** @param {Sending} file */
  #dropped(file) {
    if (file.meta.asset && !file.progress.uploadComplete) discard(file.meta.asset.id)
  }

  /** @param {Sending} file */
  async #measure(file) {
    const duration = file.data instanceof Blob ? await measured(file.data, endingOf(file.name) ?? '') : null
    if (this.uppy.getFile(file.id)) this.uppy.setFileMeta(file.id, { duration })
  }
}

/**
 * Where a file goes in parts. Uppy asks for it once the file was announced.
 * @param {Sending | undefined} file
 */
function partsOf(file) {
  const { asset, upload } = file?.meta ?? {}
  if (!asset || upload?.method !== 'multipart') throw new Error('There is no upload in parts.')
  return { id: asset.id, ...upload }
}

/**
 * Where a file goes in one piece.
 * @param {Sending} file
 */
function formOf({ meta: { upload } }) {
  if (upload?.method !== 'post') throw new Error('There is no upload in one piece.')
  return { method: /** @type {const} */ ('POST'), url: upload.url, fields: upload.fields }
}

/**
 * Takes back what was announced and never sent. A failure does no harm: such assets expire by themselves.
 * @param {string} id
 */
const discard = (id) => api.delete(`/assets/${id}`).catch(() => {})

/**
 * Asks again while the service cannot be reached: Uppy does so for the parts, not for what is asked between them.
 * @template T
 * @param {() => Promise<T>} ask
 */
async function patiently(ask) {
  for (const pause of PAUSES) {
    try {
      return await ask()
    } catch (error) {
      const { status = 0 } = /** @type {Failed} */ (error)
      if (status > 0 && status < 500) throw error
      await connected(pause)
    }
  }
  return ask()
}

/**
 * Uppy shows an error's message to people, so it has to be in their language.
 * @template T
 * @param {Promise<T>} promise
 */
async function inWords(promise) {
  try {
    return await promise
  } catch (error) {
    throw new Error(errorText(error), { cause: error })
  }
}

/** A larger document is not read before it is uploaded. */
const MOST_READ = 100 * 1000 ** 2

/**
 * How much of something there is, as far as this browser can read it.
 * @param {Blob} data
 * @param {string} ending of its name
 * @returns {Promise<Measured | null>} null: it cannot tell
 */
async function measured(data, ending) {
  const kind = kindOf(ending)
  if (kind === null) return durationOf(data)
  if (kind === 'image') return { seconds: 0, video: false, kind }
  const pages = ending === 'pdf' && data.size <= MOST_READ ? await pagesIn(data) : null
  return pages ? { seconds: 0, video: false, kind, pages } : null
}

/** How many pages a PDF has; null where it cannot be read. @param {Blob} data */
async function pagesIn(data) {
  const { Pdf } = await import('../asset/paper/pdf.js')
  try {
    const pdf = await Pdf.open(await data.arrayBuffer())
    const { pages } = pdf
    await pdf.close()
    return pages
  } catch {
    return null
  }
}

/**
 * How long a recording is, as far as this browser can read it.
 * @param {Blob} data
 * @returns {Promise<{seconds: number, video: boolean}|null>} null: it cannot tell
 */
export function durationOf(data) {
  const player = document.createElement('video')
  const url = URL.createObjectURL(data)
  const measured = new Promise((resolve) => {
    const tell = () => {
      // What a browser recorded itself has no length in its head; it knows it only after a jump to the end.
      if (player.duration === Infinity) player.currentTime = Number.MAX_SAFE_INTEGER
      else if (player.duration > 0) resolve({ seconds: player.duration, video: player.videoWidth > 0 })
    }
    player.onloadedmetadata = tell
    player.ondurationchange = () => player.readyState && tell()
    player.onerror = () => resolve(null)
    setTimeout(resolve, 15000, null)
    player.preload = 'metadata'
    player.src = url
  })
  return measured.finally(() => {
    player.removeAttribute('src')
    player.load()
    URL.revokeObjectURL(url)
  })
}
