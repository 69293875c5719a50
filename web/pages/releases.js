/** For administrators: models, recognisers, vocabularies and collections that accounts may name in their uploads. */

import { api } from '../api.js'
import { t } from '../i18n.js'
import {
  Button,
  ConfirmDialog,
  EmptyState,
  ErrorNote,
  PageTitle,
  SelectField,
  Spinner,
  TextField,
  toast,
  useLoad,
} from '../ui.js'
import { html, useState } from '../vendor/preact.js'
import { everyAccount, ReleaseDialog, whoHas } from './accounts.js'

/**
 * @import { Me, ReleaseKind, ReleaseView } from '../types.d.ts'
 * @import { Accounts } from './accounts.js'
 */

/** @type {ReleaseKind[]} */
const KINDS = ['labels', 'recogniser', 'language-model', 'vocabulary', 'collection']
const NAME = '[A-Za-z0-9][A-Za-z0-9_.\\-]{0,199}'

/** @param {{me?: Me}} props */
export function ReleasesPage({ me }) {
  if (me && !me.is_admin)
    return html`<${PageTitle} title=${t('admin.releases')} /><${EmptyState} title=${t('admin.only')} />`
  return html`<${PageTitle} title=${t('admin.releases')} />
    <nav class="row more-pages" aria-label=${t('nav.admin')}><a href="#/admin">${t('nav.admin')}</a><a href="#/admin/faces">${t('admin.faces')}</a></nav>
    <p class="notes">${t('released.about')}</p>
    <${Releases} />`
}

function Releases() {
  const { data, error, isLoading, reload } = useLoad((signal) => api.get('/admin/releases', { signal }), 'releases')
  const accounts = useLoad(everyAccount, 'accounts')
  const [edited, setEdited] = useState(/** @type {ReleaseView | 'new' | null} */ (null))
  const [doomed, setDoomed] = useState(/** @type {ReleaseView | null} */ (null))
  const failure = error ?? accounts.error
  const again = () => {
    reload()
    if (accounts.error) accounts.reload()
  }
  const close = () => setEdited(null)
  const saved = () => {
    close()
    reload()
  }
  const withdraw = async () => {
    if (!doomed) return
    await api.delete(`/admin/releases/${doomed.kind}/${encodeURIComponent(doomed.name)}`)
    toast(t('released.withdrawn', { name: doomed.name }))
    setDoomed(null)
    reload()
  }
  if (!data || !accounts.data)
    return html`<${ErrorNote} error=${failure} onRetry=${again} />${(isLoading || accounts.isLoading) && html`<${Spinner} />`}`
  return html`<div class="sections wide-sections">
    <${ErrorNote} error=${failure} onRetry=${again} />
    <div class="row"><${Button} variant="primary" onClick=${() => setEdited('new')}>${t('released.new')}<//></div>
    ${data.releases.length === 0 && html`<${EmptyState} title=${t('released.none')}>${t('released.none-text')}<//>`}
    ${KINDS.map((kind) => {
      const some = data.releases.filter((one) => one.kind === kind)
      return (
        some.length > 0 &&
        html`<${Kind} key=${kind} kind=${kind} releases=${some} accounts=${accounts.data} onEdit=${setEdited} onWithdraw=${setDoomed} />`
      )
    })}
    ${edited === 'new' && html`<${NewRelease} accounts=${accounts.data} onClose=${close} onSaved=${saved} />`}
    ${
      edited &&
      edited !== 'new' &&
      html`<${ReleaseDialog} title=${t('released.edit', { name: edited.name })} kind=${edited.kind} name=${edited.name} release=${edited}
        accounts=${accounts.data} onClose=${close} onSaved=${saved} />`
    }
    ${
      doomed &&
      html`<${ConfirmDialog} title=${t('released.withdraw-title', { name: doomed.name })} confirm=${t('released.withdraw')} danger
        onConfirm=${withdraw} onClose=${() => setDoomed(null)}><p>${t('released.withdraw-text')}</p><//>`
    }
  </div>`
}

/**
 * @param {{kind: ReleaseKind, releases: ReleaseView[], accounts: Accounts, onEdit: (release: ReleaseView) => void,
 *   onWithdraw: (release: ReleaseView) => void}} props
 */
const Kind = ({
  kind,
  releases,
  accounts,
  onEdit,
  onWithdraw,
}) => html`<section class="panel stack" aria-labelledby=${`kind-${kind}`}>
  <h2 id=${`kind-${kind}`}>${t(`released.kind-${kind}`)}</h2>
  <ul class="entries wide" aria-label=${t(`released.kind-${kind}`)}>
    ${releases.map(
      (one) => html`<li key=${one.name} class="row">
      <div class="entry anywhere"><strong><bdi>${one.name}</bdi></strong>
        <div class="small">${t('released.aws-name')}: <code>${one.aws_name}</code></div>
        <div>${t('released.who')}: ${whoHas(one, accounts)}</div></div>
      <div class="row">
        <${Button} size="small" aria-label=${`${t('admin.change')}: ${one.name}`} onClick=${() => onEdit(one)}>${t('admin.change')}<//>
        <${Button} size="small" variant="danger" aria-label=${`${t('released.withdraw')}: ${one.name}`} onClick=${() => onWithdraw(one)}>${t('released.withdraw')}<//>
      </div></li>`,
    )}
  </ul>
</section>`

/** @param {{accounts: Accounts, onClose: () => void, onSaved: (release: ReleaseView) => void}} props */
function NewRelease({ accounts, onClose, onSaved }) {
  const [kind, setKind] = useState(/** @type {ReleaseKind} */ ('labels'))
  const [name, setName] = useState('')
  const [awsName, setAwsName] = useState('')
  return html`<${ReleaseDialog} title=${t('released.new')} kind=${kind} name=${name.trim()} awsName=${awsName.trim()} accounts=${accounts} onClose=${onClose} onSaved=${onSaved}>
    <${SelectField} label=${t('released.kind')} value=${kind} onChange=${setKind} options=${KINDS.map((one) => [one, t(`released.kind-${one}`)])} />
    <${TextField} label=${t('released.name')} hint=${t('released.name-hint')} required maxlength="200" pattern=${NAME} value=${name} onInput=${setName} />
    <${TextField} label=${t('released.aws-name')} hint=${t(`released.aws-name-${kind === 'collection' ? 'collection' : 'hint'}`)} maxlength="2048" value=${awsName} onInput=${setAwsName} />
  <//>`
}
