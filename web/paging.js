/** A list that comes page after page, as `usePages` in ui.js keeps it. Pure. */

/**
 * @typedef {{next?: string}} Answer one page, as the API tells it
 * @typedef {{first: Answer|null|undefined, pages: Answer[]|undefined, next: string|undefined, isLoadingMore: boolean, moreError: Error|null}} List
 */

/**
 * The list that begins with a page. That very page is what the list is known by.
 * @param {Answer|null|undefined} first undefined: it has not come; null: there is nothing to list
 * @returns {List}
 */
export const listOf = (first) => ({ first, pages: first ? [first] : undefined, next: first?.next, isLoadingMore: false, moreError: null })

/** @returns {List} while its next page is on its way */
export const isLoadingOn = (list) => ({ ...list, isLoadingMore: true, moreError: null })

/** @returns {List} with a page that was asked for when it began with `first`; as it is if it is another list by now */
export const withPage = (list, first, page) =>
  list.first === first ? { ...list, pages: [...list.pages, page], next: page.next, isLoadingMore: false } : list

/** @returns {List} whose next page did not come; as it is if it is another list by now */
export const withFailure = (list, first, moreError) => (list.first === first ? { ...list, isLoadingMore: false, moreError } : list)
