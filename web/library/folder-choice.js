/** Into which folder an upload goes. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { SelectField, useLoad } from '../ui.js'
import { html, useEffect } from '../vendor/preact.js'
import { choices } from './tree.js'

/**
 * Nothing where there are no folders. One that is no more is not chosen.
 * @param {{value: string, onChange: (folder: string) => void}} props
 */
export function FolderChoice({ value, onChange }) {
  const { data } = useLoad((signal) => api.get('/library', { signal }), 'folders')
  const folders = data?.folders
  useEffect(() => {
    if (folders && value && !folders.some(({ id }) => id === value)) onChange('')
  }, [folders])
  if (!folders?.length) return null
  return html`<${SelectField} label=${t('folders.upload-to')} value=${value} options=${[['', t('folders.none')], ...choices(folders)]} onChange=${onChange} />`
}
