/** What was learnt, as the pages tell it: why a model was taken or not, what changed from night to night. Pure. */

/** @import { JudgementView, LearntView, ModelView, NightView } from './types.d.ts' */

/** How a model stands, with the colour of its sign. @type {Record<ModelView['state'], string>} */
export const STATE_KINDS = {
  training: 'accent',
  current: 'good',
  previous: '',
  refused: '',
  failed: 'bad',
  retired: '',
}

/**
 * Which text says why a model was taken or not, and the shares that stand in it (from 0 to 1); null where nobody knows.
 * What is worse in general is told by the figures of what is general.
 * @param {JudgementView | undefined} judged
 */
export function whyOf(judged) {
  if (!judged) return null
  const { verdict, recordings, words, sureness } = judged
  const isGeneral = verdict === 'worse-in-general'
  const current = (isGeneral ? judged.general_current : judged.current) ?? judged.current
  const candidate = (isGeneral ? judged.general_candidate : judged.candidate) ?? judged.candidate
  return { key: `learning.verdict.${verdict}`, current, candidate, sureness, recordings, words }
}

/**
 * Models of one language and trainer, the newest first; and what the last night has come to.
 * @typedef {{language: string, trainer: string, models: ModelView[], current: ModelView | undefined,
 *   night: NightView | undefined}} Family
 * @param {ModelView[]} models
 * @param {NightView[]} nights a family may have nothing but a night that made nothing
 * @returns {Family[]} by language, then by trainer
 */
export function families(models, nights) {
  /** @type {Map<string, Family>} */
  const found = new Map()
  for (const { language, trainer } of [...models, ...nights])
    found.set(`${language} ${trainer}`, { language, trainer, models: [], current: undefined, night: undefined })
  const familyOf = (/** @type {ModelView | NightView} */ one) =>
    /** @type {Family} */ (found.get(`${one.language} ${one.trainer}`))
  for (const night of nights) familyOf(night).night = night
  for (const model of [...models].sort((a, b) => b.number - a.number)) {
    const family = familyOf(model)
    family.models.push(model)
    if (model.state === 'current') family.current = model
  }
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1)).map(([, family]) => family)
}

const MOST_NIGHTS = 12

/**
 * The nights of a family that were measured, the latest of them, in their order: what was in use, and what might have
 * taken its place, each by its share of wrong words.
 * @param {ModelView[]} models
 */
export function nights(models) {
  const measured = [...models].sort((a, b) => a.number - b.number).flatMap((one) => (one.judged?.words ? [one] : []))
  return measured.slice(-MOST_NIGHTS).map(({ number, made_at, judged }) => ({
    number,
    at: made_at,
    current: judged?.current ?? 0,
    candidate: judged?.candidate ?? 0,
  }))
}

/**
 * What an administrator may do with a model.
 * @param {ModelView} model
 */
export function actionsFor({ state }) {
  return {
    use: state === 'refused' || state === 'previous',
    isBack: state === 'previous',
    retire: ['current', 'previous', 'refused'].includes(state),
  }
}

/**
 * What heard a recording: an engine, and the models that it was heard with, as the API names them ("whisper, account 3,
 * hearing of everybody 2").
 * @param {string} text
 * @returns {{engine: string, models: {trainer: string, isForAll: boolean, number: number}[]}}
 */
export function heardBy(text) {
  const [engine, ...others] = text.split(', ')
  const models = others.flatMap((one) => {
    const found = /^(?:(\w+) of )?(account|everybody) (\d+)$/.exec(one)
    if (!found) return []
    const [, trainer = 'training', whose, number] = found
    return [{ trainer, isForAll: whose === 'everybody', number: Number(number) }]
  })
  return { engine, models }
}

/**
 * What was learnt, by language, what is written in its order.
 * @param {LearntView[]} learnt
 * @param {(some: string, other: string) => number} compare two texts
 * @returns {[language: string, learnt: LearntView[]][]}
 */
export function learntByLanguage(learnt, compare) {
  /** @type {Map<string, LearntView[]>} */
  const found = new Map()
  for (const one of [...learnt].sort((a, b) => compare(a.written, b.written) || compare(a.heard, b.heard)))
    found.set(one.language, [...(found.get(one.language) ?? []), one])
  return [...found.entries()].sort(([a], [b]) => (a < b ? -1 : 1))
}
