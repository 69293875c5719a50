/** A list that comes page after page, as `usePages` in ui.js keeps it. Pure. */

/** @import { Failed } from './types.d.ts' */

/**
 * `Page` is one page, as the API tells it.
 * @template {{next?: string}} Page
 * @typedef {{first: Page | null | undefined, pages: Page[] | undefined, next: string | undefined,
 *   isLoadingMore: boolean, moreError: Failed | null}} List
 */

/**
 * The list that begins with a page. That very page is what the list is known by.
 * @template {{next?: string}} Page
 * @param {Page | null | undefined} first undefined: it has not come; null: there is nothing to list
 * @returns {List<Page>}
 */
export const listOf = (first) => ({
  first,
  pages: first ? [first] : undefined,
  next: first?.next,
  isLoadingMore: false,
  moreError: null,
})

/**
 * While its next page is on its way.
 * @template {{next?: string}} Page
 * @param {List<Page>} list
 * @returns {List<Page>}
 */
export const isLoadingOn = (list) => ({ ...list, isLoadingMore: true, moreError: null })

/**
 * With a page that was asked for when it began with `first`; as it is if it is another list by now.
 * @template {{next?: string}} Page
 * @param {List<Page>} list
 * @param {Page | null | undefined} first
 * @param {Page} page
 * @returns {List<Page>}
 */
export const withPage = (list, first, page) =>
  list.first === first ? { ...list, pages: [...(list.pages ?? []), page], next: page.next, isLoadingMore: false } : list

/**
 * Whose next page did not come; as it is if it is another list by now.
 * @template {{next?: string}} Page
 * @param {List<Page>} list
 * @param {Page | null | undefined} first
 * @param {Failed} moreError
 * @returns {List<Page>}
 */
export const withFailure = (list, first, moreError) =>
  list.first === first ? { ...list, isLoadingMore: false, moreError } : list
