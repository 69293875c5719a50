/** Undo and redo over values that never change. Typing in one line within a short time is one step. */

const MOST = 300
const TOGETHER_MS = 1500

/**
 * Where a change was: the character of a line.
 * @typedef {{id: number, offset?: number}} Focus
 */

/**
 * A value that one can go back or forward to; `carried`: how many changes of others are in it.
 * @template T
 * @typedef {{value: T, focus: Focus | null, carried: number}} Step
 */

/** @template T */
export class History {
  /** @type {Step<T>[]} */
  past = []
  /** @type {Step<T>[]} */
  future = []
  /** @type {((value: T) => T)[]} what others have changed, as done to a value that has it not */
  carries = []
  /** @type {{group: string, at: number} | null} */
  together = null

  /**
   * @param {T} first the value to begin with
   * @param {() => number} [now] milliseconds
   */
  constructor(first, now = () => Date.now()) {
    this.now = now
    this.value = first
  }

  /**
   * Begin anew with `value`: nothing can be undone.
   * @param {T} value
   */
  reset(value) {
    this.value = value
    this.past = []
    this.future = []
    this.carries = []
    this.together = null
  }

  get canUndo() {
    return this.past.length > 0
  }

  get canRedo() {
    return this.future.length > 0
  }

  /**
   * A new value. `focus` says where the change was, and is given back by undo and redo. Changes with the same
   * `group` (not null) that follow one another quickly are undone together.
   * @param {T} value
   * @param {Focus | null} [focus]
   * @param {string | null} [group]
   */
  push(value, focus = null, group = null) {
    if (value === this.value) return
    const at = this.now()
    const joins =
      group !== null && this.together?.group === group && at - this.together.at < TOGETHER_MS && this.canUndo
    if (!joins) {
      this.past.push({ value: this.value, focus, carried: this.carries.length })
      if (this.past.length > MOST) this.past.shift()
    }
    this.future = []
    this.value = value
    this.together = group === null ? null : { group, at }
  }

  /**
   * Put `value` in the place of the present one, as if it had been so all along (times that came from the service).
   * @param {T} value
   */
  amend(value) {
    this.value = value
  }

  /**
   * Others have changed the value, which is now `value`. That is no step: undo takes back what was done here and nothing
   * else, so each value that is gone to later is first carried over by `carry`.
   * @param {T} value
   * @param {(value: T) => T} carry
   */
  rebase(value, carry) {
    this.value = value
    if (this.canUndo || this.canRedo) this.carries.push(carry)
    this.together = null
  }

  /** Back one step. Returns {value, focus}, or null if there is none. */
  undo() {
    return this.#step(this.past, this.future)
  }

  /** Forward one step. Returns {value, focus}, or null if there is none. */
  redo() {
    return this.#step(this.future, this.past)
  }

  /**
   * @param {Step<T>[]} from
   * @param {Step<T>[]} to
   * @returns {{value: T, focus: Focus | null} | null}
   */
  #step(from, to) {
    const step = from.pop()
    if (!step) return null
    const { focus, carried } = step
    to.push({ value: this.value, focus, carried: this.carries.length })
    this.value = this.carries.slice(carried).reduce((value, carry) => carry(value), step.value)
    this.together = null
    return { value: this.value, focus }
  }
}
