import {
  BrokenBarrierError,
  CancelledError,
  InterruptedError,
  InvalidStateError,
  isCancelled,
  LoopStateError,
  QueueEmpty,
  QueueFull,
  QueueShutDown,
  TimeoutError,
} from 'aioloop'
import { describe, expect, test } from 'vitest'
import { ErrorCode } from '../../../src/base/errors.ts'

describe('errors', () => {
  test('the codes are distinct, and each begins with ERR_AIOLOOP_', () => {
    const codes = Object.values(ErrorCode)
    expect(new Set(codes).size).toBe(codes.length)
    for (const code of codes) expect(code).toMatch(/^ERR_AIOLOOP_[A-Z_]+$/)
  })

  test.each(
    Object.entries({
      CancelledError,
      TimeoutError,
      InterruptedError,
      InvalidStateError,
      LoopStateError,
      QueueEmpty,
      QueueFull,
      QueueShutDown,
      BrokenBarrierError,
    }),
  )('%s is an Error with its name, a code and a message', (name, ErrorClass) => {
    const error = new ErrorClass('what was tried')
    expect(error).toBeInstanceOf(Error)
    expect(error).toBeInstanceOf(ErrorClass)
    expect([error.name, error.message]).toEqual([name, 'what was tried'])
    expect(error.code).toMatch(/^ERR_AIOLOOP_/)
  })

  test('isCancelled knows CancelledError and subclasses of it, and nothing else', () => {
    class Mine extends CancelledError {}
    expect([new CancelledError(), new Mine()].map(isCancelled)).toEqual([true, true])
    const others = [undefined, null, 'cancelled', new Error('CancelledError'), {}, new TimeoutError('late')]
    for (const other of others) expect(isCancelled(other)).toBe(false)
    expect(new CancelledError()).not.toBeInstanceOf(Mine)
    expect({}).not.toBeInstanceOf(CancelledError)
  })
})
