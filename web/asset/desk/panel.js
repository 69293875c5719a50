/** The desk, as people see it: a small panel by the word, or a bar at the bottom where the window is narrow. */

import { floorPercent, t } from '../../i18n.js'
import { isConverting } from '../../typing.js'
import { Button, Select } from '../../ui.js'
import { html, useLayoutEffect, useRef, useState } from '../../vendor/preact.js'
import { Tool } from '../controls.js'
import { hasSingleKeys } from '../keys.js'
import { SOUNDS } from './desk.js'
import { around, charactersOf } from './held.js'
import { partsOf } from './replacing.js'

/**
 * @import { RefObject } from '../../types.d.ts'
 * @import { Desk } from './desk.js'
 */

const AROUND = 30 // characters of the line on each side, where the panel covers it
const GAP = 10 // pixels between the word and the panel, and from the edges of the window
const NARROW = '(max-width: 719px)'

/** Whoever has no keyboard gets none on the screen that they did not ask for. */
const isTouched = () => matchMedia('(pointer: coarse)').matches

/** @param {{desk: Desk, scroller: RefObject<HTMLElement>, language: string | undefined}} props */
export function DeskPanel({ desk, scroller, language }) {
  const { place, line, word, choices, notice, isDone, visit } = desk
  const panel = useRef(/** @type {HTMLElement | null} */ (null))
  const field = useRef(/** @type {HTMLInputElement | null} */ (null))
  const [typed, setTyped] = useState('')
  const written = place && line ? partsOf(line.text.slice(...charactersOf(line, place.word))).core : ''

  useLayoutEffect(() => {
    setTyped(written)
    if (field.current) field.current.value = written
    if (isDone) panel.current?.querySelector('button')?.focus()
    else if (isTouched()) {
      if (!panel.current?.contains(document.activeElement) || document.activeElement === field.current)
        panel.current?.focus({ preventScroll: true })
    } else {
      field.current?.focus({ preventScroll: true })
      field.current?.select()
    }
  }, [visit, isDone, written])
  useRoomForToasts(panel)
  useBeside(panel, scroller, `${visit} ${choices.length} ${notice?.others} ${notice?.added?.id}`)

  const isAsItWas = typed === written
  const hasAllSelected = () =>
    isAsItWas && field.current?.selectionStart === 0 && field.current.selectionEnd === field.current.value.length
  /** Whether keys stand for what they do, and not for letters: not where somebody dictates, and has switched that off. */
  const isIdle = (/** @type {EventTarget | null} */ target) =>
    hasSingleKeys() && (target !== field.current || hasAllSelected())
  const take = () => desk.take(field.current?.value ?? typed)

  /** @param {KeyboardEvent} event */
  const key = (event) => {
    if (isConverting(event)) return
    if (act(event)) {
      event.preventDefault()
      event.stopPropagation()
    }
  }
  /** @param {KeyboardEvent} event */
  const act = (event) => {
    const { target } = event
    const isField = target === field.current
    const isCommand = event.ctrlKey || event.metaKey
    if (event.key === 'Escape') desk.leave()
    else if (isCommand && !event.altKey && event.key.toLowerCase() === 'z' && (!isField || isAsItWas))
      desk.history(event.shiftKey ? 1 : -1)
    else if (isCommand && !event.altKey && event.key.toLowerCase() === 'y' && (!isField || isAsItWas)) desk.history(1)
    else if (isCommand) return false
    else if (event.altKey) return actWithAlt(event)
    else if (target instanceof HTMLSelectElement) return false
    else if (event.key === 'Enter' && isField) take()
    else if (event.key === 'ArrowDown' && !event.shiftKey) desk.skip(1)
    else if (event.key === 'ArrowUp' && !event.shiftKey) desk.skip(-1)
    else if (event.key === ' ' && isField && isIdle(target)) desk.again()
    else if (/^[1-9]$/.test(event.key) && isIdle(target)) return choose(Number(event.key))
    else return false
    return true
  }
  /** @param {KeyboardEvent} event */
  const actWithAlt = (event) => {
    if (/^Digit[1-9]$/.test(event.code)) return choose(Number(event.code.at(-1)))
    const actions = {
      KeyJ: () => desk.skip(event.shiftKey ? -1 : 1),
      KeyP: desk.again,
      KeyC: desk.takeLine,
      KeyR: desk.replaceAll,
      KeyL: notice?.added ? desk.takeBack : desk.add,
    }
    const action = actions[/** @type {keyof typeof actions} */ (event.code)]
    action?.()
    return action !== undefined
  }
  /** @param {number} number */
  const choose = (number) => {
    const choice = choices[number - 1]
    if (choice) desk.take(choice.text, choice.count)
    return choice !== undefined
  }

  if (isDone)
    return html`<section class="desk-panel" data-visit=${visit} ref=${panel} tabindex="-1" aria-label=${t('desk.title')} onKeyDown=${key}>
      <div class="desk-row"><p class="desk-done">${t('desk.done')}</p>
        <${Button} variant="primary" onClick=${desk.leave}>${t('desk.close')}<//></div>
      <${DeskNotice} desk=${desk} language=${language} />
    </section>`
  if (!word || !line || !place) return null
  const { before, text, after } = around(line, ...charactersOf(line, place.word), AROUND)
  const sure = floorPercent(word.confidence)
  return html`<section class="desk-panel" data-visit=${visit} ref=${panel} tabindex="-1" aria-label=${t('desk.title')} onKeyDown=${key}>
    <p class="small muted desk-about"><span>${word.confirmed ? t('desk.confirmed') : t('desk.heard', { sure })}</span>
      <span class="desk-context" lang=${language} dir="auto">${before}<mark>${text}</mark>${after}</span></p>
    <div class="desk-row desk-word">
      <input class="input" ref=${field} lang=${language} dir="auto" autocomplete="off" autocapitalize="off" spellcheck="true"
        aria-label=${t('desk.field')} defaultValue=${written} onInput=${(/** @type {{target: HTMLInputElement}} */ { target }) => setTyped(target.value)} />
      <${Button} variant="primary" class="button desk-take" onClick=${take}>${t(isAsItWas ? 'desk.right' : typed.trim() ? 'desk.write' : 'desk.remove')}<//>
      <${Button} variant="quiet" aria-label=${t('desk.close')} title=${t('desk.close')} class="button quiet desk-close" onClick=${desk.leave}><span aria-hidden="true">✕</span><//>
    </div>
    ${
      choices.length > 0 &&
      html`<ul class="desk-choices" aria-label=${t('desk.choices')}>
      ${choices.map(
        (
          { text, origin, count },
          i,
        ) => html`<li key=${text}><button type="button" class="button small desk-choice" onClick=${() => desk.take(text, count)}>
        <kbd aria-hidden="true">${i + 1}</kbd><bdi lang=${language}>${text}</bdi><span class="muted desk-origin">${t(`desk.from-${origin}`)}</span></button></li>`,
      )}
    </ul>`
    }
    <${DeskNotice} desk=${desk} language=${language} />
    <div class="desk-row desk-tools">
      <${Tool} name="up" label=${t('desk.before')} onClick=${() => desk.skip(-1)} />
      <${Tool} name="down" label=${t('desk.next')} onClick=${() => desk.skip(1)} />
      <${Tool} name="play" label=${t('desk.again')} onClick=${desk.again} />
      <${Select} aria-label=${t('desk.sound')} value=${desk.sound} options=${SOUNDS.map((one) => [one, one === 'off' ? t('desk.sound-off') : `${one}×`])} onChange=${desk.setSound} />
      <${Button} size="small" variant="quiet" onClick=${desk.takeLine}>${t('desk.line')}<//>
    </div>
    <p class="small muted desk-keys">${t('desk.keys')}${choices.length > 0 && ` · ${t('desk.keys-choices')}`}</p>
  </section>`
}

/**
 * What can be done with the last correction.
 * @param {{desk: Desk, language: string | undefined}} props
 */
function DeskNotice({ desk, language }) {
  const { notice } = desk
  if (!notice) return null
  const { others, offer, added, replacement } = notice
  return html`<div class="desk-notice">
    ${
      others > 0 &&
      html`<div class="desk-row"><span class="small anywhere">${t('desk.others', { count: others, text: replacement.wanted })}</span>
      <${Button} size="small" onClick=${desk.replaceAll}>${t('desk.replace-all', { count: others })}<//></div>`
    }
    ${
      offer &&
      html`<div class="desk-row"><span class="small anywhere" lang=${language}>${added ? t('desk.offer.added', { text: offer.text }) : t('desk.offer.ask', { text: offer.text, heard: offer.heard })}</span>
      <${Button} size="small" onClick=${added ? desk.takeBack : desk.add}>${t(added ? 'desk.offer.back' : 'desk.offer.add')}<//></div>`
    }
  </div>`
}

/**
 * Keep the panel beside the word that is marked: below it where there is room. In a narrow window the style puts it at the
 * bottom, and so it stands where the word is out of sight.
 * @param {RefObject<HTMLElement>} panel
 * @param {RefObject<HTMLElement>} scroller
 * @param {string} what what it shows: it is placed anew then
 */
function useBeside(panel, scroller, what) {
  useLayoutEffect(() => {
    document.body.classList.add('at-desk')
    return () => document.body.classList.remove('at-desk')
  }, [])
  useLayoutEffect(() => {
    const put = () => {
      const own = panel.current
      const marked = scroller.current?.querySelector('.w.current')
      const sight = scroller.current?.getBoundingClientRect()
      if (!own || !sight) return
      const word = marked?.getBoundingClientRect()
      const isBeside = word && !matchMedia(NARROW).matches && word.bottom > sight.top && word.top < sight.bottom
      own.classList.toggle('beside', Boolean(isBeside))
      own.style.left = own.style.top = ''
      if (!isBeside) return
      const box = own.getBoundingClientRect()
      const { clientWidth, clientHeight } = document.documentElement
      const below = word.bottom + GAP
      const top = below + box.height + GAP > clientHeight ? word.top - box.height - GAP : below
      own.style.left = `${Math.max(GAP, Math.min(word.left, sight.right - box.width, clientWidth - box.width - GAP))}px`
      own.style.top = `${Math.max(GAP, Math.min(top, clientHeight - box.height - GAP))}px`
    }
    scroller.current?.querySelector('.w.current')?.scrollIntoView({ block: 'nearest' })
    put()
    const frame = requestAnimationFrame(put) // the line may just have been scrolled to
    document.addEventListener('scroll', put, { capture: true, passive: true })
    window.addEventListener('resize', put)
    return () => {
      cancelAnimationFrame(frame)
      document.removeEventListener('scroll', put, { capture: true })
      window.removeEventListener('resize', put)
    }
  }, [what])
}

/**
 * Where the panel is a bar at the bottom, what is said in passing stands above it.
 * @param {RefObject<HTMLElement>} panel
 */
function useRoomForToasts(panel) {
  useLayoutEffect(() => {
    const bar = panel.current
    if (!bar) return undefined
    const { style } = document.documentElement
    const put = () => {
      const height = matchMedia(NARROW).matches ? bar.offsetHeight : 0
      style.setProperty('--below-toasts', `${height}px`)
    }
    const sizes = new ResizeObserver(put)
    sizes.observe(bar)
    put()
    return () => {
      sizes.disconnect()
      style.removeProperty('--below-toasts')
    }
  }) // each time: the bar is another element where there is nothing more to look at
}
