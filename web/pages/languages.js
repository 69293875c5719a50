/** The language that words, rules and material are in: a bare code, of those that recordings can be in. */

import { language, languageName, t } from '../i18n.js'
import { SelectField } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @param {string[]} languages @returns {[string, string][]} */
const choices = (languages) =>
  languages
    .map((code) => /** @type {[string, string]} */ ([code, languageName(code)]))
    .sort((a, b) => a[1].localeCompare(b[1], language()))

/** The language to begin with: that of the pages, where recordings may be in it. @param {string[]} languages */
export const firstOf = (languages) => (languages.includes(language()) ? language() : (languages[0] ?? 'en'))

/** @param {{languages: string[], value: string, onChange: (code: string) => void}} props */
export const LanguageField = ({ languages, value, onChange }) =>
  html`<${SelectField} label=${t('learning.language')} value=${value} options=${choices(languages)} onChange=${onChange} />`
