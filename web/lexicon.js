/** The words of an account, as the page shows them: by language, found by what is typed. Pure. */

import { finder, foldInPlace } from './folding.js'
import { tagsIn } from './names.js'

/** @import { EntryView } from './types.d.ts' */

/** What something is misheard as, written with commas between. @param {string} text */
export const spellingsIn = tagsIn

/** The same to be changed. @param {string[]} spellings */
export const spellingsText = (spellings) => spellings.join(', ')

/** The bare code of a language: "en" of "en-US". @param {string} tag */
export const bareCode = (tag) => tag.split('-')[0].toLowerCase()

/**
 * The languages that something can be of, each once.
 * @param {string[]} tags
 * @param {{language: string}[]} known what there is: a language that is not offered is all the same one of it
 */
export const languagesOf = (tags, known) => [
  ...new Set([...tags.map(bareCode), ...known.map(({ language }) => language)]),
]

/**
 * The entries in which `wanted` stands, by language.
 * @param {EntryView[]} entries
 * @param {string} wanted
 * @param {(some: string, other: string) => number} compare two texts of a language
 * @returns {[language: string, entries: EntryView[]][]}
 */
export function byLanguage(entries, wanted, compare) {
  const places = finder(wanted)
  const isFound = (/** @type {EntryView} */ { text, heard_as }) =>
    [text, ...heard_as].some((one) => places(foldInPlace(one)).length > 0)
  const some = wanted.trim() ? entries.filter(isFound) : entries
  /** @type {Map<string, EntryView[]>} */
  const found = new Map()
  for (const entry of [...some].sort((a, b) => compare(a.text, b.text)))
    found.set(entry.language, [...(found.get(entry.language) ?? []), entry])
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
}
