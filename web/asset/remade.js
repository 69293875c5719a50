/** Of which version of the text the summary and what was found in it are, and when they are made anew. */

import { dateTime, t } from '../i18n.js'
import { html, useEffect, useRef } from '../vendor/preact.js'

/** @import { Analysis, MadeFrom as Origin } from '../types.d.ts' */

const SETTLED_MS = 20_000 // so long after a save it is asked whether what was made of the text is still of this one
const DUE_MS = 60_000

/**
 * From which text the summary, or what was found, was made; and what becomes of it where that has been changed since.
 * @param {{analysis: Analysis}} props
 */
export function MadeFrom({ analysis: { summary_made_from: summary, made_from: found, not_remade: why } }) {
  const first = summary ?? found
  if (!first) return null
  const isApart = summary && found && summary.edition !== found.edition
  const outdated = [summary, found].filter((one) => one?.is_outdated)
  const isDue = outdated.some((one) => one?.is_due)
  return html`<p class="small muted made-from">${textOf(first, '')}${isApart && html` ${textOf(found, 'rest-')}`}
    ${outdated.length > 0 && html` <strong>${isDue ? t('asset.remade.due') : t('asset.remade.stays')}</strong>${!isDue && why && html` ${why.message}`}`}</p>`
}

/** @param {Origin} origin @param {string} which */
const textOf = ({ edition, at }, which) =>
  edition && at !== undefined
    ? t(`asset.remade.${which}made`, { moment: dateTime(at) })
    : t(`asset.remade.${which}made-heard`)

/**
 * Ask again for what was found when the text has been changed, and while it is being made anew.
 * @param {Analysis | null | undefined} analysis
 * @param {number} edition
 * @param {() => void} reload
 */
export function useRemade(analysis, edition, reload) {
  const known = useRef(edition)
  useEffect(() => {
    if (known.current === edition) return undefined
    const timer = setTimeout(() => {
      known.current = edition
      reload()
    }, SETTLED_MS)
    return () => clearTimeout(timer)
  }, [edition])
  const isDue = Boolean(analysis?.made_from?.is_due || analysis?.summary_made_from?.is_due)
  useEffect(() => {
    if (!isDue) return undefined
    const timer = setInterval(reload, DUE_MS)
    return () => clearInterval(timer)
  }, [isDue])
}
