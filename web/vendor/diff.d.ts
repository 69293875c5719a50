// What diff.js holds, for the checks: its types are those of the package that it is made of (build.sh).
export { diffArrays } from 'diff'
