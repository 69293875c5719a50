/** The search through everything that was said. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { Button, Icon } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @param {{q?: string}} props */
export function SearchBox({ q = '' }) {
  const { search_from, search_to } = api.config.limits
  const submit = (/** @type {SubmitEvent & {target: HTMLFormElement}} */ event) => {
    event.preventDefault()
    const words = String(new FormData(event.target).get('q')).trim()
    if ([...words].length >= search_from) location.hash = `#/search?q=${encodeURIComponent(words)}`
  }
  return html`<form class="search-box" role="search" onSubmit=${submit}>
    <input class="input" type="search" name="q" dir="auto" aria-label=${t('search.label')} placeholder=${t('search.label')} defaultValue=${q} required minlength=${search_from} maxlength=${search_to} />
    <${Button} type="submit" aria-label=${t('search.go')} title=${t('search.go')}><${Icon} name="search" /><//>
  </form>`
}
