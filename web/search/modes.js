/** The ways in which something can be looked for: each is a line here. */

import { api } from '../api.js'
import { addressOf } from './view.js'

/** @import { Wanted } from './view.js' */

/**
 * `name` is that of its text (`search.by-…`), and of what an address says of it. One `isThere` where the deployment has it.
 * @typedef {{name: 'words' | 'meaning' | 'question', isThere: () => boolean, address: (wanted: Wanted) => string}} Mode
 */

/** @type {Mode[]} */
const MODES = [
  { name: 'words', isThere: () => true, address: (wanted) => addressOf({ ...wanted, by: '' }) },
  { name: 'meaning', isThere: () => api.config.meaning, address: (wanted) => addressOf({ ...wanted, by: 'meaning' }) },
  {
    name: 'question',
    isThere: () => api.config.answers,
    address: ({ q }) => (q ? `#/ask?${new URLSearchParams({ text: q })}` : '#/ask'),
  },
]

/** Those that there are here. */
export const modes = () => MODES.filter((mode) => mode.isThere())

/** The one that is wanted; by words, where that is not there. @param {Wanted} wanted */
export const modeOf = (wanted) => modes().find((mode) => mode.name === wanted.by) ?? MODES[0]
