/** A short stretch of the recording, played once or a few times with a pause in between: to hear a word in its surroundings. */

import { useEffect, useRef } from '../vendor/preact.js'

/** @import { Playback } from './playback.js' */

const BEFORE = 1.2 // seconds that are played before the word
const AFTER = 0.8 // and after it
const PAUSE_MS = 700
const ROUNDS = 3
const SLACK = 0.35 // seconds outside of the stretch from which on somebody has gone elsewhere

/**
 * What is played for a word.
 * @param {{start: number, end: number}} word
 */
export const stretchOf = ({ start, end }) => ({ from: Math.max(0, start - BEFORE), to: end + AFTER })

export class Loop {
  /** @type {{from: number, to: number, left: number, rate: number} | null} */
  #playing = null
  /** @type {ReturnType<typeof setTimeout> | undefined} */
  #waiting
  #rateBefore = 1

  /** @param {Playback} playback */
  constructor(playback) {
    this.playback = playback
    this.deaf = playback.listen((time) => this.#check(time))
  }

  destroy() {
    this.stop()
    this.deaf()
  }

  /**
   * Play a word, or several, instead of what was played before.
   * @param {{start: number, end: number}} word
   * @param {{rate?: number, rounds?: number}} [how] `rate`: 1 as fast as it was said
   */
  play(word, { rate = 1, rounds = ROUNDS } = {}) {
    this.stop()
    this.#rateBefore = this.playback.media?.playbackRate ?? 1
    this.#playing = { ...stretchOf(word), left: rounds, rate }
    this.#round()
  }

  /** Be silent, at the place where it is. */
  stop() {
    clearTimeout(this.#waiting)
    if (!this.#playing) return
    this.#playing = null
    const { media } = this.playback
    if (!media) return
    media.pause()
    media.playbackRate = this.#rateBefore
  }

  #round() {
    const { media } = this.playback
    if (!this.#playing) return
    this.#waiting = undefined
    this.playback.seek(this.#playing.from)
    if (media) media.playbackRate = this.#playing.rate
    this.playback.play()
  }

  /** @param {number} time */
  #check(time) {
    const playing = this.#playing
    if (!playing || this.#waiting !== undefined) return
    const isElsewhere = time < playing.from - SLACK || time > playing.to + SLACK
    const isOver = time >= playing.to || Boolean(this.playback.media?.ended)
    if (isElsewhere && !isOver) this.#letGo()
    else if (isOver) {
      this.playback.media?.pause()
      playing.left -= 1
      if (playing.left > 0) this.#waiting = setTimeout(() => this.#round(), PAUSE_MS)
      else this.#letGo()
    } else if (this.playback.media?.paused && this.playback.media.readyState > 0 && time > playing.from) {
      this.#letGo() // somebody has stopped it
    }
  }

  /** Leave the recording as whoever took over has it. */
  #letGo() {
    this.#playing = null
    if (this.playback.media) this.playback.media.playbackRate = this.#rateBefore
  }
}

/**
 * One for what is shown now, silent once that is gone.
 * @param {Playback | null} playback nothing is heard without
 */
export function useLoop(playback) {
  const loop = useRef(/** @type {Loop | null} */ (null))
  useEffect(() => {
    if (!playback) return undefined
    const made = new Loop(playback)
    loop.current = made
    return () => {
      made.destroy()
      loop.current = null
    }
  }, [playback])
  return loop
}
