/** What an upload may ask for of what is seen, heard and read (`ai_options`), as it is chosen on the page. Pure. */

/**
 * @import { AiOptionsView, AiOptionsWanted, PriceView } from './types.d.ts'
 * @typedef {AiOptionsView} Wishes what is chosen, and as the deployment has it where nothing is
 * @typedef {'faceCollectionId' | 'customLabelModels' | 'customLanguageModel' | 'customVocabulary' |
 *   'customEntityRecognizer'} Named the fields that take a name
 */

/** What is looked for in films and pictures. */
export const SEEN = /** @type {const} */ ([
  'label',
  'text',
  'moderation',
  'segment',
  'customlabel',
  'celeb',
  'face',
  'facematch',
])
/** Of that, what is found by what a face looks like. */
export const BIOMETRIC = /** @type {readonly string[]} */ (['celeb', 'face', 'facematch'])
/** What is looked for in what is said and written. */
export const READ = /** @type {const} */ ([
  'transcribe',
  'keyphrase',
  'entity',
  'sentiment',
  'toxicity',
  'customentity',
  'textract',
])
/** How often a still is taken: the film itself is looked at where none is. */
export const FRAME_MODES = /** @type {const} */ ([1, 2, 5, 10, 1002, 1003, 1004, 1005, 1011, 1012, 1013, 9999])
export const REGIONS = 9
export const MOST_MODELS = 2

/** Which switch a name belongs to. @type {[name: Named, by: keyof Wishes | null][]} */
const BELONGS = [
  ['faceCollectionId', 'facematch'],
  ['customLabelModels', 'customlabel'],
  ['customLanguageModel', 'transcribe'],
  ['customVocabulary', 'transcribe'],
  ['customEntityRecognizer', 'customentity'],
]

/**
 * What is sent: only what differs from what is done by itself; nothing if nothing does.
 * @param {Wishes} chosen
 * @param {Wishes} defaults
 * @returns {AiOptionsWanted | undefined}
 */
export function toSend(chosen, defaults) {
  /** @type {Record<string, unknown>} */
  const sent = {}
  for (const [name, value] of Object.entries(chosen)) {
    const before = defaults[/** @type {keyof Wishes} */ (name)]
    if (value !== undefined && JSON.stringify(value) !== JSON.stringify(before)) sent[name] = value
  }
  for (const [name, by] of BELONGS) if (by && !chosen[by]) delete sent[name]
  if (!chosen.text) delete sent.textROI
  return Object.keys(sent).length ? sent : undefined
}

/**
 * What is still missing before it can be sent: which name, or the stills that custom labels are looked for in.
 * @param {Wishes} chosen
 * @returns {('faceCollectionId' | 'customLabelModels' | 'customEntityRecognizer')[]}
 */
export function missingIn(chosen) {
  /** @type {('faceCollectionId' | 'customLabelModels' | 'customEntityRecognizer')[]} */
  const missing = []
  if (chosen.facematch && !chosen.faceCollectionId) missing.push('faceCollectionId')
  if (chosen.customlabel && !chosen.customLabelModels?.length) missing.push('customLabelModels')
  if (chosen.customentity && !chosen.customEntityRecognizer) missing.push('customEntityRecognizer')
  return missing
}

/**
 * Whether people are to be told by their faces: whoever sends that has to say that they may.
 * @param {Wishes} chosen
 */
export const isBiometric = (chosen) => BIOMETRIC.some((name) => chosen[/** @type {keyof Wishes} */ (name)] === true)

/**
 * How many things are looked for.
 * @param {Wishes} chosen
 */
export const countOf = (chosen) => SEEN.filter((name) => chosen[name]).length

/**
 * The prices of something, those that count for how it is looked for: of stills, or of the film itself.
 * @param {PriceView[] | undefined} prices
 * @param {boolean} isFrames
 */
export const pricesOf = (prices = [], isFrames = false) =>
  prices.filter(
    ({ per, usd }) => usd > 0 && per !== (isFrames && prices.some((one) => one.per === 'frame') ? 'minute' : 'frame'),
  )

/**
 * What sort of file a name tells of; null for a recording.
 * @param {string} ending
 * @returns {'image' | 'document' | null}
 */
export function kindOf(ending) {
  if (['pdf', 'tif', 'tiff'].includes(ending)) return 'document'
  return ['jpg', 'jpeg', 'jpe', 'jfif', 'png', 'webp', 'heic', 'heif', 'hif', 'avif', 'gif'].includes(ending)
    ? 'image'
    : null
}

/**
 * As what a file is estimated: as a document is read what is marked as one.
 * @param {{kind?: 'image' | 'document', ending: string}} file
 * @param {Wishes} chosen
 */
export function worksAs({ kind, ending }, chosen) {
  if (kind === 'image' && chosen.textract && ['jpg', 'jpeg', 'jpe', 'jfif', 'png'].includes(ending)) return 'document'
  return kind
}
