/** Keys of those who write with an input method, as one does in Japanese, Korean and Chinese. */

/**
 * Whether a key is one for the input method, so that it means nothing else: the Enter that ends a conversion ends no line
 * and no field. Safari sends it when the conversion has already ended; only its code tells then
 * (https://www.w3.org/TR/uievents/#determine-keydown-keyup-keyCode).
 * @param {KeyboardEvent} event
 */
export function isConverting(event) {
  return event.isComposing || event.keyCode === 229
}
