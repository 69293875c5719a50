/** Where something stands in a recording, and who said it. */

import { clock } from '../asset/model/format.js'
import { linkTo } from '../asset/model/quotes.js'
import { labelNumber } from '../asset/model/speakers.js'
import { hasText, number, t } from '../i18n.js'
import { html } from '../vendor/preact.js'

/** @import { Children, MatchView } from '../types.d.ts' */

/**
 * One place: a link that plays from there on, or as far as `isExact` says exactly it, or that leads to its page; and
 * what is said there.
 * @param {{place: Pick<MatchView, 'start' | 'end' | 'page' | 'track' | 'speaker'>, href: string, kind?: string | null, isExact?: boolean, children?: Children}} props
 */
export function PlaceLine({ place: { start, end, page, track, speaker }, href, kind, isExact, children }) {
  const label = speaker ? labelNumber(speaker) : null
  const name = label === null ? speaker : t('search.speaker-number', { n: label })
  const isMoment = start !== undefined && start !== null
  const isStretch = isExact && isMoment && typeof end === 'number' && end > start
  return html`<li>
    ${
      isMoment
        ? html`<a class="numbers" href=${isStretch ? linkTo(href, { start, end }) : `${href}?t=${start}`} aria-label=${t('place.play', { time: clock(start) })}>${clock(start)}</a>`
        : html`<a class="numbers" href="${href}${page ? `?page=${page}` : ''}">${page ? t('place.page', { number: number(page) }) : t(kind === 'image' ? 'kind.image' : 'place.whole')}</a>`
    }
    <p dir="auto">${hasText(`seen.${track}`) && html`<span class="small muted in-track">${t(/** @type {any} */ (`seen.${track}`))}</span> `}${name && html`<b class="small said-by"><bdi>${name}</bdi></b> `}${children}</p>
  </li>`
}
