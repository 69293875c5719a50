// What idb-keyval.js holds, for the checks (build.sh).
export type UseStore = <T>(
  mode: IDBTransactionMode,
  callback: (store: IDBObjectStore) => T | PromiseLike<T>,
) => Promise<T>
export function createStore(database: string, store: string): UseStore
export function clear(store: UseStore): Promise<void>
export function delMany(keys: IDBValidKey[], store: UseStore): Promise<void>
export function entries<Value>(store: UseStore): Promise<[key: string, value: Value][]>
export function promisifyRequest<T = undefined>(request: IDBRequest<T> | IDBTransaction): Promise<T>
