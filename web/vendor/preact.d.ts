// What preact.js holds, for the checks: its types are those of the packages that it is made of (build.sh).
export { html } from 'htm/preact'
export { Fragment, h, render } from 'preact'
export { useCallback, useEffect, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks'
