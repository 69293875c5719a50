/** What one may use, and how one wants to be told: allowances, mail, language, time zone, cost. */

import { api } from '../api.js'
import { bytes, isLanguage, LANGUAGES, language, locale, month, number, setLanguage, t } from '../i18n.js'
import { Combobox } from '../ui/combobox.js'
import { Button, Checkbox, ErrorNote, Form, Meter, SelectField, TextField, toast, useAction } from '../ui.js'
import { html, useEffect, useMemo, useRef, useState } from '../vendor/preact.js'
import { zonesFor, zonesIn, zoneText } from '../zones.js'
import { Section } from './section.js'

/** @import { Me, MeChanges, QuotaView } from '../types.d.ts' */

/** @param {{quota: QuotaView}} props */
export const Quota = ({ quota }) => html`<${Section} name="quota">
  <p class="muted">${t('settings.quota-month', { month: month(quota.month) })}</p>
  <${Meter} label=${t('settings.minutes')} ...${quota.minutes} format=${(/** @type {number} */ value) => number(value, { maximumFractionDigits: 0 })} />
  <${Meter} label=${t('settings.bytes')} ...${quota.bytes} format=${bytes} />
  <${Meter} label=${t('settings.in-flight')} ...${quota.in_flight} format=${number} />
<//>`

/** @param {{me: Me, setMe: (me: Me) => void}} props */
export function Profile({ me, setMe }) {
  const zoneId = 'time-zone'
  const [form, setForm] = useState({
    delivery: me.delivery,
    invitations: me.invitations,
    comments: me.comments,
    language: isLanguage(me.language) ? me.language : language(),
    time_zone: me.time_zone,
    limit: me.cost_limit_usd ?? '',
  })
  const set = (/** @type {string} */ name) => (/** @type {string | boolean} */ value) =>
    setForm({ ...form, [name]: value })
  useEffect(() => {
    const { language: chosen } = me // in the page's head, perhaps
    if (isLanguage(chosen)) setForm((now) => ({ ...now, language: chosen }))
  }, [me.language])
  const [save, isBusy, error] = useAction(async () => {
    if (!form.time_zone) return document.getElementById(zoneId)?.focus() // the field says what is missing
    const { limit, invitations, ...others } = form
    const rest = invitations === me.invitations ? others : { ...others, invitations }
    // Of time zones the API's description names two.
    const wanted = /** @type {MeChanges} */ (rest)
    setMe(await api.put('/me', { ...wanted, cost_limit_usd: limit === '' ? null : Number(limit) }))
    if (form.language !== language()) await setLanguage(form.language, true)
    toast(t('settings.saved'))
  })
  const zones = useZones(form.time_zone)
  return html`<${Section} name="profile">
    <${Form} onSubmit=${save}>
      <${SelectField} label=${t('settings.delivery')} hint=${t('settings.delivery-hint')} value=${form.delivery} onChange=${set('delivery')}
        options=${api.config.delivery.map((one) => [one, t(`delivery.${one}`)])} />
      <${Checkbox} label=${t('settings.invitations')} checked=${form.invitations} disabled=${!me.email_verified} onChange=${set('invitations')} />
      <${Checkbox} label=${t('settings.comments')} checked=${form.comments} onChange=${set('comments')} />
      <${SelectField} label=${t('settings.language')} hint=${t('settings.language-hint')} value=${form.language} onChange=${set('language')} options=${Object.entries(LANGUAGES)} />
      <${Combobox} id=${zoneId} label=${t('settings.time-zone')} hint=${t('settings.time-zone-hint')} value=${form.time_zone} textOf=${zones.textOf} optionsFor=${zones.optionsFor} onChange=${set('time_zone')}
        none=${t('settings.time-zone-none')} problem=${form.time_zone ? undefined : t('settings.time-zone-choose')} />
      <${TextField} label=${t('settings.cost-limit')} hint=${t('settings.cost-limit-hint')} problem=${error?.field === 'cost_limit_usd' ? error.message : undefined}
        type="number" min="0" step="0.01" inputmode="decimal" value=${form.limit} onInput=${set('limit')} />
      <${ErrorNote} error=${error} />
      <${Button} type="submit" variant="primary" busy=${isBusy}>${t('ui.save')}<//>
    <//>
  <//>`
}

/**
 * The time zones, worked out when somebody first looks for one: that takes a moment.
 * @param {string} [kept] the one that is set, whether this browser lists it or not
 */
function useZones(kept) {
  const all = useRef(/** @type {ReturnType<typeof zonesIn> | null} */ (null))
  const tongue = locale()
  useMemo(() => {
    all.current = null
  }, [tongue])
  const zones = () => {
    all.current ??= zonesIn(tongue, new Date(), kept ? [kept] : [])
    return all.current
  }
  return {
    textOf: (/** @type {string} */ id) => {
      const [found] = zonesIn(tongue, new Date(), [id], [id])
      return found ? zoneText(found) : id
    },
    optionsFor: (/** @type {string} */ text) =>
      zonesFor(zones(), text).map((zone) => ({ value: zone.id, text: zoneText(zone) })),
  }
}
