/** Components whose code is fetched when they are first shown: what few people open weighs on nobody's page. */

import { addCatalogue } from '../i18n.js'
import { html, useEffect, useState } from '../vendor/preact.js'
import { ErrorNote } from './feedback.js'
import { loadStyle } from './hooks.js'

/** @import { ComponentType } from '../types.d.ts' */

/**
 * A module, once the texts and the styles that it needs are there too.
 * @template Module
 * @param {Promise<Module>} module
 * @param {string[]} texts names of catalogues, as of `addCatalogue`
 * @param {string[]} [styles] names of style sheets, without ".css"
 */
export async function withParts(module, texts, styles = texts) {
  const [loaded] = await Promise.all([
    module,
    ...texts.map(addCatalogue),
    ...styles.map((name) => loadStyle(`${name}.css`)),
  ])
  return loaded
}

/** Modules that have come, by what loads them: whatever else is in one is shown at once. @type {WeakMap<object, any>} */
const come = new WeakMap()

/**
 * The component `name` of a module, which is fetched when it is first shown. Until it has come there is nothing to see.
 * @template {Record<string, any>} Module
 * @template {keyof Module & string} Name
 * @param {() => Promise<Module>} load
 * @param {Name} name
 * @returns {ComponentType<Parameters<Module[Name]>[0]>}
 */
export function later(load, name) {
  return function Later(props) {
    const [turn, setTurn] = useState(0)
    const [error, setError] = useState(/** @type {Error | null} */ (null))
    /** @type {Module | undefined} */
    const module = come.get(load)
    useEffect(() => {
      if (module) return
      load().then((loaded) => {
        come.set(load, loaded)
        setError(null)
        setTurn(-1)
      }, setError)
    }, [turn])
    if (module) return html`<${module[name]} ...${props} />`
    return error && html`<${ErrorNote} error=${error} onRetry=${() => setTurn(turn + 1)} />`
  }
}
