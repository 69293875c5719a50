/**
 * Stills of a film, drawn one after the other by a player of its own that nobody sees: there are no files of them. It plays
 * the rendition that plays on the page, of which the browser has much already.
 */

/** Milliseconds after which a still is given up: the next one may be there sooner. */
const PATIENCE = 12_000
const WIDTH = 256

export class Stills {
  /** @type {{time: number, canvas: HTMLCanvasElement, done: () => void}[]} */
  #queue = []
  #isBusy = false
  #isClosed = false
  /** @type {HTMLVideoElement | null} */
  #video = null

  /** @param {() => Promise<{url: string}>} address */
  constructor(address) {
    this.address = address
  }

  /**
   * Draw what is seen at `time` (seconds), when its turn comes.
   * @param {number} time
   * @param {HTMLCanvasElement} canvas
   * @param {() => void} done once it is drawn
   * @returns {() => void} takes the wish back
   */
  ask(time, canvas, done) {
    const wish = { time, canvas, done }
    this.#queue.push(wish)
    this.#next()
    return () => {
      this.#queue = this.#queue.filter((one) => one !== wish)
    }
  }

  close() {
    this.#isClosed = true
    this.#queue = []
    this.#video?.removeAttribute('src')
    this.#video?.load()
  }

  async #next() {
    if (this.#isBusy || this.#isClosed) return
    const wish = this.#queue.shift()
    if (!wish) return
    this.#isBusy = true
    try {
      const video = await this.#open()
      await this.#seek(video, wish.time)
      if (!this.#isClosed) draw(video, wish.canvas)
      wish.done()
    } catch {
      // Without a still the shot has its time all the same; the next one tries a new address, since they end.
      this.#video = null
    }
    this.#isBusy = false
    this.#next()
  }

  async #open() {
    if (this.#video) return this.#video
    const video = document.createElement('video')
    Object.assign(video, { muted: true, preload: 'auto', playsInline: true })
    video.src = (await this.address()).url
    await told(video, 'loadeddata')
    this.#video = video
    return video
  }

  /** @param {HTMLVideoElement} video @param {number} time */
  async #seek(video, time) {
    const sought = told(video, 'seeked')
    video.currentTime = Math.min(time, Math.max(0, (video.duration || time) - 0.05))
    await sought
  }
}

/**
 * @param {HTMLVideoElement} video
 * @param {string} event
 */
function told(video, event) {
  return new Promise((resolve, reject) => {
    const end = setTimeout(() => reject(new Error(event)), PATIENCE)
    const settle = (/** @type {(value: unknown) => void} */ how) => () => {
      clearTimeout(end)
      how(undefined)
    }
    video.addEventListener(event, settle(resolve), { once: true })
    video.addEventListener('error', settle(reject), { once: true })
  })
}

/** @param {HTMLVideoElement} video @param {HTMLCanvasElement} canvas */
function draw(video, canvas) {
  canvas.width = WIDTH
  canvas.height = Math.round((WIDTH * video.videoHeight) / (video.videoWidth || 1)) || 144
  canvas.getContext('2d')?.drawImage(video, 0, 0, canvas.width, canvas.height)
}
