/**
 * The time of the recording, which the player, the transcript and the plot share. While it plays, everybody who
 * listens is called once a frame; `timeupdate` (four times a second) would light words up too late.
 */

export class Playback {
  /** @type {Playback | null} of the page that is shown, for dialogs that have no other way to it */
  static current = null

  /** @type {HTMLMediaElement | null} */
  media = null
  /** @type {Set<(seconds: number) => void>} */
  listeners = new Set()
  asked = 0 // the time while there is no media yet, and what a new source begins at
  frame = 0

  tick = () => {
    this.#tell()
    this.frame = this.isPlaying ? requestAnimationFrame(this.tick) : 0
  }

  /** Seconds. */
  get time() {
    return this.media?.readyState ? this.media.currentTime : this.asked
  }

  /** Seconds; NaN while it is not known. */
  get duration() {
    return this.media?.duration ?? Number.NaN
  }

  get isPlaying() {
    return Boolean(this.media && !this.media.paused && !this.media.ended)
  }

  /**
   * Take over a media element. Returns a function that lets go of it.
   * @param {HTMLMediaElement} media
   */
  attach(media) {
    this.media = media
    Playback.current = this
    const run = () => {
      if (this.frame)
        this.#tell() // there are no frames while the page is out of sight
      else this.tick()
    }
    const events = ['play', 'playing', 'pause', 'seeking', 'seeked', 'ended', 'timeupdate']
    for (const name of events) media.addEventListener(name, run)
    return () => {
      this.asked = this.time
      for (const name of events) media.removeEventListener(name, run)
      cancelAnimationFrame(this.frame)
      this.frame = 0
      if (this.media === media) this.media = null
      if (Playback.current === this && !this.media) Playback.current = null
    }
  }

  /**
   * Call `listener(seconds)` whenever the time changes. Returns a function that stops that.
   * @param {(seconds: number) => void} listener
   * @returns {() => void}
   */
  listen(listener) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /**
   * Go to a time.
   * @param {number} time in seconds
   */
  seek(time) {
    const end = Number.isFinite(this.duration) ? this.duration : Infinity
    this.asked = Math.min(Math.max(0, time), end)
    if (this.media?.readyState) this.media.currentTime = this.asked
    this.#tell()
  }

  /** @param {number} seconds */
  skip(seconds) {
    this.seek(this.time + seconds)
  }

  toggle() {
    if (!this.media) return
    if (this.isPlaying) this.media.pause()
    else this.play()
  }

  /** Play; a browser may refuse that without a gesture, which is no error of ours. */
  play() {
    this.media?.play()?.catch(() => {})
  }

  #tell() {
    const time = this.time
    for (const listener of this.listeners) listener(time)
  }
}
