/** The keys of the asset page: single ones while nothing is typed, with Alt while a line is edited. */

import { remembered } from '../remembering.js'
import { isConverting } from '../typing.js'
import { useEffect, useRef } from '../vendor/preact.js'
import { takesKeys } from './controls.js'

/**
 * What keys do.
 * @typedef {'toggle' | 'back' | 'forward' | 'here' | 'unsure' | 'unsureBefore' | 'next' | 'before' | 'edit' | 'leave' |
 *   'take' | 'find' | 'follow' | 'undo' | 'redo' | 'save' | 'speaker' | 'help' | 'confirm' | 'confirmWord' | 'replace'} Action
 * @typedef {Record<Action, () => unknown>} Actions
 */

/**
 * Action by key, while nothing is typed. `code` where a key has no letter of its own.
 * @type {Record<string, Action>}
 */
const READING = {
  k: 'toggle',
  j: 'back',
  l: 'forward',
  e: 'edit',
  u: 'unsure',
  c: 'confirm',
  r: 'replace',
  q: 'take',
  enter: 'confirm',
  f: 'follow',
  '/': 'find',
  '?': 'help',
}

/**
 * Action by key with Alt, in a line. By the place on the keyboard, since Alt writes other letters on a Mac; with Alt,
 * since Control and a sign belongs to the input methods of Chinese and Japanese.
 * @type {Record<string, Action>}
 */
const EDITING = {
  Enter: 'toggle',
  Comma: 'back',
  Period: 'forward',
  KeyP: 'here',
  KeyJ: 'unsure',
  KeyK: 'speaker',
  KeyC: 'confirm',
  ArrowDown: 'next',
  ArrowUp: 'before',
  Slash: 'help',
}

/** @type {Record<string, Action | undefined>} */
const EDITING_WITH_SHIFT = { KeyJ: 'unsureBefore', KeyC: 'confirmWord' }

/** What the help shows: keys, and the key of the text that says what they do. */
export const READING_HELP = [
  ['Space / K', 'toggle'],
  ['J', 'back'],
  ['L', 'forward'],
  ['← →', 'words'],
  ['↑ ↓', 'lines'],
  ['/', 'find'],
  ['U', 'unsure'],
  ['R', 'replace'],
  ['Q', 'take'],
  ['C / Enter', 'confirm'],
  ['Shift + C', 'confirm-word'],
  ['F', 'follow'],
  ['E', 'edit'],
  ['?', 'help'],
]

/** At the desk. */
export const DESK_HELP = [
  ['Enter', 'desk-take'],
  ['1 – 9, Alt + 1 – 9', 'desk-choose'],
  ['↓, Alt + J', 'desk-next'],
  ['↑, Alt + Shift + J', 'desk-before'],
  ['Space, Alt + P', 'desk-again'],
  ['Alt + C', 'desk-line'],
  ['Alt + R', 'desk-replace'],
  ['Alt + L', 'desk-lexicon'],
  ['Ctrl / ⌘ + Z', 'desk-undo'],
  ['Esc', 'desk-leave'],
]

/** While one goes through words that another transcript has otherwise. */
export const CARRIED_HELP = [
  ['1', 'carried-take'],
  ['2', 'carried-keep'],
  ['↓ / →', 'carried-next'],
  ['↑ / ←', 'carried-before'],
  ['Esc', 'carried-leave'],
]

export const EDITING_HELP = [
  ['Alt + Enter', 'toggle'],
  ['Alt + ,', 'back'],
  ['Alt + .', 'forward'],
  ['Alt + P', 'here'],
  ['Alt + J', 'unsure'],
  ['Alt + Shift + J', 'unsure-before'],
  ['Alt + K', 'speaker'],
  ['Alt + C', 'confirm-line'],
  ['Alt + Shift + C', 'confirm-caret'],
  ['Alt + ↑ / ↓', 'lines'],
  ['Enter', 'split'],
  ['Backspace', 'join'],
  ['Ctrl / ⌘ + Z', 'undo'],
  ['Ctrl / ⌘ + Shift + Z', 'redo'],
  ['Ctrl / ⌘ + S', 'save'],
  ['Esc', 'leave'],
]

/** Whether single keys do something on their own: some people dictate, and switch them off. */
export function hasSingleKeys() {
  return remembered('keys', 'on') === 'on'
}

/**
 * Run `actions` (by name) on keys.
 * @param {Actions} actions
 * @param {{isEditing: boolean, isOff: boolean, canUndo: boolean}} options canUndo: whether something can be taken back
 *   while nothing is edited
 * @returns {(event: KeyboardEvent) => boolean} for keys in a line that is edited: true if the key was meant for us
 */
export function useShortcuts(actions, { isEditing, isOff, canUndo }) {
  const latest = useRef({ actions, isEditing, isOff, canUndo })
  latest.current = { actions, isEditing, isOff, canUndo }

  useEffect(() => {
    const onKey = (/** @type {KeyboardEvent} */ event) => {
      const { actions: run, isEditing: edits, isOff: off, canUndo: undoes } = latest.current
      if (off || event.defaultPrevented || isConverting(event) || document.querySelector('dialog[open]')) return
      const target = /** @type {HTMLElement} */ (event.target)
      const isTyping = takesKeys(target)
      if (!isTyping || target.matches('[type=search]')) {
        if (commands(event, run, edits || undoes)) event.preventDefault()
      }
      if (event.key === 'Escape' && edits && !isTyping) run.leave()
      if (isTyping || event.ctrlKey || event.metaKey || event.altKey || !hasSingleKeys()) return
      const isPressable = target.closest('button, a, summary, [role=slider], input')
      const key = event.key.toLowerCase()
      if ((key === ' ' || key === 'enter') && isPressable) return
      const name = key === ' ' ? 'toggle' : key === 'c' && event.shiftKey ? 'confirmWord' : READING[key]
      if (!name) return
      event.preventDefault()
      run[name]()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])

  return (event) => {
    const { actions: run } = latest.current
    if (event.key === 'Escape') {
      run.leave()
      return true
    }
    if (commands(event, run, true)) return true
    if (!event.altKey || event.ctrlKey || event.metaKey) return false
    const shifted = event.shiftKey ? EDITING_WITH_SHIFT[event.code] : undefined
    const name = shifted ?? EDITING[event.code === 'NumpadEnter' ? 'Enter' : event.code]
    if (!name) return false
    run[name]()
    return true
  }
}

/**
 * Undo, redo and save, as everywhere.
 * @param {KeyboardEvent} event
 * @param {Actions} run
 * @param {boolean} edits
 */
function commands(event, run, edits) {
  if (!edits || !(event.ctrlKey || event.metaKey) || event.altKey) return false
  const key = event.key.toLowerCase()
  if (key === 'z') run[event.shiftKey ? 'redo' : 'undo']()
  else if (key === 'y') run.redo()
  else if (key === 's') run.save()
  else return false
  return true
}
