/**
 * The time of the recording, which the player, the transcript and the plot share. While it plays, everybody who
 * listens is called once a frame; `timeupdate` (four times a second) would light words up too late.
 */

export class Playback {
  constructor() {
    this.media = null
    this.listeners = new Set()
    this.asked = 0 // the time while there is no media yet, and what a new source begins at
    this.frame = 0
    this.tick = () => {
      this.#tell()
      this.frame = this.isPlaying ? requestAnimationFrame(this.tick) : 0
    }
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

  /** Take over a media element. Returns a function that lets go of it. */
  attach(media) {
    this.media = media
    const run = () => {
      if (!this.frame) this.tick()
    }
    const events = ['play', 'playing', 'pause', 'seeking', 'seeked', 'ended', 'timeupdate']
    events.forEach((name) => media.addEventListener(name, run))
    return () => {
      this.asked = this.time
      events.forEach((name) => media.removeEventListener(name, run))
      cancelAnimationFrame(this.frame)
      this.frame = 0
      if (this.media === media) this.media = null
    }
  }

  /** Call `listener(seconds)` whenever the time changes. Returns a function that stops that. */
  listen(listener) {
    this.listeners.add(listener)
    return () => this.listeners.delete(listener)
  }

  /** Go to a time. */
  seek(time) {
    const end = Number.isFinite(this.duration) ? this.duration : Infinity
    this.asked = Math.min(Math.max(0, time), end)
    if (this.media?.readyState) this.media.currentTime = this.asked
    this.#tell()
  }

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
    this.listeners.forEach((listener) => listener(time))
  }
}
