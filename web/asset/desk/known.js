/** What of the account and of the recording helps to correct: fetched when the desk is opened. */

import { api, query } from '../../api.js'
import { bareCode } from '../../lexicon.js'
import { useEffect, useMemo, useState } from '../../vendor/preact.js'
import { fromApi } from '../model/lines.js'
import { correctedIn } from './choices.js'

/**
 * @import { EntryView, LearntView } from '../../types.d.ts'
 * @import { TranscriptDocument } from '../document.js'
 * @import { Corrected } from './choices.js'
 */

/**
 * The lexicon of the recording's language, what was learnt, and what was corrected in the recording. Without any of it
 * the desk works all the same.
 * @param {TranscriptDocument} doc
 * @param {string | undefined} language
 * @param {boolean} isWanted
 */
export function useKnown(doc, language, isWanted) {
  const [lexicon, setLexicon] = useState(/** @type {EntryView[]} */ ([]))
  const [learnt, setLearnt] = useState(/** @type {LearntView[]} */ ([]))
  const [corrected, setCorrected] = useState(() => /** @type {Corrected} */ (new Map()))
  const code = language ? bareCode(language) : undefined
  useEffect(() => {
    if (!isWanted) return undefined
    const leaving = new AbortController()
    // Who leaves in between gets answers that are none.
    const nothing = () => {}
    const { signal } = leaving
    if (code) {
      const entries = api.get(`/lexicon${query({ language: code })}`, { signal })
      entries.then((found) => setLexicon(found.entries)).catch(nothing)
      const learning = api.get('/me/learning', { signal })
      learning.then((found) => setLearnt(found.learnt.filter((one) => one.language === code))).catch(nothing)
    }
    if (doc.edition > 0) {
      const heard = doc.source.lines(0, signal)
      heard.then((found) => setCorrected(correctedIn(fromApi(found), doc.lines))).catch(nothing)
    }
    return () => leaving.abort()
  }, [doc, code, isWanted])
  return useMemo(() => ({ lexicon, learnt, corrected, setLexicon }), [lexicon, learnt, corrected])
}
