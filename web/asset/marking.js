/** What is done with words that were chosen in a transcript, and the playing of exactly these words. */

import { locale, t } from '../i18n.js'
import { errorText, toast, useLoad, usePoll } from '../ui.js'
import { useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { clock } from './model/format.js'
import { linkTo, taken } from './model/quotes.js'
import { playStretch } from './model/stretch.js'
import { speakerName } from './speakers.js'

/**
 * @import { MarkView } from '../types.d.ts'
 * @import { Line } from './model/lines.js'
 * @import { Stretch, Taken } from './model/quotes.js'
 * @import { Playback } from './playback.js'
 * @import { Source } from './source.js'
 * @import { Taking } from './transcript/chosen.js'
 * @typedef {ReturnType<typeof useMarks>} Marks
 */

/** The address of the page that is shown, without what it asks for. */
export const pageAddress = () => location.href.split('?')[0]

/**
 * What plays words, one stretch at a time.
 * @param {Playback} playback
 */
export function usePlaying(playback) {
  const stop = useRef(() => {})
  useEffect(() => () => stop.current(), [playback])
  return (/** @type {Stretch} */ stretch) => {
    stop.current()
    stop.current = playStretch(playback, stretch)
  }
}

/**
 * The marks on a recording, for its owner and the people with whom it is shared; looked for anew whenever its words are others.
 * @param {Source} source
 * @param {boolean} isReady
 * @param {string} edition
 */
export function useMarks(source, isReady, edition) {
  const own = 'makeMark' in source && isReady ? source : null
  const { data, error, reload, set, change } = useLoad(
    (signal) => (own ? own.marks(signal) : Promise.resolve(null)),
    [source.key, isReady, edition, locale()].join(),
  )
  const marks = useMemo(() => data?.marks ?? [], [data])
  const isMaking = marks.some(({ clips }) => clips?.some(({ state }) => state === 'waiting' || state === 'making'))
  usePoll(async () => own && set(await own.marks(undefined)), isMaking)
  useEffect(() => {
    if (!own) return
    window.addEventListener('focus', reload) // somebody else may have said something
    return () => window.removeEventListener('focus', reload)
  }, [Boolean(own), reload])
  const others = (/** @type {MarkView[]} */ all, /** @type {string} */ id) => all.filter((one) => one.id !== id)
  /** A new one, or what became of one: of one that was deleted meanwhile nothing is shown again. */
  const put = (/** @type {MarkView} */ mark) => {
    if (!data) return reload()
    const isNew = !marks.some(({ id }) => id === mark.id)
    change((now) => {
      if (!now || (!isNew && !now.marks.some(({ id }) => id === mark.id))) return now
      return { ...now, marks: [...others(now.marks, mark.id), mark].sort((one, other) => one.start - other.start) }
    })
  }
  const drop = (/** @type {string} */ id) => change((now) => now && { ...now, marks: others(now.marks, id) })
  return { own, marks, formats: data?.formats ?? [], isLoaded: Boolean(data), error, reload, put, drop }
}

/**
 * What is done with words that were chosen in the transcript.
 * @param {{lines: () => Line[], marks: Marks, say: (text: string) => void}} given
 */
export function useTaking({ lines, marks, say }) {
  const [commented, comment] = useState(/** @type {Taken | null} */ (null))
  const make = async (/** @type {'quote' | 'highlight'} */ kind, /** @type {Taken} */ { start, end }) => {
    try {
      const mark = await marks.own?.makeMark({ kind, start, end, ...(kind === 'highlight' && { colour: 'yellow' }) })
      if (mark) marks.put(mark)
      say(t(`quotes.done.${kind}`))
      toast(t(`quotes.done.${kind}`))
    } catch (error) {
      toast(errorText(error), 'bad')
    }
  }
  const take = (/** @type {Taking} */ what, /** @type {import('./model/confirmed.js').Span[]} */ spans) => {
    const words = taken(lines(), spans)
    if (!words) return
    if (what === 'copy') copy(asText(words))
    else if (what === 'link') copy(linkTo(pageAddress(), words))
    else if (what === 'comment') comment(words)
    else make(what, words)
  }
  return { take, commented, closeComment: () => comment(null) }
}

/** @param {string} text */
const copy = (text) =>
  navigator.clipboard.writeText(text).then(
    () => toast(t('ui.copied')),
    () => toast(t('ui.copy-failed'), 'bad'),
  )

/**
 * Words as somebody puts them into a text of their own: with who says them, and when.
 * @param {Taken} words
 */
export function asText({ text, speaker, start }) {
  const time = clock(start)
  return speaker === null
    ? t('quotes.text-unknown', { text, time })
    : t('quotes.text', { text, time, name: speakerName(speaker) })
}
