/** What one may do with a recording, as the API says what one is to it. Pure. */

/** @typedef {{role?: string}} Ranked */

/** Whether it is one's own. @param {Ranked} asset */
export const isOwner = ({ role }) => role === 'owner'

/** Whether one may mark its words and say something to them. @param {Ranked} asset */
export const mayComment = ({ role }) => role === 'owner' || role === 'editor' || role === 'commenter'

/** Whether one may correct it. @param {Ranked} asset */
export const mayEdit = ({ role }) => role === 'owner' || role === 'editor'
