/** One's boards. */

import { api } from '../api.js'
import { date, t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  ErrorNote,
  Form,
  PageTitle,
  Spinner,
  TextField,
  toast,
  useAction,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'

/** @import { BoardLine } from '../types.d.ts' */

export function BoardsPage() {
  const { data, error, isLoading, reload } = useLoad((signal) => api.get('/boards', { signal }), '')
  const [name, setName] = useState('')
  const [deleted, setDeleted] = useState(/** @type {BoardLine | null} */ (null))
  const [make, isMaking, makeError] = useAction(async () => {
    if (!name.trim()) return
    const { id } = await api.post('/boards', { name: name.trim() })
    location.hash = `#/boards/${id}`
  })
  const remove = async () => {
    await api.delete(`/boards/${encodeURIComponent(deleted?.id ?? '')}`)
    setDeleted(null)
    toast(t('boards.deleted'))
    document.querySelector('h1')?.focus()
    reload()
  }
  const boards = data?.boards ?? []
  return html`<${PageTitle} title=${t('boards.title')} />
    <div class="boards">
      <${Form} onSubmit=${make}>
        <div class="row make-board">
          <${TextField} label=${t('boards.new-name')} maxlength="100" autocomplete="off" value=${name} onInput=${setName} />
          <${Button} type="submit" variant="primary" busy=${isMaking}>${t('boards.make')}<//>
        </div>
      <//>
      <${ErrorNote} error=${makeError} />
      <${ErrorNote} error=${error} onRetry=${reload} />
      ${isLoading && !data && html`<${Spinner} />`}
      ${data && boards.length === 0 && html`<${EmptyState} title=${t('boards.none')}>${t('boards.none-text')}<//>`}
      ${
        boards.length > 0 &&
        html`<ul class="board-list">${boards.map(
          (board) => html`<li key=${board.id}>
        <a href="#/boards/${board.id}"><bdi>${board.name}</bdi></a>
        <span class="small muted">${t('boards.count', { count: board.count })} · ${t('boards.changed', { date: date(board.changed_at) })}</span>
        <${Button} size="small" variant="quiet" aria-label=${t('boards.delete-of', { name: board.name })} onClick=${() => setDeleted(board)}>${t('boards.delete')}<//>
      </li>`,
        )}</ul>`
      }
    </div>
    ${deleted && html`<${ConfirmDialog} title=${t('boards.delete-title')} confirm=${t('boards.delete')} danger onConfirm=${remove} onClose=${() => setDeleted(null)}><p><bdi>${deleted.name}</bdi></p><p>${t('boards.delete-text')}</p><//>`}`
}
