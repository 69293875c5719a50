/** Files to download, as the owner's dialog and the shared page list them. */

import { bytes } from '../i18n.js'
import { fileWords } from '../ui.js'
import { html } from '../vendor/preact.js'

/** @import { FileView } from '../types.d.ts' */

/** Each with what it is good for. @param {{files: FileView[]}} props */
export const FileList = ({ files }) => html`<ul class="files">
  ${files.map(
    (file) => html`<li key=${file.name}>
    <a href=${file.url} download="" rel="noopener">${fileWords(file).title}</a>
    <span class="small muted">${[fileWords(file).use, bytes(file.size)].filter(Boolean).join(' · ')}</span>
  </li>`,
  )}
</ul>`
