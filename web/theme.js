// Runs before the first paint, and therefore not as a module: otherwise the page would flash in the other theme.
{
  /** @type {string | null} */
  let kept = null
  try {
    kept = localStorage.getItem('rapporteur.theme')
  } catch {
    // A browser that keeps nothing: the system's theme, then.
  }
  const dark = matchMedia('(prefers-color-scheme: dark)')
  const apply = (/** @type {string} */ choice) => {
    const isDark = choice === 'dark' || (choice !== 'light' && dark.matches)
    document.documentElement.dataset.theme = isDark ? 'dark' : 'light'
    document.documentElement.dataset.themeChoice = choice
    window.dispatchEvent(new Event('theme'))
  }
  apply(kept ?? 'system')
  dark.addEventListener('change', () => apply(document.documentElement.dataset.themeChoice ?? 'system'))
  window.addEventListener('theme-choice', (event) => {
    const { detail: choice } = /** @type {CustomEvent<string>} */ (event)
    apply(choice)
    try {
      localStorage.setItem('rapporteur.theme', choice)
    } catch {
      // A browser that keeps nothing, or nothing more: it is for this visit.
    }
  })
}
