/**
 * `instanceof` across copies: two versions of the package may meet in one process, so a public class is told by a brand
 * under `Symbol.for`, not by identity. A subclass that has no brand of its own is told by identity, as usual.
 */
type Class = abstract new (...args: never[]) => object

export function brand(target: Class, name: string): void {
  const symbol = Symbol.for(`aioloop.v1.${name}`)
  Object.defineProperty(target.prototype, symbol, { value: true })
  Object.defineProperty(target, Symbol.hasInstance, {
    value(this: unknown, value: unknown): boolean {
      if (this !== target) return Function.prototype[Symbol.hasInstance].call(this, value)
      return typeof value === 'object' && value !== null && symbol in value
    },
  })
}
