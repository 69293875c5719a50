/**
 * Names as they are kept: one line, in one form, without signs that nobody sees. `chalicelib/domain/names.py` is the same for
 * the API, and says what each part is for; both are held to `tests/data/names.json`.
 */

// biome-ignore lint/suspicious/noControlCharactersInRegex: these are the ones that are looked for
const BREAKS = /[\t-\r\x1c-\x1f\x85\u2028\u2029]+/g

/** Signs that nobody sees, but for joiners: those stay where they join. */
const HIDDEN =
  // biome-ignore lint/suspicious/noMisleadingCharacterClass: each is looked for by itself, and not as a mark on another
  /(?![\u200c\u200d\u{e0020}-\u{e007f}])[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}\u034f\u115f\u1160\u17b4\u17b5\u3164\uffa0]/gu

const LETTER =
  '[\u0620-\u109f\u1780-\u17ff\u1820-\u18af\u1900-\u1cff\ua800-\uabff\u{10a00}-\u{11fff}\u{1e900}-\u{1e95f}]'
const PICTURE = '[\u2190-\u21ff\u2300-\u23ff\u2600-\u27bf\u2900-\u297f\u2b00-\u2bff\ufe0f\u{1f000}-\u{1faff}]'
const FLAG = '(?<=\u{1f3f4})[\u{e0030}-\u{e0039}\u{e0061}-\u{e007a}]{3,6}\u{e007f}'
const JOINING = new RegExp(
  `(?<=${LETTER})\\u200c(?=${LETTER})|(?<=${LETTER})\\u200d|(?<=${PICTURE})\\u200d(?=${PICTURE})|${FLAG}` +
    '|(?<stray>[\\u200c\\u200d\\u{e0020}-\\u{e007f}])',
  'gu',
)

/** `text` as the API keeps it; empty if nothing of it is to be seen. @param {string} text */
export function oneLine(text) {
  const seen = text.replace(BREAKS, ' ').replace(HIDDEN, '')
  const joined = seen.replace(JOINING, (found, ...rest) => (rest.at(-1).stray ? '' : found))
  return joined.normalize('NFC').replace(/\s+/g, ' ').trim()
}

/** The tags that are written in `text` with commas between them, each once. @param {string} text */
export const tagsIn = (text) => [
  ...new Set(
    text
      .split(/[,、，]/)
      .map(oneLine)
      .filter(Boolean),
  ),
]
