/**
 * A PDF whose pages are drawn by Mozilla's pdf.js, in a worker of our own origin. Nothing that a document holds is run: no
 * script, no XFA form, no WebAssembly, and no address that it names is asked.
 */

/** @import { PdfDocument, RenderTask } from '../../vendor/pdf.js' */

const FOLDER = new URL('../../vendor/', import.meta.url)
/** Pixels of a picture in a document: what claims to be larger is left out. */
const LARGEST_PICTURE = 80_000_000
/** Pixels of a page as it is drawn. */
const LARGEST_PAGE = 12_000_000
/** Milliseconds after which a page is given up. */
const PATIENCE = 30_000

/** @param {Uint8Array} bytes */
export const isPdf = (bytes) => {
  // What stands before the mark does not count, up to a kilobyte of it: so says the format, and so do its readers.
  const head = String.fromCharCode(...bytes.subarray(0, 1024))
  return head.includes('%PDF-')
}

export class Pdf {
  /** @param {PdfDocument} document @param {() => Promise<void>} close @param {typeof import('../../vendor/pdf.js')} lib */
  constructor(document, close, lib) {
    this.document = document
    this.close = close
    this.lib = lib
  }

  get pages() {
    return this.document.numPages
  }

  /**
   * Opens a document. Fails if it is none, or is locked by a password.
   * @param {ArrayBuffer} data it is handed over, and gone afterwards
   */
  static async open(data) {
    const lib = await import('../../vendor/pdf.js')
    lib.GlobalWorkerOptions.workerSrc = new URL('pdf.worker.js', FOLDER).href
    const task = lib.getDocument({
      data,
      isEvalSupported: false,
      enableXfa: false,
      useWasm: false,
      disableWorkerRendering: true,
      maxImageSize: LARGEST_PICTURE,
      cMapUrl: new URL('pdf/cmaps/', FOLDER).href,
      standardFontDataUrl: new URL('pdf/fonts/', FOLDER).href,
      wasmUrl: new URL('pdf/wasm/', FOLDER).href,
      verbosity: 0,
    })
    const close = () => task.destroy().catch(() => {})
    try {
      return new Pdf(await task.promise, close, lib)
    } catch (error) {
      await close()
      throw error
    }
  }

  /**
   * Draws a page, as wide as `width` pixels of the screen.
   * @param {number} number from 1
   * @param {HTMLCanvasElement} canvas
   * @param {number} width
   * @param {AbortSignal} signal
   */
  async draw(number, canvas, width, signal) {
    const page = await this.document.getPage(number)
    if (signal.aborted) return
    const whole = page.getViewport({ scale: 1 })
    const fits = Math.sqrt(LARGEST_PAGE / (whole.width * whole.height))
    const viewport = page.getViewport({ scale: Math.min(width / whole.width, fits) })
    canvas.width = Math.max(1, Math.floor(viewport.width))
    canvas.height = Math.max(1, Math.floor(viewport.height))
    const task = page.render({ canvas, viewport, annotationMode: this.lib.AnnotationMode.ENABLE })
    await inTime(task, signal)
    page.cleanup()
  }
}

/** @param {RenderTask} task @param {AbortSignal} signal */
async function inTime(task, signal) {
  const stop = () => task.cancel()
  const timer = setTimeout(stop, PATIENCE)
  signal.addEventListener('abort', stop, { once: true })
  try {
    await task.promise
  } finally {
    clearTimeout(timer)
    signal.removeEventListener('abort', stop)
  }
}
