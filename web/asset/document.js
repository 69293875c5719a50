/** The transcript that is open: its lines and editions, what was changed, and how that is saved. */

import { Autosave } from './model/autosave.js'
import { asHeard, confirm, isConfirmed, verdicts } from './model/confirmed.js'
import { History } from './model/history.js'
import { adopt, fromApi, isSame, joinBefore, setText, splitAt, toApi } from './model/lines.js'
import { rename, setSpeaker } from './model/speakers.js'
import { timeIndex } from './model/times.js'
import { Safety } from './safety.js'

/**
 * @import { Asset, Lines } from '../types.d.ts'
 * @import { Span } from './model/confirmed.js'
 * @import { Focus } from './model/history.js'
 * @import { Line } from './model/lines.js'
 * @import { TimeIndex } from './model/times.js'
 * @import { Source } from './source.js'
 */

/** So long after a save the exact times are fetched: each answer holds the whole transcript, so not while one types. */
const REFRESH_MS = 3000

/** Documents that hold something unsaved. They live on when their page is left, until they are saved. */
/** @type {Set<TranscriptDocument>} */
const unsaved = new Set()

/** @param {Event} event */
function warn(event) {
  if (unsaved.size) event.preventDefault()
}

/**
 * The document of a source: the one that still has something to save, or else a new one.
 * @param {Source} source
 * @param {number} [version] of the recording
 */
export function openDocument(source, version = 0) {
  const isIt = (/** @type {TranscriptDocument} */ one) => one.source.key === source.key && one.version === version
  return [...unsaved].find(isIt) ?? new TranscriptDocument(source, version)
}

/**
 * A document. Listeners are called after each change, without arguments; `lines` and its members never change, so that
 * what is new is seen by identity.
 */
export class TranscriptDocument {
  /** @type {Line[]} */
  saved = []
  edition = 0
  editions = 0
  /** @type {string | undefined} */
  language = undefined
  isLoaded = false
  /** @type {{edition: number, lines: Line[], title: string} | null} while an old edition is looked at */
  old = null
  /** @type {{edition: number, lines: Line[]} | null} the old edition whose lines are the present ones again */
  #brought = null
  /** @type {Set<() => void>} */
  listeners = new Set()
  timesFetched = 0 // counts how often times came from the service: captions are made anew then
  /** @type {(asset: Asset) => void} */
  onSaved = () => {}
  /** @type {{lines: Line[], times: TimeIndex} | null} */
  #index = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #refreshing
  /** Whether something was saved since the service was told that somebody is done. */
  #isCorrected = false
  #isReleased = false

  /**
   * @param {Source} source
   * @param {number} version
   */
  constructor(source, version) {
    this.source = source
    this.version = version
    this.history = new History(/** @type {Line[]} */ ([]))
    this.safety = new Safety(this, (answer) => this.#take(answer))
    this.autosave = new Autosave({
      save: async () => {
        await this.safety.save(() => this.#save())
        if (this.#isReleased) this.#end()
      },
      onState: () => this.#stateChanged(),
    })
    this.goOnline = () => this.autosave.state === 'failed' && this.autosave.flush()
    this.leave = () => this.#leave()
    window.addEventListener('online', this.goOnline)
    window.addEventListener('pagehide', this.leave)
  }

  /** The lines as they are edited. */
  get lines() {
    return this.history.value
  }

  /** The lines to show: those of the old edition that is looked at, or the present ones. */
  get shown() {
    return this.old?.lines ?? this.lines
  }

  /** The starts of all words that are shown. */
  get times() {
    if (this.#index?.lines !== this.shown) this.#index = { lines: this.shown, times: timeIndex(this.shown) }
    return this.#index.times
  }

  /**
   * @param {() => void} listener
   * @returns {() => void}
   */
  listen(listener) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * Fetch the lines, unless something here is not saved yet.
   * @param {AbortSignal} [signal]
   */
  async load(signal) {
    this.#isReleased = false
    if (this.isLoaded && this.autosave.isPending) return
    const answer = await this.source.lines(undefined, signal)
    const left = await this.safety.open()
    if (this.isLoaded && this.autosave.isPending) {
      for (const one of left) one.free()
      return
    }
    this.#take(answer)
    this.history.reset(fromApi(answer))
    this.saved = this.lines
    this.isLoaded = true
    this.safety.restore(left, answer)
    this.tell()
  }

  /** The page is left: what is not saved is saved now, and the service is told that somebody is done. */
  release() {
    this.onSaved = () => {}
    this.#isReleased = true
    clearTimeout(this.#refreshing)
    if (this.autosave.isPending && !this.autosave.isRefused) {
      this.autosave.flush()
      return
    }
    this.#isCorrected &&= !this.autosave.isRefused
    this.#stateChanged() // what is refused for good holds nobody back; its draft stays in this browser
    this.#end()
  }

  /** The recording is deleted, or somebody signed out: nothing of it is saved any more, and nothing is kept. */
  async discard() {
    this.autosave.forget()
    await this.safety.discard()
  }

  #end() {
    window.removeEventListener('online', this.goOnline)
    window.removeEventListener('pagehide', this.leave)
    this.safety.end()
    this.#leave()
  }

  /** What follows of corrections need not wait for a pause. If this does not arrive, the pause tells the same. */
  #leave() {
    if (!this.#isCorrected || !this.source.isOwn) return
    this.#isCorrected = false
    this.source.left().catch(() => {})
  }

  /* ---- changes ---- */

  /**
   * What was typed in a line; `offset`: where the caret is then.
   * @param {number} id
   * @param {string} text
   * @param {number} offset
   */
  type(id, text, offset) {
    const at = this.#at(id)
    if (at >= 0) this.#change(setText(this.lines, at, text), { id, offset }, `type ${id}`)
  }

  /**
   * Cut a line, whose text is now `text`, in two. Returns the id of the second, or null if the first would be empty.
   * @param {number} id
   * @param {number} offset
   * @param {string} text
   */
  split(id, offset, text) {
    const at = this.#at(id)
    if (at < 0 || this.old) return null
    const whole = setText(this.lines, at, text)
    const lines = splitAt(whole, at, offset)
    this.#change(lines, { id, offset })
    return lines === whole ? null : lines[at + 1].id
  }

  /**
   * Join a line to the one before. Returns {id, offset} of the place where they meet, or null.
   * @param {number} id
   */
  join(id) {
    const at = this.#at(id)
    if (at < 1) return null
    const { lines, offset } = joinBefore(this.lines, at)
    this.#change(lines, { id: lines[at - 1].id, offset })
    return { id: lines[at - 1].id, offset }
  }

  /**
   * @param {string} from
   * @param {string} to
   */
  rename(from, to) {
    this.#change(rename(this.lines, from, to))
  }

  /**
   * @param {Set<number>} ids of lines
   * @param {string | null} name
   */
  setSpeaker(ids, name) {
    this.#change(setSpeaker(this.lines, ids, name))
  }

  /**
   * Say that words are right as they stand; or, if somebody stands behind all of them, take that back. Returns whether they
   * are confirmed now; null where there is nothing to confirm.
   * @param {Span[]} spans
   * @returns {boolean | null}
   */
  confirm(spans) {
    const isRight = !isConfirmed(this.lines, spans)
    const lines = confirm(this.lines, spans, isRight)
    if (lines === this.lines || this.old) return null
    this.#change(lines, { id: spans[0].id })
    return isRight
  }

  /**
   * Put lines in the place of the present ones, as one step: undo takes all of it back.
   * @param {Line[]} lines
   * @param {Focus} focus where the change is
   */
  put(lines, focus) {
    this.#change(lines, focus)
  }

  /**
   * Write what was heard in the place of what a rule has written. Returns whether it did.
   * @param {number} id of the line
   * @param {number} word
   */
  takeBack(id, word) {
    const at = this.#at(id)
    const text = at < 0 || this.old ? null : asHeard(this.lines[at], word)
    if (text === null) return false
    this.#change(setText(this.lines, at, text), { id })
    return true
  }

  /** Back one step. Returns {id, offset} of the change, or null. */
  undo() {
    return this.#travel(this.history.undo())
  }

  redo() {
    return this.#travel(this.history.redo())
  }

  /* ---- editions ---- */

  /**
   * Look at an old edition.
   * @param {number} edition
   * @param {string} title what it is called
   */
  async look(edition, title = '') {
    const lines = fromApi(await this.source.lines(edition))
    this.old = { edition, lines, title }
    this.tell()
  }

  /** Back to the present lines. */
  lookBack() {
    this.old = null
    this.tell()
  }

  /** Make the old edition that is looked at the present text, and save that as a new edition. */
  async bringBack() {
    if (!this.old) return
    const { edition, lines } = this.old
    this.old = null
    this.#brought = { edition, lines }
    this.#change(lines)
    await this.autosave.flush()
  }

  /**
   * Somebody here has put another text in the place of this one, by the service: it is fetched. Steps back do not lead
   * across it, but its edition before can be brought back.
   * @param {Asset} asset
   */
  async replaced(asset) {
    const answer = await this.source.lines(asset.edition)
    this.old = null
    this.#take(answer)
    this.history.reset(fromApi(answer))
    this.saved = this.lines
    this.timesFetched += 1
    this.#isCorrected = true
    this.onSaved(asset)
    this.tell()
  }

  /* ---- inside ---- */

  /** @param {number} id */
  #at(id) {
    return this.lines.findIndex((line) => line.id === id)
  }

  /** @param {Lines} answer */
  #take({ edition, editions, language }) {
    this.edition = edition
    this.editions = editions ?? 0
    this.language = language ?? this.language
  }

  /**
   * @param {Line[]} lines
   * @param {Focus | null} [focus]
   * @param {string | null} [group]
   */
  #change(lines, focus = null, group = null) {
    if (lines === this.lines || this.old) return
    this.history.push(lines, focus, group)
    this.#changed()
  }

  /** @param {{value: Line[], focus: Focus | null} | null} step */
  #travel(step) {
    if (!step) return null
    this.#changed()
    return step.focus
  }

  #changed() {
    clearTimeout(this.#refreshing)
    if (!this.autosave.running && this.autosave.state !== 'conflict' && isSame(this.lines, this.saved))
      this.autosave.forget()
    else this.autosave.touch()
    this.safety.keep()
    this.tell()
  }

  async #save() {
    if (!this.source.isOwn) return
    const sent = this.lines
    const told = verdicts(sent, this.saved)
    const whose = this.#brought?.lines === sent ? { brings_back: this.#brought.edition } : {}
    const of = this.version ? { version: this.version } : {} // meanwhile it may have been heard again
    const asset = await this.source.save({ edition: this.edition, lines: toApi(sent), ...told, ...whose, ...of })
    this.edition = asset.edition
    this.editions = asset.editions ?? this.editions
    this.saved = sent
    this.#isCorrected = true
    this.onSaved(asset)
    clearTimeout(this.#refreshing)
    if (this.#isReleased) return
    this.#refreshing = setTimeout(() => this.#refresh(sent), REFRESH_MS)
  }

  /**
   * Fetch the exact times of what was saved. Without them the estimates stand, so a failure is no matter.
   * @param {Line[]} sent
   */
  async #refresh(sent) {
    const answer = await this.source.lines(this.edition).catch(() => null)
    if (!answer || answer.edition !== this.edition) return
    const lines = adopt(this.lines, sent, fromApi(answer))
    if (!lines) return
    const wasSaved = this.saved === this.lines
    this.history.amend(lines)
    if (wasSaved) this.saved = lines
    this.timesFetched += 1
    this.tell()
  }

  #stateChanged() {
    if (this.autosave.isPending && !(this.#isReleased && this.autosave.isRefused)) unsaved.add(this)
    else unsaved.delete(this)
    if (unsaved.size) window.addEventListener('beforeunload', warn)
    else window.removeEventListener('beforeunload', warn)
    this.tell()
  }

  /** Say that something has changed. */
  tell() {
    for (const listener of this.listeners) listener()
  }
}
