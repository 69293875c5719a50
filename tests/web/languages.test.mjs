import assert from 'node:assert/strict'
import { test } from 'node:test'

/** Catalogues that are asked for, each answered when a test says so. @type {Map<string, () => void>} */
const asked = new Map()
const given = {
  document: { documentElement: { lang: '' } },
  window: { dispatchEvent: () => true },
  localStorage: { getItem: () => null, setItem: () => undefined },
  fetch: (/** @type {URL} */ url) => {
    const name = url.pathname.replace(/.*\/(.*)\.json$/, '$1')
    return new Promise((resolve) => {
      asked.set(name, () => {
        asked.delete(name)
        resolve(new Response(JSON.stringify({ [name.replace(/-?\w\w$/, '') || 'first']: name })))
      })
    })
  },
}
Object.assign(globalThis, given)

/** What is not answered yet gets its answer, and what comes of that happens. @param {string[]} names */
async function answer(...names) {
  for (const name of names) {
    asked.get(name)?.()
    await new Promise((resolve) => setTimeout(resolve))
  }
}

/** The pages' texts in a copy of their own, in English. */
async function inEnglish(/** @type {string} */ copy) {
  const i18n = await import(`../../web/i18n.js?${copy}`)
  const chosen = i18n.setLanguage('en')
  await answer('en')
  await chosen
  return i18n
}

test('texts that come while another language is being fetched are there in that language', async () => {
  const { addCatalogue, language, setLanguage, t } = await inEnglish('meanwhile')
  const added = addCatalogue('again')
  const chosen = setLanguage('fr')
  await answer('again-en', 'fr', 'again-fr')
  await Promise.all([added, chosen])
  assert.deepEqual([language(), t('first'), t('again')], ['fr', 'fr', 'again-fr'])
})

test('texts that come after another language was chosen are fetched in that one', async () => {
  const { addCatalogue, setLanguage, t } = await inEnglish('after')
  const added = addCatalogue('again')
  const chosen = setLanguage('fr')
  await answer('fr', 'again-en', 'again-fr')
  await Promise.all([added, chosen])
  assert.deepEqual([t('first'), t('again')], ['fr', 'again-fr'])
})

test('of two languages the one that was chosen last counts, whichever comes first', async () => {
  const { language, setLanguage, t } = await inEnglish('two')
  const both = [setLanguage('fr'), setLanguage('ja')]
  await answer('ja', 'fr')
  await Promise.all(both)
  assert.deepEqual([language(), t('first')], ['ja', 'ja'])
})
