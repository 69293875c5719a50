/** Captions in other languages, made by a machine: which there are, and what they are called. */

import { api } from '../api.js'
import { languageName, t } from '../i18n.js'
import { useEffect, useState } from '../vendor/preact.js'

/**
 * @import { Asset } from '../types.d.ts'
 * @import { Source } from './source.js'
 */

/** Whether captions of this can be had in other languages. @param {Asset} asset @param {boolean} isLoaded */
export const canTranslate = (asset, isLoaded) => api.config.translates && isLoaded && !asset.is_withheld

/** What captions in a language are called. @param {string} language */
export const translatedName = (language) => t('asset.captions.by-machine', { language: languageName(language) })

/** @type {Set<() => void>} who wants to know when there are others */
const listeners = new Set()

/**
 * The languages of the captions that a machine has made; none while that is not known.
 * @param {Source} source
 * @param {boolean} isWanted
 * @returns {string[]}
 */
export function useTranslations(source, isWanted) {
  const [languages, setLanguages] = useState(/** @type {string[]} */ ([]))
  const isAsked = isWanted && source.isOwn && api.config.translates
  useEffect(() => {
    if (!isAsked || !source.isOwn) return undefined
    const look = () =>
      source.translations().then(
        ({ translations }) => setLanguages(translations.filter((one) => one.is_there).map((one) => one.language)),
        () => {}, // then there is the choice that there is without
      )
    look()
    listeners.add(look)
    return () => {
      listeners.delete(look)
    }
  }, [source, isAsked])
  return isAsked ? languages : []
}

/** There are others now. */
export function tellOfTranslations() {
  for (const look of listeners) look()
}
