/** What can be done with what is selected, and what came of it. */

import { number, t } from '../i18n.js'
import { Button, errorText, IconButton, Menu, Note, Progress } from '../ui.js'
import { html, useEffect, useRef } from '../vendor/preact.js'
import { isSettled, refusals } from './bulk.js'

/** @import { Result, Wish } from './bulk.js' */

/** @typedef {'move' | 'tags' | 'retry' | 'cancel' | 'delete'} SeveralKind */
/** How many titles are named for each refusal. */
const NAMED = 5

/**
 * @param {{count: number, shown: number, total: number, isMore: boolean, onShown: () => void, onAll: () => void,
 *   isBusy: boolean, openDialog: (kind: SeveralKind) => void, onClear: () => void}} props
 *   shown: how many are on the page and not selected; total: how many match in all, where there are more
 */
export function SelectionBar({ count, shown, total, isMore, onShown, onAll, isBusy, openDialog, onClear }) {
  const item = (/** @type {SeveralKind} */ kind, /** @type {string} */ text, look = '') =>
    html`<button type="button" class=${look} onClick=${() => openDialog(kind)}>${text}</button>`
  return html`<section class="selection-bar" aria-label=${t('folders.selection')}>
    <div class="row selection-count">
      <strong>${t('folders.selected', { count })}</strong>
      ${shown > 0 && html`<button type="button" class="link-button" onClick=${onShown}>${t('folders.select-shown')}</button>`}
      ${isMore && html`<button type="button" class="link-button" disabled=${isBusy} onClick=${onAll}>${total ? t('folders.select-all', { count: total }) : t('folders.select-all-match')}</button>`}
    </div>
    <div class="row selection-actions">
      <${Button} size="small" disabled=${!count || isBusy} onClick=${() => openDialog('move')}>${t('folders.move')}<//>
      <${Button} size="small" disabled=${!count || isBusy} onClick=${() => openDialog('tags')}>${t('folders.tags')}<//>
      <${Button} size="small" variant="danger" disabled=${!count || isBusy} onClick=${() => openDialog('delete')}>${t('folders.delete')}<//>
      ${count > 0 && !isBusy && html`<${Menu} label=${t('folders.more')}>${item('retry', t('folders.retry'))}${item('cancel', t('folders.cancel'))}<//>`}
    </div>
    <${IconButton} icon="close" label=${t('folders.clear')} onClick=${onClear} />
  </section>`
}

/**
 * How far it is, and then what came of it.
 * @typedef {{wish: Wish, count: number, done: number, results?: Result[], canUndo: boolean, isUndone?: boolean}} Work
 * @param {{work: Work, titleById: (id: string) => string, onUndo: () => void, onRetry: (ids: string[]) => void,
 *   onClose: () => void}} props
 */
export function Outcome({ work, titleById, onUndo, onRetry, onClose }) {
  const { wish, count, done, results, canUndo, isUndone } = work
  const box = useRef(/** @type {HTMLElement | null} */ (null))
  const isOver = Boolean(results)
  useEffect(() => {
    // What was pressed is gone, with the bar that it was in.
    if (isOver && document.activeElement === document.body) box.current?.querySelector('button')?.focus()
  }, [isOver])
  if (!results) {
    const text = t('folders.progress', { done: number(done), count })
    return html`<div class="note"><span role="status">${text}</span><${Progress} value=${count ? done / count : undefined} label=${text} /></div>`
  }
  const settled = results.filter((one) => isSettled(one, wish.action)).length
  const refused = refusals(results, wish.action)
  const text = isUndone ? t('folders.undone', { count: settled }) : t(`folders.done-${wish.action}`, { count: settled })
  return html`<${Note} kind=${refused.length ? 'warn' : 'good'}><div class="stack outcome" ref=${box}>
      <p role="status">${settled > 0 || !refused.length ? text : ''} ${refused.length > 0 && t('folders.refused', { count: results.length - settled })}</p>
      ${
        refused.length > 0 &&
        html`<ul>${refused.map(
          ({ error, ids }) =>
            html`<li key=${error.code} class="small">${errorText(error)} ${html`<span class="muted">(${ids
              .slice(0, NAMED)
              .map(
                (id, i) => html`${i > 0 && ', '}<bdi>${titleById(id)}</bdi>`,
              )}${ids.length > NAMED && ` ${t('folders.and-more', { count: ids.length - NAMED })}`})</span>`}</li>`,
        )}</ul>`
      }
      <div class="row">
        ${canUndo && html`<${Button} size="small" onClick=${onUndo}>${t('folders.undo')}<//>`}
        ${refused.some(({ error }) => ['offline', 'out-of-time', 'busy', 'broken', 'report-due'].includes(error.code)) && html`<${Button} size="small" onClick=${() => onRetry(refused.flatMap(({ ids }) => ids))}>${t('ui.try-again')}<//>`}
        <${Button} size="small" variant="quiet" onClick=${onClose}>${t('ui.close')}<//>
      </div>
    </div><//>`
}
