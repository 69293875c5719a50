/**
 * The desk: one goes from held word to held word, hears each in its surroundings, and confirms or corrects it. A mode of the
 * transcript: its state, and what can be done in it. `panel.js` shows it.
 */

import { api } from '../../api.js'
import { floorPercent, t } from '../../i18n.js'
import { remember, remembered } from '../../remembering.js'
import { toast } from '../../ui.js'
import { useEffect, useMemo, useState } from '../../vendor/preact.js'
import { useLoop } from '../loop.js'
import { confirm, isConfirmed, whole } from '../model/confirmed.js'
import { wordAtOffset } from '../model/lines.js'
import { bare } from '../model/words.js'
import { choicesFor, noteCorrection } from './choices.js'
import { around, atOf, charactersOf, nextHeld, placeOf, writtenOver } from './held.js'
import { useKnown } from './known.js'
import { isInLexicon, offerFor } from './offer.js'
import { beginsSentence, changeOf, partsOf, placesOf, redressed } from './replacing.js'

/**
 * @import { RefObject } from '../../types.d.ts'
 * @import { TranscriptDocument } from '../document.js'
 * @import { Place } from '../model/times.js'
 * @import { Playback } from '../playback.js'
 * @import { TranscriptView } from '../transcript-view.js'
 * @import { At } from './held.js'
 * @import { Offer } from './offer.js'
 * @typedef {{wanted: string, instead: string, follows: boolean}} Replacement what is looked for and what is written instead;
 *   whether the capital of it is only that of a sentence
 * @typedef {{replacement: Replacement, others: number, offer: Offer | null, added: {language: string, id: string} | null}}
 *   Notice what can be done with the last correction
 * @typedef {ReturnType<typeof useDesk>} Desk
 */

/** How a word is played: its speed, or not at all. */
export const SOUNDS = ['1', '0.75', '0.5', 'off']

/** Words that are meant by themselves, wherever they stand. */
export const WHOLE_WORDS = { isWhole: true, matchCase: false, matchAccents: true }

/**
 * @param {{doc: TranscriptDocument, view: RefObject<TranscriptView>, playback: Playback, language: string | undefined,
 *   mayUse: boolean, say: (text: string) => void, onReplace: (replacement: Replacement) => void,
 *   onLeave: (place: {id: number, offset: number} | null) => void}} props
 */
export function useDesk({ doc, view, playback, language, mayUse, say, onReplace, onLeave }) {
  const [at, setAt] = useState(/** @type {At | null} */ (null))
  const [isDone, setDone] = useState(false)
  const [visit, setVisit] = useState(0) // counts how often a word was gone to: its field begins anew then
  const [sound, setSound] = useState(() => remembered('desk-sound', '1'))
  const [notice, setNotice] = useState(/** @type {Notice | null} */ (null))
  const isOpen = mayUse && (at !== null || isDone)
  const known = useKnown(doc, doc.language ?? language, isOpen)
  const loop = useLoop(playback)

  useEffect(() => {
    if (mayUse) return
    setAt(null)
    setDone(false)
  }, [mayUse])

  const { lines } = doc
  const place = useMemo(() => (at && mayUse ? placeOf(lines, at) : null), [at, lines, mayUse])
  const line = place && lines[place.line]
  const word = line?.words[place?.word ?? 0]
  const choices = useMemo(() => (place && line ? choicesFor(line, place.word, known) : []), [place, line, known])

  const play = (/** @type {Place} */ { line: index, word: which }, how = sound) => {
    const said = doc.lines[index].words[which]
    if (how === 'off') playback.seek(said.start)
    else loop.current?.play(said, { rate: Number(how) })
  }
  const mark = (/** @type {Place | null} */ to) => {
    if (!to) {
      view.current?.setMarks([])
      return
    }
    const [from, end] = charactersOf(doc.lines[to.line], to.word)
    view.current?.setMarks([{ id: doc.lines[to.line].id, from, to: end, isCurrent: true }])
  }
  const go = (/** @type {Place | null} */ to) => {
    setVisit((count) => count + 1)
    setDone(to === null)
    setAt(to && atOf(doc.lines, to))
    mark(to)
    if (!to) {
      loop.current?.stop()
      say(t('desk.done'))
      return
    }
    view.current?.setFollow(false)
    view.current?.show(to.line)
    play(to)
    const gone = doc.lines[to.line]
    const [from, end] = charactersOf(gone, to.word)
    const { before, text, after } = around(gone, from, end)
    const sure = floorPercent(gone.words[to.word].confidence)
    const { length: count } = choicesFor(gone, to.word, known)
    const more = count ? ` ${t('desk.said-choices', { count })}` : ''
    say(t('desk.said', { text, sure, context: before + text + after }) + more)
  }
  const next = (/** @type {Place} */ from, /** @type {1 | -1} */ step = 1) => go(nextHeld(doc.lines, from, step))

  /** Where somebody is who opens the desk: at the caret, at what is said, or at the line that Tab reaches. */
  const here = () => {
    const caret = view.current?.caret()
    const lit = view.current?.lit
    if (!caret && lit && playback.isPlaying) return { line: lit.line, word: lit.word - 1 }
    const index = doc.lines.findIndex(({ id }) => id === (caret?.id ?? view.current?.active))
    if (index < 0) return { line: 0, word: -1 }
    return { line: index, word: caret ? wordAtOffset(doc.lines[index], caret.offset) - 1 : -1 }
  }
  const open = (/** @type {1 | -1} */ step) => {
    if (!mayUse) return
    if (place) {
      next(place, step)
      return
    }
    const from = here()
    const found = nextHeld(doc.lines, step > 0 ? from : { line: from.line, word: from.word + 1 }, step)
    if (found) go(found)
    else toast(t('asset.unsure.none'))
  }
  const leave = () => {
    if (!isOpen) return
    const left = place && line ? { id: line.id, offset: charactersOf(line, place.word)[0] } : null
    loop.current?.stop()
    setAt(null)
    setDone(false)
    setNotice(null)
    mark(null)
    onLeave(left)
  }

  /**
   * Take the word, or several from it on, as it is written now, and go on to the next.
   * @param {string} typed
   * @param {number} [count] words that it is written for
   */
  const take = (typed, count = 1) => {
    if (!place || !line) return
    const [from, to] = charactersOf(line, place.word, count)
    const was = line.text.slice(from, to)
    const is = redressed(partsOf(was), typed.trim())
    const focus = { id: line.id, offset: from }
    if (is === was) {
      const span = { id: line.id, first: place.word, last: Math.min(place.word + count, line.words.length) - 1 }
      doc.put(confirm(lines, [span], true), focus)
      next({ line: place.line, word: span.last })
      return
    }
    const changed = writtenOver(lines, place.line, from, to, is)
    noteCorrection(known.corrected, was, is)
    doc.put(changed, focus)
    setNotice(noticeOf(was, is, from))
    const last = is ? wordAtOffset(changed[place.line], from + is.length - 1) : place.word - 1
    next({ line: place.line, word: last })
  }

  /**
   * What can be done with a correction, beside it.
   * @param {string} was
   * @param {string} is
   * @param {number} from
   * @returns {Notice | null}
   */
  const noticeOf = (was, is, from) => {
    const change = changeOf(was, is)
    if (!line || !change.was || !change.is || change.was === change.is) return null
    const others = placesOf(doc.lines, change.was, WHOLE_WORDS).filter((one) => !one.isConfirmed).length
    const times = known.corrected.get(bare(change.was))?.get(change.is) ?? 0
    const offer = offerFor(line, from, was, is, {
      times: times + others,
      language: doc.language ?? language,
      lexicon: known.lexicon,
    })
    if (!others && !offer) return null
    const replacement = { wanted: change.was, instead: change.is, follows: beginsSentence(line, from) }
    return { replacement, others, offer, added: null }
  }
  /** The lexicon may come only after the correction that it knows. */
  const current = () => {
    if (!notice?.offer || notice.added || !isInLexicon(known.lexicon, notice.offer)) return notice
    return notice.others ? { ...notice, offer: null } : null
  }
  /** What became of an offer; another correction may have one of its own by now. */
  const noteAdded = (/** @type {Offer | null} */ offer, /** @type {Notice['added']} */ added) =>
    setNotice((now) => (now?.offer === offer ? { ...now, added } : now))
  const replaceAll = () => notice?.others && onReplace(notice.replacement)
  const add = async () => {
    if (!notice?.offer || notice.added) return
    const { offer } = notice
    const { text, heard, language: code } = offer
    try {
      const { entries } = await api.put(`/lexicon/${code}`, { entries: [{ text, heard_as: [heard] }] })
      known.setLexicon(entries.filter((one) => one.language === code))
      const id = entries.find((one) => one.language === code && one.text === text)?.id
      noteAdded(offer, id ? { language: code, id } : null)
      say(t('desk.offer.added', { text }))
    } catch {
      toast(t('desk.offer.failed'), 'bad')
    }
  }
  const takeBack = async () => {
    if (!notice?.added) return
    const { offer } = notice
    const { language: code, id } = notice.added
    try {
      await api.delete(`/lexicon/${code}/${id}`)
      known.setLexicon(known.lexicon.filter((one) => one.id !== id))
      noteAdded(offer, null)
      say(t('desk.offer.taken-back'))
    } catch {
      toast(t('desk.offer.failed'), 'bad')
    }
  }

  return {
    isOpen,
    isDone,
    visit,
    at,
    place,
    line,
    word,
    choices,
    sound,
    notice: current(),
    open,
    leave,
    take,
    replaceAll,
    add,
    takeBack,
    /** The word is right as it stands. */
    right: () => place && line && take(partsOf(line.text.slice(...charactersOf(line, place.word))).core),
    /** All of the line is right as it stands. */
    takeLine: () => {
      if (!place || !line) return
      if (!isConfirmed(lines, [whole(line)]))
        doc.put(confirm(lines, [whole(line)], true), { id: line.id, offset: charactersOf(line, place.word)[0] })
      next({ line: place.line, word: line.words.length - 1 })
    },
    skip: (/** @type {1 | -1} */ step) => place && next(place, step),
    again: () => place && play(place),
    stop: () => loop.current?.stop(),
    /** @param {string} how */
    setSound: (how) => {
      remember('desk-sound', how)
      setSound(how)
      if (how === 'off') loop.current?.stop()
      else if (place) play(place, how)
    },
    /**
     * Go to a word that somebody points at, held or not.
     * @param {number} id
     * @param {number} which
     */
    goTo: (id, which) => {
      const index = doc.lines.findIndex((one) => one.id === id)
      if (index >= 0 && doc.lines[index].words[which]) go({ line: index, word: which })
    },
    /** @param {-1 | 1} step undo or redo, and go where that was */
    history: (step) => {
      const changed = step < 0 ? doc.undo() : doc.redo()
      setNotice(null)
      const index = doc.lines.findIndex((one) => one.id === changed?.id)
      if (index >= 0 && doc.lines[index].words.length)
        go({ line: index, word: Math.max(0, wordAtOffset(doc.lines[index], changed?.offset ?? 0)) })
    },
    /** Others were replaced: what the notice says of them is done. */
    replaced: () => {
      setNotice((now) => (now?.offer ? { ...now, others: 0 } : null))
      const found = at && placeOf(doc.lines, at)
      // The word that was gone to may be one of them.
      if (found && doc.lines[found.line].words[found.word].confirmed) next(found)
      else if (found) mark(found)
    },
  }
}
