/** A quote is put on a board: one that there is, or a new one. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import { ConfirmDialog, ErrorNote, SelectField, Spinner, TextField, toast, useLoad } from '../ui.js'
import { html, useState } from '../vendor/preact.js'

const NEW = 'new'

/** @param {{asset: string, mark: string, onClose: () => void}} props */
export function AddToBoard({ asset, mark, onClose }) {
  const { data, error, isLoading, reload } = useLoad((signal) => api.get('/boards', { signal }), '')
  const [chosen, setChosen] = useState(/** @type {string | null} */ (null))
  const [name, setName] = useState('')
  const boards = data?.boards ?? []
  const board = chosen ?? boards[0]?.id ?? NEW
  const add = async () => {
    const id = board === NEW ? (await api.post('/boards', { name: name.trim() })).id : board
    setChosen(id) // also where what follows fails: the board is there
    const { name: called } = await api.post(`/boards/${encodeURIComponent(id)}/entries`, { asset, mark })
    toast(t('boards.added', { name: called }))
    onClose()
  }
  /** @type {[string, string][]} */
  const options = [...boards.map((one) => /** @type {[string, string]} */ ([one.id, one.name])), [NEW, t('boards.new')]]
  return html`<${ConfirmDialog} title=${t('boards.add')} confirm=${t('boards.add-confirm')} disabled=${!data || (board === NEW && !name.trim())} onConfirm=${add} onClose=${onClose}>
    ${isLoading && !data && html`<${Spinner} />`}
    <${ErrorNote} error=${error} onRetry=${reload} />
    ${data && boards.length > 0 && html`<${SelectField} label=${t('boards.board')} value=${board} options=${options} onChange=${setChosen} />`}
    ${data && board === NEW && html`<${TextField} label=${t('boards.name')} maxlength="100" autocomplete="off" value=${name} onInput=${setName} />`}
  <//>`
}
