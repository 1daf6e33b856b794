/**
 * The one assertion of the type tests: `exact<Expected>()(value)` compiles only when the value's type is Expected to the
 * letter; `any` equals nothing but itself. Never executed.
 */
type Same<A, B> = (<T>() => T extends A ? 1 : 2) extends <T>() => T extends B ? 1 : 2 ? true : false

export declare function exact<Expected>(): <Actual>(
  value: Actual,
  ...proof: Same<Expected, Actual> extends true ? [] : [expected: Expected]
) => void
