/** Find in the transcript: capitals, accents and widths of letters do not count. */

const folds = new Map()
const foldedLines = new WeakMap()

/** `char` as it is compared. May be several characters, or none for an accent that stands alone. */
function foldChar(char) {
  let fold = folds.get(char)
  if (fold === undefined) {
    // Hangul is put together again: its parts would match inside other syllables. So are the marks of kana, which
    // make other sounds of them.
    fold = /\s/.test(char)
      ? ' '
      : char
          .normalize('NFKD')
          .replace(/[\u0300-\u036f]/g, '')
          .normalize('NFC')
          .toLowerCase()
    folds.set(char, fold)
  }
  return fold
}

/**
 * A text as it is compared, and where each of its characters stands in the text (`places`; null: where it stood).
 * Most lines are plain ASCII, and folding those takes no time, so that the first letter of a search does not stutter.
 */
export function fold(text) {
  if (/^(?! )[\x20-\x7e]*$/.test(text) && !text.includes('  ')) return { folded: text.toLowerCase(), places: null }
  let folded = ''
  const places = []
  let at = 0
  for (const char of text) {
    for (const one of foldChar(char)) {
      if (one === ' ' && (folded.endsWith(' ') || !folded)) continue
      folded += one
      for (let i = 0; i < one.length; i += 1) places.push(at)
    }
    at += char.length
  }
  places.push(text.length)
  return { folded, places }
}

function foldLine(line) {
  let found = foldedLines.get(line)
  if (!found) {
    found = fold(line.text)
    foldedLines.set(line, found)
  }
  return found
}

/**
 * Where `query` stands in `lines`, each as [from, to) in characters of the line's text.
 * @returns {{line: number, from: number, to: number}[]}
 */
export function find(lines, query) {
  const wanted = fold(query).folded.trim()
  const hits = []
  if (!wanted) return hits
  lines.forEach((line, index) => {
    const { folded, places } = foldLine(line)
    for (let at = folded.indexOf(wanted); at >= 0; at = folded.indexOf(wanted, at + wanted.length)) {
      if (!places) {
        hits.push({ line: index, from: at, to: at + wanted.length })
        continue
      }
      const last = places[at + wanted.length - 1]
      let after = at + wanted.length
      while (places[after] === last) after += 1
      hits.push({ line: index, from: places[at], to: places[after] })
    }
  })
  return hits
}
