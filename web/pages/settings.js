/** The settings, in parts that one can jump to. */

import { t } from '../i18n.js'
import { Address, Password } from '../settings/account.js'
import { Erase, Export } from '../settings/leaving.js'
import { Links } from '../settings/links.js'
import { Profile, Quota } from '../settings/profile.js'
import { Keys, Webhook } from '../settings/programs.js'
import { Section } from '../settings/section.js'
import { hasVoices, useVoices, Voices } from '../settings/voices.js'
import { Menu, PageTitle, Spinner } from '../ui.js'
import { html, useCallback, useEffect, useRef, useState } from '../vendor/preact.js'
import { LearningSettings } from './learning.js'
import { MailSettings } from './mail.js'

/** @import { Me } from '../types.d.ts' */

/** Milliseconds after a jump in which what loads above must not move its part away, nor another be marked. */
const SETTLES = 1500

/** @param {{me?: Me, setMe: (me: Me) => void, section: string | null}} props section: the one to begin at */
export function SettingsPage({ me, setMe, section }) {
  return html`<${PageTitle} title=${t('nav.settings')} />
    ${me ? html`<${Parts} me=${me} setMe=${setMe} section=${section} />` : html`<${Spinner} />`}`
}

/** @param {{me: Me, setMe: (me: Me) => void, section: string | null}} props */
function Parts({ me, setMe, section }) {
  const voices = useVoices()
  const parts = [
    'profile',
    'mail',
    'quota',
    'links',
    ...(hasVoices(voices.data) ? ['voices'] : []),
    'learning',
    'address',
    'password',
    'keys',
    'webhook',
    'export',
    'erase',
  ]
  const { box, current, jump } = useJump(parts, section)
  return html`<div class="settings">
    <${Jump} parts=${parts} current=${current} onJump=${jump} />
    <div class="sections" ref=${box}>
      <${Profile} me=${me} setMe=${setMe} />
      <${Section} name="mail"><${MailSettings} me=${me} setMe=${setMe} /><//>
      <${Quota} quota=${me.quota} />
      <${Links} />
      ${hasVoices(voices.data) && html`<${Voices} loading=${voices} />`}
      <${Section} name="learning"><${LearningSettings} /><//>
      <${Address} me=${me} setMe=${setMe} />
      <${Password} />
      <${Keys} />
      <${Webhook} me=${me} setMe=${setMe} />
      <${Export} />
      <${Erase} me=${me} />
    </div>
  </div>`
}

/**
 * The parts by name: beside them where there is room, else in a menu that stays in sight.
 * @param {{parts: string[], current: string, onJump: (part: string) => void}} props
 */
function Jump({ parts, current, onJump }) {
  const links = parts.map(
    (part) =>
      html`<a key=${part} href="#/settings?section=${part}" aria-current=${part === current ? 'true' : undefined} onClick=${() => onJump(part)}>${t(`settings.${part}`)}</a>`,
  )
  return html`<nav class="jump" aria-label=${t('settings.parts')}>
    <div class="jump-list">${links}</div>
    <div class="jump-menu"><${Menu} label=${t('settings.parts')} text=${t('settings.part', { part: t(`settings.${current}`) })}>${links}<//></div>
  </nav>`
}

/**
 * Goes to a part, and tells which one is read.
 * @param {string[]} parts
 * @param {string | null} section the one that the address names
 */
function useJump(parts, section) {
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const wanted = section && parts.includes(section) ? section : null
  const [current, setCurrent] = useState(wanted ?? parts[0])
  const jumped = useRef(/** @type {{part: string, at: number} | null} */ (null))
  const heading = (/** @type {string} */ part) => document.getElementById(`section-${part}`)
  const jump = useCallback((/** @type {string} */ part) => {
    jumped.current = { part, at: performance.now() }
    setCurrent(part)
    heading(part)?.closest('section')?.scrollIntoView({ block: 'start' })
    heading(part)?.focus({ preventScroll: true })
  }, [])
  useEffect(() => {
    if (wanted) jump(wanted)
  }, [wanted])
  useEffect(() => {
    const settling = () => jumped.current !== null && performance.now() - jumped.current.at < SETTLES
    const mark = () => {
      if (settling()) return
      const { scrollHeight, clientHeight, scrollTop } = document.documentElement
      const isAtEnd = scrollHeight - clientHeight - scrollTop < 2 && scrollTop > 0
      const passed = parts.filter((part) => (heading(part)?.getBoundingClientRect().top ?? Infinity) < clientHeight / 3)
      setCurrent((isAtEnd ? parts.at(-1) : passed.at(-1)) ?? parts[0])
    }
    const stay = new ResizeObserver(() => {
      if (settling() && jumped.current)
        heading(jumped.current.part)?.closest('section')?.scrollIntoView({ block: 'start' })
    })
    const leave = () => {
      jumped.current = null // from now on somebody scrolls themselves
    }
    if (box.current) stay.observe(box.current)
    window.addEventListener('scroll', mark, { passive: true })
    for (const name of ['wheel', 'touchmove', 'keydown']) window.addEventListener(name, leave, { passive: true })
    return () => {
      stay.disconnect()
      window.removeEventListener('scroll', mark)
      for (const name of ['wheel', 'touchmove', 'keydown']) window.removeEventListener(name, leave)
    }
  }, [parts.join()])
  return { box, current, jump }
}
