/** The heights of the rows of a long list: sums and look-ups in O(log n), by a binary indexed tree. */

export class Heights {
  /** @param {ArrayLike<number>} values the height of each row in pixels */
  constructor(values) {
    this.values = Float64Array.from(values)
    this.tree = new Float64Array(this.values.length + 1)
    for (let i = 1; i < this.tree.length; i += 1) {
      this.tree[i] += this.values[i - 1]
      const parent = i + (i & -i)
      if (parent < this.tree.length) this.tree[parent] += this.tree[i]
    }
  }

  get length() {
    return this.values.length
  }

  get total() {
    return this.before(this.length)
  }

  /**
   * Set the height of row `index`. Returns by how much it grew.
   * @param {number} index
   * @param {number} value in pixels
   */
  set(index, value) {
    const grown = value - this.values[index]
    if (!grown) return 0
    this.values[index] = value
    for (let i = index + 1; i < this.tree.length; i += i & -i) this.tree[i] += grown
    return grown
  }

  /**
   * Where row `index` begins: the sum of the heights before it.
   * @param {number} index
   */
  before(index) {
    let sum = 0
    for (let i = index; i > 0; i -= i & -i) sum += this.tree[i]
    return sum
  }

  /**
   * The row that stands at `y`; the first or the last one outside the list.
   * @param {number} y
   */
  at(y) {
    let index = 0
    let left = Math.max(0, y)
    let step = 1
    while (step * 2 < this.tree.length) step *= 2
    for (; step > 0; step >>= 1) {
      const next = index + step
      if (next < this.tree.length && this.tree[next] <= left) {
        index = next
        left -= this.tree[next]
      }
    }
    return Math.max(0, Math.min(index, this.length - 1))
  }
}
