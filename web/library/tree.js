/** Folders in folders. Pure. */

/**
 * @typedef {{id: string, name: string, parent?: string, count: number}} Folder
 * @typedef {Folder & {depth: number}} Placed how deep a folder is; 0: at the top
 */

export const DEEPEST = 3

/**
 * All folders, each below the one that it is in.
 * @param {Folder[]} folders by name
 * @param {string} [parent]
 * @param {number} [depth]
 * @returns {Placed[]}
 */
export const inOrder = (folders, parent, depth = 0) =>
  folders
    .filter((folder) => folder.parent === parent)
    .flatMap((folder) => [{ ...folder, depth }, ...inOrder(folders, folder.id, depth + 1)])

/**
 * The names of a folder and of those that it is in, from the outermost.
 * @param {Folder[]} folders
 * @param {string | undefined} id
 * @returns {string[]}
 */
export function pathOf(folders, id) {
  const folder = folders.find((one) => one.id === id)
  return folder ? [...pathOf(folders, folder.parent), folder.name] : []
}

/**
 * The ids of a folder and of all that are in it.
 * @param {Folder[]} folders
 * @param {string} id
 * @returns {string[]}
 */
export const insideOf = (folders, id) => [
  id,
  ...folders.filter((folder) => folder.parent === id).flatMap((folder) => insideOf(folders, folder.id)),
]

/**
 * Folders to choose from, by their whole names.
 * @param {Folder[]} folders
 * @returns {[id: string, name: string][]}
 */
export const choices = (folders) => inOrder(folders).map(({ id }) => [id, pathOf(folders, id).join(' / ')])
