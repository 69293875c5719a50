/** The transcript that is open: its lines and editions, what was changed, and how that is saved. */

import { Autosave } from './model/autosave.js'
import { History } from './model/history.js'
import { adopt, fromApi, isSame, joinBefore, setText, splitAt, toApi } from './model/lines.js'
import { rename, setSpeaker } from './model/speakers.js'
import { timeIndex } from './model/times.js'

/** So long after a save the exact times are fetched: each answer holds the whole transcript, so not while one types. */
const REFRESH_MS = 3000

/** Documents that hold something unsaved. They live on when their page is left, until they are saved. */
const unsaved = new Set()

function warn(event) {
  if (unsaved.size) event.preventDefault()
}

/** The document of a source: the one that still has something to save, or else a new one. */
export function openDocument(source) {
  return [...unsaved].find((one) => one.source.key === source.key) ?? new TranscriptDocument(source)
}

/**
 * A document. Listeners are called after each change, without arguments; `lines` and its members never change, so that
 * what is new is seen by identity.
 */
export class TranscriptDocument {
  constructor(source) {
    this.source = source
    this.history = new History([])
    this.saved = []
    this.edition = 0
    this.editions = 0
    this.language = null
    this.isLoaded = false
    this.old = null // {edition, lines} while an old edition is looked at
    this.listeners = new Set()
    this.index = null
    this.indexed = null
    this.timesFetched = 0 // counts how often times came from the service: captions are made anew then
    this.onSaved = () => {}
    this.autosave = new Autosave({ save: () => this.#save(), onState: () => this.#stateChanged() })
    this.goOnline = () => this.autosave.state === 'failed' && this.autosave.flush()
    window.addEventListener('online', this.goOnline)
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
    if (this.indexed !== this.shown) {
      this.indexed = this.shown
      this.index = timeIndex(this.shown)
    }
    return this.index
  }

  listen(listener) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Fetch the lines, unless something here is not saved yet. */
  async load(signal) {
    if (this.isLoaded && this.autosave.isPending) return
    const answer = await this.source.lines(undefined, signal)
    if (this.isLoaded && this.autosave.isPending) return
    this.#take(answer)
    this.history.reset(fromApi(answer))
    this.saved = this.lines
    this.isLoaded = true
    this.#tell()
  }

  /** The page is left: what is not saved is saved now. */
  release() {
    this.onSaved = () => {}
    clearTimeout(this.refresh)
    if (this.autosave.isPending) this.autosave.flush()
    else window.removeEventListener('online', this.goOnline)
  }

  /* ---- changes ---- */

  /** What was typed in a line; `offset`: where the caret is then. */
  type(id, text, offset) {
    const at = this.#at(id)
    if (at >= 0) this.#change(setText(this.lines, at, text), { id, offset }, `type ${id}`)
  }

  /** Cut a line, whose text is now `text`, in two. Returns the id of the second, or null if the first would be empty. */
  split(id, offset, text) {
    const at = this.#at(id)
    if (at < 0 || this.old) return null
    const whole = setText(this.lines, at, text)
    const lines = splitAt(whole, at, offset)
    this.#change(lines, { id, offset })
    return lines === whole ? null : lines[at + 1].id
  }

  /** Join a line to the one before. Returns {id, offset} of the place where they meet, or null. */
  join(id) {
    const at = this.#at(id)
    if (at < 1) return null
    const { lines, offset } = joinBefore(this.lines, at)
    this.#change(lines, { id: lines[at - 1].id, offset })
    return { id: lines[at - 1].id, offset }
  }

  rename(from, to) {
    this.#change(rename(this.lines, from, to))
  }

  /** @param {Set<number>} ids of lines */
  setSpeaker(ids, name) {
    this.#change(setSpeaker(this.lines, ids, name))
  }

  /** Back one step. Returns {id, offset} of the change, or null. */
  undo() {
    return this.#travel(this.history.undo())
  }

  redo() {
    return this.#travel(this.history.redo())
  }

  /* ---- editions ---- */

  /** Look at an old edition. */
  async look(edition) {
    const lines = fromApi(await this.source.lines(edition))
    this.old = { edition, lines }
    this.#tell()
  }

  /** Back to the present lines. */
  lookBack() {
    this.old = null
    this.#tell()
  }

  /** Make the old edition that is looked at the present text, and save that as a new edition. */
  async bringBack() {
    const { lines } = this.old
    this.old = null
    this.#change(lines)
    await this.autosave.flush()
  }

  /* ---- conflicts ---- */

  /** Take the text that somebody else saved. What was here can be had back by undo. */
  async takeTheirs() {
    const answer = await this.source.lines()
    this.#take(answer)
    this.history.push(fromApi(answer))
    this.saved = this.lines
    this.autosave.forget()
    this.#tell()
  }

  /** Save what is here as the edition after theirs. */
  async keepMine() {
    const { edition } = await this.source.asset()
    this.edition = edition
    await this.autosave.insist()
  }

  /* ---- inside ---- */

  #at(id) {
    return this.lines.findIndex((line) => line.id === id)
  }

  #take({ edition, editions, language }) {
    this.edition = edition
    this.editions = Math.max(editions ?? 0, edition)
    this.language = language ?? this.language
  }

  #change(lines, focus = null, group = null) {
    if (lines === this.lines || this.old) return
    this.history.push(lines, focus, group)
    this.#changed()
  }

  #travel(step) {
    if (!step) return null
    this.#changed()
    return step.focus
  }

  #changed() {
    clearTimeout(this.refresh)
    if (!this.autosave.running && this.autosave.state !== 'conflict' && isSame(this.lines, this.saved))
      this.autosave.forget()
    else this.autosave.touch()
    this.#tell()
  }

  async #save() {
    const sent = this.lines
    const asset = await this.source.save(this.edition, toApi(sent))
    this.edition = asset.edition
    this.editions = Math.max(this.editions, asset.edition)
    this.saved = sent
    this.onSaved(asset)
    clearTimeout(this.refresh)
    this.refresh = setTimeout(() => this.#refresh(sent), REFRESH_MS)
  }

  /** Fetch the exact times of what was saved. Without them the estimates stand, so a failure is no matter. */
  async #refresh(sent) {
    const answer = await this.source.lines(this.edition).catch(() => null)
    if (!answer || answer.edition !== this.edition) return
    const lines = adopt(this.lines, sent, fromApi(answer))
    if (!lines) return
    const wasSaved = this.saved === this.lines
    this.history.amend(lines)
    if (wasSaved) this.saved = lines
    this.timesFetched += 1
    this.#tell()
  }

  #stateChanged() {
    if (this.autosave.isPending) unsaved.add(this)
    else unsaved.delete(this)
    if (unsaved.size) window.addEventListener('beforeunload', warn)
    else window.removeEventListener('beforeunload', warn)
    this.#tell()
  }

  #tell() {
    this.listeners.forEach((listener) => listener())
  }
}
