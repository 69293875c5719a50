/** What a recording is, in one line. */

import { date, dateTime, languageName, t } from '../i18n.js'
import { FactsLine } from '../ui/facts.js'
import { Icon, kindIcon, Size } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { AssetView } from '../types.d.ts' */

/**
 * What it is and how much of it, language and day.
 * @param {{asset: AssetView}} props
 */
export const Facts = ({ asset }) =>
  html`<${FactsLine} parts=${[
    asset.kind &&
      html`<span class="kind"><${Icon} name=${kindIcon(asset.kind)} size="15" />${t(`kind.${asset.kind}`)}</span>`,
    Size({ asset }),
    asset.language && languageName(asset.language),
    html`<time datetime=${new Date(asset.created_at * 1000).toISOString()} title=${dateTime(asset.created_at)}>${date(asset.created_at)}</time>`,
  ]} />`
