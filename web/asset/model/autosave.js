/** When to save: after a pause, one request at a time, again when it failed; never over somebody else's work. */

const RETRY_MS = [3_000, 6_000, 15_000, 30_000, 60_000]

/** @import { Failed } from '../../types.d.ts' */

/**
 * @typedef {ReturnType<typeof setTimeout> | number | undefined} Timer
 * @typedef {"saved" | "unsaved" | "saving" | "failed" | "conflict"} SaveState
 */

/** Saves by `save()`, which rejects with an error that has `status` (0 or none if nothing was reached) and `code`. */
export class Autosave {
  /** @type {SaveState} */
  state = 'saved'
  /** @type {Failed | null} */
  error = null
  /** @type {Timer} what `timers` gave */
  timer
  isDirty = false
  failures = 0
  /** @type {Promise<void> | null} */
  running = null

  /**
   * @param {{save: () => Promise<void>, onState: (state: SaveState) => void, idleMs?: number,
   *   timers?: {set: (run: () => void, ms: number) => Timer, clear: (timer: Timer) => void}}} options
   */
  constructor({
    save,
    onState,
    idleMs = 2000,
    timers = {
      set: (/** @type {() => void} */ run, /** @type {number} */ ms) => setTimeout(run, ms),
      clear: (/** @type {Timer} */ timer) => clearTimeout(timer),
    },
  }) {
    this.save = save
    this.onState = onState
    this.idleMs = idleMs
    this.timers = timers
  }

  /** Whether leaving now loses something. */
  get isPending() {
    return this.state !== 'saved'
  }

  /**
   * Whether it is refused for good: what is corrected is not there for this person any more (404), or they may not correct
   * it any more (403).
   */
  get isRefused() {
    return this.state === 'failed' && (this.error?.status === 404 || this.error?.status === 403)
  }

  /** Something was changed. */
  touch() {
    this.isDirty = true
    if (this.state === 'conflict') return // A person has to say whose text is to stand.
    if (!this.running) this.#tell('unsaved')
    this.#later(this.idleMs)
  }

  /** What was changed was taken back: there is nothing to save. */
  forget() {
    this.isDirty = false
    this.failures = 0
    this.timers.clear(this.timer)
    if (!this.running) this.#tell('saved')
  }

  /** Save now what is not saved. Resolves when it is tried; never rejects. */
  async flush() {
    this.timers.clear(this.timer)
    if (this.running) await this.running
    if (!this.isDirty || this.state === 'conflict') return
    this.running = this.#run()
    await this.running
  }

  /** What is here and what somebody else has saved contradict one another. */
  clash() {
    this.isDirty = true
    this.timers.clear(this.timer)
    this.#tell('conflict')
  }

  /** The conflict is decided: save on. */
  async insist() {
    if (this.state === 'conflict') this.#tell('unsaved')
    this.isDirty = true
    await this.flush()
  }

  async #run() {
    this.isDirty = false
    this.#tell('saving')
    try {
      await this.save()
      this.failures = 0
      this.running = null
      this.#tell(this.isDirty ? 'unsaved' : 'saved')
      if (this.isDirty) this.#later(this.idleMs)
    } catch (failure) {
      const error = /** @type {Failed} */ (failure)
      this.isDirty = true
      this.running = null
      if (error.status === 409 && error.code === 'edited-meanwhile') {
        this.timers.clear(this.timer)
        this.#tell('conflict', error)
        return
      }
      this.#tell('failed', error)
      // What the service refuses, it refuses again; only what may pass by itself is tried again by itself.
      if (!error.status || error.status >= 500 || error.status === 429 || error.status === 408) {
        this.#later(RETRY_MS[Math.min(this.failures, RETRY_MS.length - 1)])
      }
      this.failures += 1
    }
  }

  /** @param {number} ms */
  #later(ms) {
    this.timers.clear(this.timer)
    this.timer = this.timers.set(() => this.flush(), ms)
  }

  /**
   * @param {SaveState} state
   * @param {Failed | null} [error]
   */
  #tell(state, error = null) {
    this.state = state
    this.error = error
    this.onState(state)
  }
}
