/** What is said of the work that was kept, and of what others have changed. */

import { t } from '../i18n.js'
import { toast } from '../ui.js'
import { useEffect } from '../vendor/preact.js'

/** @import { TranscriptDocument } from './document.js' */

/**
 * Says once what happened to the work while nobody looked: it was kept, or others' changes are in it now.
 * @param {{doc: TranscriptDocument}} props
 */
export function SafetyNews({ doc }) {
  const { news } = doc.safety
  const isSaved = doc.autosave.state === 'saved'
  useEffect(() => {
    if (news?.kind === 'merged') toast(t('safe.merged'))
    if (news?.kind === 'kept' && isSaved) toast(t('safe.kept'))
    if (news && (news.kind === 'merged' || isSaved)) doc.safety.news = null
  }, [news, isSaved])
  return null
}
