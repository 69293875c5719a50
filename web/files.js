/** Files that somebody chooses, before they are uploaded. Pure. */

import { fold } from './folding.js'

/**
 * What a name ends in, as the API sees it (`ending_of` in `chalicelib/domain/names.py`); "" if it has no dot.
 * @param {string} name
 */
export function endingOf(name) {
  const parts = fold(name)
    .replace(/[ .]+$/, '')
    .split('.')
  return parts.length > 1 ? parts.at(-1) : ''
}

/**
 * What Uppy is to add when it is about to add `file`.
 *
 * Uppy knows a file by its name, size and date, and of two that are chosen together and agree in all of them it would
 * silently keep one; two recorders make such. Nobody can choose one file twice in one go, so they are two.
 * @template {{id: string, name: string, meta: {asset?: unknown, upload?: unknown}, isGhost?: boolean}} Chosen
 * @param {Chosen} file
 * @param {Record<string, {isGhost?: boolean}>} files those there are, and those chosen together with it
 * @param {(id: string) => boolean} isKnown whether there is such a file already: then Uppy tells that it is there twice
 * @returns {Chosen | false}
 */
export function asAdded(file, files, isKnown) {
  const added = { ...file, extension: endingOf(file.name) }
  if (!(file.id in files) || files[file.id].isGhost) return added
  if (isKnown(file.id)) return false
  let number = 2
  while (`${file.id}-${number}` in files) number += 1
  // What was restored for the other one is not this one's.
  const { asset, upload, ...meta } = file.meta
  return { ...added, id: `${file.id}-${number}`, meta }
}

/** @typedef {'kind' | 'empty' | 'large'} Reason why a file is not taken */

/**
 * Why a file cannot be uploaded, whatever one does but choose another; null: it can.
 * @param {{name: string, size: number}} file size in bytes
 * @param {{most: number, endings: string[]}} limits the most bytes, and what names may end in
 * @returns {Reason | null}
 */
export function whyRefused({ name, size }, { most, endings }) {
  if (!endings.includes(endingOf(name) ?? '')) return 'kind'
  if (size === 0) return 'empty'
  return size > most ? 'large' : null
}

/**
 * Whether what failed may work the next time, just as it was asked: the service or the way to it was at fault, too much
 * was asked for at once, or somebody has to sign in again.
 * @param {{status?: number, code?: string}} failure status: of the HTTP answer, 0 where none came
 */
export const mayPass = ({ status = 0, code = '' }) =>
  status === 0 || status >= 500 || [401, 408, 425, 429].includes(status) || code === 'quota-in-flight'
