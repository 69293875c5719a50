/**
 * The transfer of files: one Uppy for as long as the pages are open, so that uploads go on while somebody looks elsewhere.
 *
 * Every file is announced to the API before its bytes move (a Uppy preprocessor). The answer, kept in the file's `meta`,
 * says where the bytes go: `{asset, upload}`. It survives a reload, because Golden Retriever keeps the meta.
 */

import { api } from '../api.js'
import { asAdded } from '../files.js'
import { errorText } from '../ui.js'

const BATCH = 50 // assets per POST /assets/batch
const SIGNED_AHEAD = 20 // part addresses asked for at once, so that a large file does not ask a thousand times
const PAUSES = [1000, 3000, 5000, 10000, 20000] // milliseconds, as Uppy's own for the parts
const GONE = [403, 404, 409, 410] // of an upload that cannot go on: a retry has to begin anew

/** Emits "sent" when the last byte of an asset has arrived, "refused" when a file was not added. */
export class Transfer extends EventTarget {
  /** What the next files are announced with. @type {{language?: string, presets: string[], title?: string, urgent?: boolean, email?: string, accept_cost?: boolean}} */
  choices = { presets: [] }
  /** The assets that were sent since the pages were opened, newest first. */
  sent = []
  /** The files that were not added, each with why. @type {{name?: string, message: string}[]} */
  refused = []
  #addresses = new Map() // `${asset id}/${part}` → promise of a URL; each is used once

  /**
   * @param {object} lib the module vendor/uppy.js
   * @param {string} owner whose uploads these are: what was interrupted is offered only to the one it belongs to
   */
  constructor(lib, owner) {
    super()
    this.uppy = new lib.Uppy({
      id: `rapporteur-${owner}`,
      autoProceed: false,
      allowMultipleUploadBatches: true,
      onBeforeFileAdded: (file, files) => asAdded(file, files, (id) => this.uppy.checkIfFileAlreadyExists(id)),
      restrictions: { maxFileSize: api.config.max_upload_bytes, minFileSize: 1, allowedFileTypes: api.config.endings.map((ending) => `.${ending}`) },
    })
    this.uppy.addPreProcessor((ids) => this.#announce(ids.map((id) => this.uppy.getFile(id)).filter(Boolean)))
    this.uppy.use(lib.AwsS3, this.#s3())
    this.uppy.use(lib.GoldenRetriever)
    this.uppy.on('upload-success', (file) => this.#arrived(file))
    this.uppy.on('complete', ({ successful = [] }) => this.uppy.removeFiles(successful.map((file) => file.id).filter((id) => this.uppy.getFile(id))))
    this.uppy.on('file-removed', (file) => this.#dropped(file))
    this.uppy.on('file-added', (file) => this.#measure(file))
    this.uppy.on('restriction-failed', (file, error) => this.#refuse(file, error))
    window.addEventListener('beforeunload', (event) => this.isBusy && event.preventDefault())
  }

  get isBusy() {
    return this.uppy.getFiles().some(({ progress }) => progress.uploadStarted && !progress.uploadComplete)
  }

  /* ---- the API's side ---- */

  async #announce(files) {
    const fresh = files.filter((file) => !file.error && !file.progress.uploadComplete && !this.#goesOn(file))
    await Promise.all(fresh.map((file) => file.meta.asset && discard(file.meta.asset.id)))
    for (let at = 0; at < fresh.length; at += BATCH) {
      const group = fresh.slice(at, at + BATCH)
      const { results } = await inWords(api.post('/assets/batch', { assets: group.map((file) => this.#newAsset(file)) }))
      results.forEach((result, index) => this.#announced(group[index], result))
    }
  }

  /** Whether a file has a place to go to already, as on a retry; if so, its parts that arrived are not sent again. */
  #goesOn(file) {
    const { upload, asset } = file.meta
    if (!upload || (upload.method === 'post' && file.meta.expires_at < Date.now())) return false
    if (upload.method === 'multipart') this.uppy.setFileState(file.id, { s3Multipart: { uploadId: upload.upload_id, key: asset.id } })
    return true
  }

  #newAsset({ name, size, type }) {
    return { file_name: name, size, content_type: type || undefined, ...this.choices }
  }

  #announced(file, { asset, upload, error }) {
    if (error) {
      this.uppy.emit('upload-error', file, new Error(errorText(error)))
      return
    }
    this.uppy.setFileMeta(file.id, { asset: { id: asset.id }, upload, expires_at: Date.now() + (upload.expires_in ?? 0) * 1000 })
    this.#goesOn(this.uppy.getFile(file.id))
  }

  #s3() {
    return {
      limit: 4,
      retryDelays: [0, 1000, 3000, 5000, 10000, 20000],
      shouldUseMultipart: (file) => file.meta.upload?.method === 'multipart',
      getChunkSize: (data) => this.uppy.getFiles().find((file) => file.data === data)?.meta.upload.part_size,
      getUploadParameters: ({ meta: { upload } }) => ({ method: 'POST', url: upload.url, fields: upload.fields }),
      createMultipartUpload: ({ meta: { asset, upload } }) => ({ uploadId: upload.upload_id, key: asset.id }),
      listParts: (file, { uploadId }) => this.#listParts(file, uploadId),
      signPart: (file, { uploadId, partNumber }) => this.#signPart(file, uploadId, partNumber),
      completeMultipartUpload: (file, { uploadId, parts }) => this.#complete(file, uploadId, parts),
      abortMultipartUpload: () => {}, // #dropped does it, and only for a file that is really removed
    }
  }

  async #listParts(file, upload_id) {
    const { parts } = await this.#orAnew(file, () => api.get(`/assets/${file.meta.asset.id}/upload/parts?${new URLSearchParams({ upload_id })}`))
    return parts.map(({ number, etag }) => ({ PartNumber: number, ETag: etag }))
  }

  async #signPart(file, upload_id, part) {
    const key = (number) => `${file.meta.asset.id}/${number}`
    if (!this.#addresses.has(key(part))) {
      const last = Math.min(part + SIGNED_AHEAD, file.meta.upload.parts + 1)
      const numbers = Array.from({ length: last - part }, (_, index) => part + index)
      const answer = this.#orAnew(file, () => api.post(`/assets/${file.meta.asset.id}/upload/parts`, { upload_id, parts: numbers }))
      const address = async (number) => (await answer).parts.find((one) => one.number === number).url
      for (const number of numbers) this.#addresses.set(key(number), address(number))
      // A failure is told to the one that asks first; the others ask again.
      answer.catch(() => numbers.forEach((number) => this.#addresses.delete(key(number))))
    }
    const url = this.#addresses.get(key(part))
    this.#addresses.delete(key(part))
    return { method: 'PUT', url: await url }
  }

  async #complete(file, upload_id, parts) {
    const arrived = parts.map(({ PartNumber, ETag }) => ({ number: PartNumber, etag: ETag })).sort((a, b) => a.number - b.number)
    await this.#orAnew(file, () => api.post(`/assets/${file.meta.asset.id}/upload/complete`, { upload_id, parts: arrived }))
    return {}
  }

  /** Fails in words; where the upload is gone, lets the next try begin anew. */
  async #orAnew(file, ask) {
    try {
      return await inWords(patiently(ask))
    } catch (error) {
      if (GONE.includes(error.cause?.status) && this.uppy.getFile(file.id)) {
        this.uppy.setFileMeta(file.id, { upload: undefined })
        this.uppy.setFileState(file.id, { s3Multipart: {} })
      }
      throw error
    }
  }

  /* ---- what happens to a file ---- */

  async #arrived(file) {
    const asset = await api.get(`/assets/${file.meta.asset.id}`).catch(() => ({ id: file.meta.asset.id, file_name: file.name, status: 'queued', branches: {} }))
    this.sent = [asset, ...this.sent]
    this.dispatchEvent(new Event('sent'))
  }

  /** Uppy shows its sentence for some seconds, without the name where several are added; here it stays. */
  #refuse(file, { message }) {
    this.refuse([...this.refused, { name: file?.name, message }])
  }

  /** Sets what was refused; empty once it was read. */
  refuse(refused) {
    this.refused = refused
    this.dispatchEvent(new Event('refused'))
  }

  #dropped(file) {
    if (file.meta.asset && !file.progress.uploadComplete) discard(file.meta.asset.id)
  }

  async #measure(file) {
    const duration = await durationOf(file.data)
    if (this.uppy.getFile(file.id)) this.uppy.setFileMeta(file.id, { duration })
  }
}

/** Takes back what was announced and never sent. A failure does no harm: such assets expire by themselves. */
const discard = (id) => api.delete(`/assets/${id}`).catch(() => {})

/** Asks again while the service cannot be reached: Uppy does so for the parts, not for what is asked between them. */
async function patiently(ask) {
  for (const pause of PAUSES) {
    try {
      return await ask()
    } catch (error) {
      if (error.status > 0 && error.status < 500) throw error
      await connected(pause)
    }
  }
  return ask()
}

/** After a pause, and once the browser has a network again. */
async function connected(pause) {
  await new Promise((resolve) => setTimeout(resolve, pause))
  if (!navigator.onLine) await new Promise((resolve) => window.addEventListener('online', resolve, { once: true }))
}

/** Uppy shows an error's message to people, so it has to be in their language. */
async function inWords(promise) {
  try {
    return await promise
  } catch (error) {
    throw new Error(errorText(error), { cause: error })
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
