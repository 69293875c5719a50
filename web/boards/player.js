/** The player of a board: one for all of its quotes, whichever recording they are from. */

import { api } from '../api.js'
import { usePlaying } from '../asset/marking.js'
import { Playback } from '../asset/playback.js'
import { useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { playedOf } from './model.js'

/** @import { BoardEntryView, Failed, QuoteView } from '../types.d.ts' */

const EARLY = 5000 // ms before the end of an address from which on another is asked for

/** Plays exactly the words of an entry. `media` is the ref of the element that it is played by. */
export function usePlayer() {
  const playback = useMemo(() => new Playback(), [])
  const media = useRef(/** @type {HTMLVideoElement | null} */ (null))
  const address = useRef({ source: '', until: 0 })
  const wanted = useRef('')
  const [played, setPlayed] = useState(/** @type {BoardEntryView | null} */ (null))
  const [isPlaying, setPlaying] = useState(false)
  const [error, setError] = useState(/** @type {Failed | null} */ (null))
  const playWords = usePlaying(playback)
  useEffect(() => (media.current ? playback.attach(media.current) : undefined), [])

  const play = async (/** @type {BoardEntryView} */ entry) => {
    const quote = /** @type {QuoteView} */ (entry.quote)
    const preset = presetOf(quote)
    const element = media.current
    if (!preset || !element) return
    wanted.current = entry.id
    setPlayed(entry)
    setError(null)
    try {
      const source = `${entry.asset}/${preset}`
      if (address.current.source !== source || Date.now() > address.current.until) {
        element.pause()
        const found = await api.get(
          `/assets/${encodeURIComponent(entry.asset ?? '')}/media/${encodeURIComponent(preset)}`,
        )
        if (wanted.current !== entry.id) return // somebody has gone on to another meanwhile
        address.current = { source, until: Date.now() + found.expires_in * 1000 - EARLY }
        const begin = () => {
          element.currentTime = playback.asked
        }
        element.addEventListener('loadedmetadata', begin, { once: true })
        element.src = found.url
      }
      playWords(quote)
    } catch (failure) {
      setError(/** @type {Failed} */ (failure))
    }
  }
  const stop = () => {
    wanted.current = ''
    media.current?.pause()
  }
  const events = { onPlay: () => setPlaying(true), onPause: () => setPlaying(false), onEnded: () => setPlaying(false) }
  return { media, events, played, isPlaying, error, play, stop }
}

/** The rendition of a quote's recording that is played. @param {QuoteView} quote */
export const presetOf = (quote) => playedOf(quote.renditions, api.config.presets)
