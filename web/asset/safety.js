/** Keeps a document's work safe: drafts of it in this browser, and what others save of the same text meanwhile. */

import { account } from '../auth.js'
import { CHANNEL, countDrafts, Draft, dropDrafts, SIGNED_OUT } from './drafts.js'
import { fromApi, isSame } from './model/lines.js'
import { merge } from './model/merge.js'

/**
 * @import { Failed, Lines } from '../types.d.ts'
 * @import { TranscriptDocument } from './document.js'
 * @import { Left } from './drafts.js'
 * @import { Line } from './model/lines.js'
 * @import { Choice, Merge } from './model/merge.js'
 */

const MOST_SENT = 3 // without an answer, that are remembered
const MOST_TRIES = 5 // to save what others save just then, one after the other

/**
 * What to tell of it in passing: what a tab had left unsaved is here again, or what others have changed came in. Each is
 * told anew by a new object.
 * @typedef {{kind: 'kept' | 'merged'}} News
 */

let isComposing = false
window.addEventListener('compositionstart', () => {
  isComposing = true
})
for (const name of ['compositionend', 'focusout']) {
  window.addEventListener(name, () => {
    isComposing = false
  })
}

/**
 * Waits until an input method has handed over what it is at work on: the document does not have that yet, and a line that
 * changes meanwhile would be overwritten by it.
 */
async function composed() {
  if (!isComposing) return
  await new Promise((resolve) => {
    for (const name of ['compositionend', 'focusout']) window.addEventListener(name, resolve, { once: true })
    setTimeout(resolve, COMPOSED_WITHIN_MS)
  })
}

/** Said in the channel: whoever holds something that is not saved shall save it now. */
const SAVE_NOW = 'save now'
const SAVED_WITHIN_MS = 6000 // over a slow network, with what others have saved to be merged first
const COMPOSED_WITHIN_MS = 30_000 // not every composition has an end that a browser tells of
const LOOK_MS = 100

/**
 * Have all that is not saved saved, in this tab and in others. Returns in how many recordings something is still not, a few
 * seconds later at most.
 */
export async function saveEverywhere() {
  const owner = account()
  if (!owner || !(await countDrafts(owner))) return 0
  const channel = new BroadcastChannel(CHANNEL)
  channel.postMessage(SAVE_NOW) // documents of this tab hear it too
  let left = 1
  for (const end = Date.now() + SAVED_WITHIN_MS; left && Date.now() < end; ) {
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS))
    left = await countDrafts(owner)
  }
  channel.close()
  return left
}

/** @param {Failed} error */
const isOvertaken = ({ status, code }) => status === 409 && code === 'edited-meanwhile'

export class Safety {
  /** @type {Draft | null} */
  #draft = null
  /** @type {BroadcastChannel | null} */
  #channel = null
  /** @type {Line[][]} what is on its way to the service, or may have arrived without an answer */
  #sent = []
  /** @type {{answer: Lines, theirs: Line[]} | null} what others have saved, and contradicts what is here */
  conflict = null
  /** @type {{lines: Line[], merged: Merge} | null} */
  #merged = null
  /** @type {News | null} */
  news = null
  #isDiscarded = false

  /**
   * @param {TranscriptDocument} doc
   * @param {(answer: Lines) => void} take notes which edition the document stands on
   */
  constructor(doc, take) {
    this.doc = doc
    this.take = take
  }

  /**
   * What tabs that are gone have left unsaved of this recording.
   * @returns {Promise<Left[]>}
   */
  async open() {
    const { source, version } = this.doc
    const owner = source.isOwn && account()
    if (!owner) return []
    this.#draft ??= new Draft(owner, source.key, version)
    if (!this.#channel) {
      this.#channel = new BroadcastChannel(CHANNEL)
      this.#channel.onmessage = ({ data }) => {
        if (data === SAVE_NOW) this.doc.autosave.flush()
        else if (data === SIGNED_OUT) this.doc.discard()
        else if (data === this.#place) this.#look()
      }
    }
    return this.#draft.left()
  }

  /** What tabs know this text by. */
  get #place() {
    return `${this.doc.source.key}/${this.doc.version}`
  }

  end() {
    this.#draft?.end()
    this.#draft = null
    this.#channel?.close()
    this.#channel = null
  }

  /** The recording is deleted, or somebody signed out: nothing of it is saved any more, and nothing is kept. */
  async discard() {
    this.#isDiscarded = true
    const draft = this.#draft
    this.#draft = null
    await draft?.drop()
    draft?.end()
    await dropDrafts(account(), [this.doc.source.key])
  }

  /* ---- drafts ---- */

  /** Keep what is not saved, or forget it once it is. */
  keep() {
    const { lines, saved } = this.doc
    if (isSame(lines, saved) && !this.conflict) this.#draft?.drop()
    else this.#draft?.keep({ lines, saved, sent: this.#sent })
  }

  /**
   * Take in what was left unsaved, over what the service has now.
   * @param {Left[]} left
   * @param {Lines} answer
   */
  restore(left, answer) {
    const { doc } = this
    const theirs = doc.saved
    for (const one of left) {
      if (this.#restoreOne(one, answer, theirs)) this.#draft?.take(one)
      else one.free() // until the others are saved
    }
    this.keep()
    this.#draft?.prepare(theirs)
  }

  /**
   * @param {Left} one
   * @param {Lines} answer
   * @param {Line[]} theirs
   * @returns {boolean} whether it is in the document now
   */
  #restoreOne(one, answer, theirs) {
    const { doc } = this
    if (this.conflict) return false
    const merged = merge(beginning(one.saved, one.sent, theirs), one.lines, doc.lines)
    if (!merged.places.length) {
      const lines = merged.lines()
      if (isSame(lines, doc.lines)) return true // it was saved after all
      doc.history.push(lines)
      this.news = { kind: 'kept' }
      doc.autosave.touch()
      return true
    }
    if (doc.lines !== theirs) return false
    doc.history.push(one.lines)
    doc.saved = one.saved
    this.conflict = { answer, theirs }
    doc.autosave.clash()
    return true
  }

  /* ---- what others save ---- */

  /**
   * Save, on top of what others have saved meanwhile. Rejects with their 409 where a person has to decide.
   * @param {() => Promise<void>} save
   */
  async save(save) {
    for (let tries = 1; !this.#isDiscarded; tries += 1) {
      this.#sent = [...this.#sent.slice(-MOST_SENT), this.doc.lines]
      try {
        await save()
        break
      } catch (failure) {
        const error = /** @type {Failed} */ (failure)
        if (this.#isDiscarded) return
        if (error.status && error.status < 500) this.#sent.pop() // it is certain that it did not arrive
        if (!isOvertaken(error)) throw failure
        const answer = await this.doc.source.lines()
        await composed()
        if (!this.#meet(answer)) throw failure
        if (isSame(this.doc.lines, this.doc.saved)) break
        if (tries === MOST_TRIES) throw Object.assign(new Error('others save all the time'), { status: 503, code: '' })
      }
    }
    this.#sent = []
    this.keep()
    this.#channel?.postMessage(this.#place)
  }

  /** Another tab has saved: look what, unless that is found out anyway. */
  async #look() {
    const { doc } = this
    const isBusy = () => doc.autosave.running !== null || this.conflict !== null || !doc.isLoaded
    if (isBusy()) return
    const answer = await doc.source.lines().catch(() => null)
    await composed()
    if (!answer || isBusy() || answer.edition < doc.edition) return
    if (this.#meet(answer)) this.keep()
    else doc.autosave.clash()
  }

  /**
   * Take in what others have saved. Returns whether that could be done without a person.
   * @param {Lines} answer
   */
  #meet(answer) {
    const { doc } = this
    const theirs = fromApi(answer)
    const base = beginning(doc.saved, this.#sent, theirs)
    const merged = merge(base, doc.lines, theirs)
    if (merged.places.length) {
      this.conflict = { answer, theirs }
      return false
    }
    this.#settle(answer, base, theirs)
    const isPending = !isSame(doc.lines, base)
    const lines = isPending ? merged.lines() : doc.saved
    if (!isSame(lines, doc.lines)) this.news = { kind: 'merged' }
    const { saved } = doc // and not theirs, of which every line would be kept once more
    doc.history.rebase(lines, (value) => merge(base, value, saved).lines())
    if (isSame(lines, saved) && !doc.autosave.running) doc.autosave.forget()
    doc.tell() // what is typed from now on is typed in these lines
    return true
  }

  /**
   * What is here stands on what others have saved from now on. Lines that they have not changed stay the same.
   * @param {Lines} answer
   * @param {Line[]} base
   * @param {Line[]} theirs
   */
  #settle(answer, base, theirs) {
    this.take(answer)
    this.doc.saved = merge(base, base, theirs).lines()
    this.doc.timesFetched += 1
    this.#sent = []
  }

  /** What is here and what others have saved, brought together; null where nothing is to be decided. */
  get merged() {
    const { lines, saved } = this.doc
    if (!this.conflict) return null
    if (this.#merged?.lines !== lines) {
      const { theirs } = this.conflict
      this.#merged = { lines, merged: merge(beginning(saved, this.#sent, theirs), lines, theirs) }
    }
    return this.#merged.merged
  }

  /**
   * Save what comes of it, as a person has decided, on top of what others have saved.
   * @param {Choice | Choice[]} choices
   */
  async decide(choices) {
    const { doc, conflict, merged } = this
    if (!conflict || !merged) return
    const lines = merged.lines(choices)
    this.conflict = null
    this.#merged = null
    this.#settle(conflict.answer, doc.saved, conflict.theirs)
    doc.history.push(lines)
    this.keep()
    if (isSame(lines, doc.saved)) doc.autosave.forget()
    else await doc.autosave.insist()
    doc.tell()
  }
}

/**
 * What mine and theirs both began from: if theirs is what was sent from here,
 * and only the answer was lost, that.
 * @param {Line[]} saved
 * @param {Line[][]} sent
 * @param {Line[]} theirs
 */
const beginning = (saved, sent, theirs) => sent.find((one) => isSame(one, theirs)) ?? saved
