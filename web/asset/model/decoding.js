/** Files of captions were written in all kinds of encodings: which one a file is in, as far as its bytes tell. Pure. */

/** How files were written that are not in Unicode, by the language that they are in. */
const LEGACY = { ja: 'shift_jis', ko: 'euc-kr', zh: 'gb18030', ru: 'windows-1251', el: 'windows-1253' }
const USUAL = 'windows-1252'

/**
 * What a file says: by its byte order mark; as UTF-8 if it is that; else as its language was written before.
 * @param {Uint8Array} data
 * @param {string} [language] BCP 47
 */
export function decode(data, language = '') {
  const [first, second] = data
  if (first === 0xff && second === 0xfe) return new TextDecoder('utf-16le').decode(data)
  if (first === 0xfe && second === 0xff) return new TextDecoder('utf-16be').decode(data)
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(data)
  } catch {
    const code = language.split('-')[0]
    const legacy = Object.hasOwn(LEGACY, code) ? LEGACY[/** @type {keyof typeof LEGACY} */ (code)] : USUAL
    return new TextDecoder(legacy).decode(data)
  }
}
